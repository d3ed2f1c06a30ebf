package peer

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"example.org/compute-pipeline/bench/work"
)

// Names of the engine's exports, and the alignments of what they are given.
const (
	aggregateName  = "org:analytics/metrics@0.1.0#compute-aggregate"
	parseName      = "org:analytics/metrics@0.1.0#validate-stream"
	pointSize      = 16
	pointAlign     = 8
	reallocName    = "cabi_realloc"
	postReturnName = "cabi_post_"
)

// bare is wazero without this library: the engine is not metered, has no limits, and the lists
// are lowered and lifted by hand.
type bare struct {
	runtime  wazero.Runtime
	compiled wazero.CompiledModule
}

func openBare(f Files) (Host, error) {
	ctx := context.Background()
	wasm, err := os.ReadFile(f.Core)
	if err != nil {
		return nil, err
	}
	runtime := wazero.NewRuntime(ctx)
	compiled, err := runtime.CompileModule(ctx, wasm)
	if err != nil {
		return nil, errors.Join(err, runtime.Close(ctx))
	}
	return &bare{runtime, compiled}, nil
}

func (b *bare) Close() error { return b.runtime.Close(context.Background()) }

func (b *bare) Service() (Service, error) {
	m, err := b.runtime.InstantiateModule(context.Background(), b.compiled, wazero.NewModuleConfig().WithName("").WithStartFunctions("_initialize"))
	if err != nil {
		return nil, err
	}
	f := m.ExportedFunction
	return &bareInstance{
		module: m, realloc: f(reallocName),
		aggregate: f(aggregateName), aggregated: f(postReturnName + aggregateName),
		parse: f(parseName), parsed: f(postReturnName + parseName),
	}, nil
}

type bareInstance struct {
	module                                        api.Module
	realloc, aggregate, aggregated, parse, parsed api.Function
	stack                                         [4]uint64
}

func (b *bareInstance) Close() error { return b.module.Close(context.Background()) }

// lower copies a list into the guest.
func (b *bareInstance) lower(ctx context.Context, data []byte, align uint64) error {
	b.stack = [4]uint64{0, 0, align, uint64(len(data))}
	if err := b.realloc.CallWithStack(ctx, b.stack[:]); err != nil {
		return err
	}
	if !b.module.Memory().Write(uint32(b.stack[0]), data) {
		return errors.New("the guest allocated nothing in its memory")
	}
	return nil
}

// list returns the bytes of a list whose address and length stand at an address.
func (b *bareInstance) list(at, size uint32) ([]byte, error) {
	memory := b.module.Memory()
	data, okData := memory.ReadUint32Le(at)
	n, okN := memory.ReadUint32Le(at + 4)
	bytes, ok := memory.Read(data, size*n)
	if !okData || !okN || !ok {
		return nil, errors.New("the guest returned a list outside its memory")
	}
	return bytes, nil
}

func (b *bareInstance) Aggregate(ctx context.Context, points []work.Point) (work.Moments, error) {
	if err := b.lower(ctx, work.Bytes(points), pointAlign); err != nil {
		return work.Moments{}, err
	}
	b.stack[1] = uint64(len(points))
	if err := b.aggregate.CallWithStack(ctx, b.stack[:]); err != nil {
		return work.Moments{}, err
	}
	data, err := b.list(uint32(b.stack[0]), 8)
	if err != nil {
		return work.Moments{}, err
	}
	moments, err := work.Three(data)
	if err != nil {
		return work.Moments{}, err
	}
	return moments, b.aggregated.CallWithStack(ctx, b.stack[:])
}

func (b *bareInstance) Parse(ctx context.Context, dst []work.Point, text []byte) ([]work.Point, error) {
	if err := b.lower(ctx, text, 1); err != nil {
		return nil, err
	}
	b.stack[1] = uint64(len(text))
	if err := b.parse.CallWithStack(ctx, b.stack[:]); err != nil {
		return nil, err
	}
	at := uint32(b.stack[0])
	failed, ok := b.module.Memory().ReadByte(at)
	if !ok || failed != 0 {
		message, err := b.list(at+4, 1)
		return nil, errors.Join(fmt.Errorf("the guest returned %q", message), err)
	}
	data, err := b.list(at+4, pointSize)
	if err != nil {
		return nil, err
	}
	dst = work.AppendPoints(dst, data)
	return dst, b.parsed.CallWithStack(ctx, b.stack[:])
}

// Bare is wazero by hand.
func Bare() Peer {
	return Peer{
		Name: "bare wazero, unmetered", How: "the core module, one list, lowered and lifted by hand; no limits of time, work or memory",
		Exact: true, Aggregates: true, Parses: true, Sandboxed: true, Module: "github.com/tetratelabs/wazero", Open: openBare,
	}
}

package tests

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"example.org/compute-pipeline/gohost"
)

// coreGuest calls the exports of the core module by hand, without the Go
// library: every export gets its whole input in one call, and the traps are
// seen that the library prevents. It trusts the module, which the library must
// not.
type coreGuest struct {
	// module is the module on some runtime.
	module coreModule
	// exports are the names of the functions that the module exports.
	exports map[string]bool
}

const (
	metricsName  = "org:analytics/metrics@0.1.0"
	pipelineName = "org:compute/pipeline@0.1.0"
	summaryName  = "org:compute-pipeline/summary@0.1.0"
	// panicMessageName is a global that holds the address of the last panic's
	// message: a u32 length, then UTF-8.
	panicMessageName = "compute-pipeline:panic-message"
)

// call invokes an export with lists and numbers, gives lift the address of the
// result, and ends with the export's post-return.
func (g *coreGuest) call(ctx context.Context, name string, lift func(ret uint32) error, args ...any) error {
	var flat []uint64
	for _, arg := range args {
		switch arg := arg.(type) {
		case uint32:
			flat = append(flat, uint64(arg))
		case []byte:
			at, err := g.put(ctx, arg, 1)
			if err != nil {
				return err
			}
			flat = append(flat, uint64(at), uint64(len(arg)))
		case []gohost.Datapoint:
			at, err := g.put(ctx, pack(arg), 8)
			if err != nil {
				return err
			}
			flat = append(flat, uint64(at), uint64(len(arg)))
		default:
			return fmt.Errorf("no lowering for %T", arg)
		}
	}
	results, err := g.invoke(ctx, name, flat...)
	if err != nil {
		return err
	}
	ret := uint32(results[0])
	lifted := lift(ret)
	if !g.exports["cabi_post_"+name] {
		return lifted
	}
	if _, err := g.invoke(ctx, "cabi_post_"+name, uint64(ret)); err != nil {
		return err
	}
	return lifted
}

// invoke calls an export; when it traps, the instance is given up, and the error has the
// message of the panic.
func (g *coreGuest) invoke(ctx context.Context, name string, args ...uint64) ([]uint64, error) {
	results, err := g.module.invoke(ctx, name, args...)
	var trap *gohost.TrapError
	if !errors.As(err, &trap) {
		return results, err
	}
	if at, ok := g.module.global(panicMessageName); ok {
		length, err := g.module.read(at, 4)
		if err != nil {
			return nil, err
		}
		message, err := g.module.read(at+4, binary.LittleEndian.Uint32(length))
		if err != nil {
			return nil, err
		}
		trap.Message = string(message)
	}
	return nil, errors.Join(fmt.Errorf("%s: %w", name, err), g.module.giveUp(ctx))
}

// put lowers bytes into memory of the guest.
func (g *coreGuest) put(ctx context.Context, data []byte, align uint64) (uint32, error) {
	results, err := g.invoke(ctx, "cabi_realloc", 0, 0, align, uint64(len(data)))
	if err != nil {
		return 0, err
	}
	at := uint32(results[0])
	return at, g.module.write(at, data)
}

// list copies the list that the pair {pointer, length} at the address is.
func (g *coreGuest) list(at, size uint32) ([]byte, error) {
	pair, err := g.module.read(at, 8)
	if err != nil {
		return nil, err
	}
	return g.module.read(binary.LittleEndian.Uint32(pair), binary.LittleEndian.Uint32(pair[4:])*size)
}

// failure is the err of the WIT result at the address, whose payload is at the
// given offset; nil when it is ok.
func (g *coreGuest) failure(at, payload uint32) error {
	isErr, err := g.module.read(at, 1)
	if err != nil {
		return err
	}
	if isErr[0] > 1 {
		return fmt.Errorf("no result at %d", at)
	}
	if isErr[0] == 0 {
		return nil
	}
	message, err := g.list(at+payload, 1)
	if err != nil {
		return err
	}
	return &gohost.GuestError{Message: string(message)}
}

// ComputeAggregate calls compute-aggregate.
func (g *coreGuest) ComputeAggregate(ctx context.Context, points []gohost.Datapoint) (agg gohost.Aggregate, err error) {
	err = g.call(ctx, metricsName+"#compute-aggregate", func(ret uint32) error {
		data, err := g.list(ret, 8)
		if err == nil && len(data) != 24 {
			err = fmt.Errorf("%d bytes of result, expected three doubles", len(data))
		}
		if err != nil {
			return err
		}
		agg = gohost.Aggregate{Mean: float(data), Variance: float(data[8:]), Sum: float(data[16:])}
		return nil
	}, points)
	return agg, err
}

// ValidateStream calls validate-stream.
func (g *coreGuest) ValidateStream(ctx context.Context, raw []byte) (points []gohost.Datapoint, err error) {
	err = g.call(ctx, metricsName+"#validate-stream", func(ret uint32) error {
		if err := g.failure(ret, 4); err != nil {
			return err
		}
		data, err := g.list(ret+4, gohost.PackedSize)
		points = unpack(data)
		return err
	}, raw)
	return points, err
}

// ProcessBatch calls process-batch, with any length.
func (g *coreGuest) ProcessBatch(ctx context.Context, in []byte) (out []byte, err error) {
	err = g.call(ctx, pipelineName+"#process-batch", func(ret uint32) error {
		out, err = g.list(ret, 1)
		return err
	}, in)
	return out, err
}

// ValidateChecksum calls validate-checksum.
func (g *coreGuest) ValidateChecksum(ctx context.Context, data []byte, expected uint32) (ok bool, err error) {
	err = g.call(ctx, pipelineName+"#validate-checksum", func(ret uint32) error {
		ok = ret != 0
		return nil
	}, data, expected)
	return ok, err
}

// Fold calls fold.
func (g *coreGuest) Fold(ctx context.Context, state []byte, points []gohost.Datapoint) ([]byte, error) {
	return g.state(ctx, "fold", state, points)
}

// Merge calls merge.
func (g *coreGuest) Merge(ctx context.Context, a, b []byte) ([]byte, error) {
	return g.state(ctx, "merge", a, b)
}

func (g *coreGuest) state(ctx context.Context, name string, args ...any) (state []byte, err error) {
	err = g.call(ctx, summaryName+"#"+name, func(ret uint32) error {
		if err := g.failure(ret, 4); err != nil {
			return err
		}
		state, err = g.list(ret+4, 1)
		return err
	}, args...)
	return state, err
}

// Finish calls finish.
func (g *coreGuest) Finish(ctx context.Context, state []byte) (stat gohost.Statistics, err error) {
	err = g.call(ctx, summaryName+"#finish", func(ret uint32) error {
		if err := g.failure(ret, 8); err != nil {
			return err
		}
		data, err := g.module.read(ret+8, 64)
		if err != nil {
			return err
		}
		integer := binary.LittleEndian.Uint64
		stat = gohost.Statistics{
			Count: integer(data),
			Mean:  float(data[8:]), Variance: float(data[16:]), Sum: float(data[24:]),
			Min: float(data[32:]), Max: float(data[40:]),
			First: integer(data[48:]), Last: integer(data[56:]),
		}
		return nil
	}, state)
	return stat, err
}

func float(data []byte) float64 {
	return math.Float64frombits(binary.LittleEndian.Uint64(data))
}

func pack(points []gohost.Datapoint) []byte {
	data := make([]byte, 0, len(points)*gohost.PackedSize)
	for _, p := range points {
		data = binary.LittleEndian.AppendUint64(data, p.Timestamp)
		data = binary.LittleEndian.AppendUint64(data, math.Float64bits(p.Value))
	}
	return data
}

func unpack(data []byte) []gohost.Datapoint {
	points := make([]gohost.Datapoint, 0, len(data)/gohost.PackedSize)
	for ; len(data) > 0; data = data[gohost.PackedSize:] {
		points = append(points, gohost.Datapoint{
			Timestamp: binary.LittleEndian.Uint64(data),
			Value:     math.Float64frombits(binary.LittleEndian.Uint64(data[8:])),
		})
	}
	return points
}

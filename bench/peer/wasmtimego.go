//go:build wasmtimego

package peer

import (
	"context"
	"encoding/binary"
	"errors"
	"os"

	"github.com/bytecodealliance/wasmtime-go/v39"

	"example.org/compute-pipeline/bench/work"
)

// cgoHost is wasmtime-go, which calls Wasmtime by cgo and knows no components.
type cgoHost struct {
	engine *wasmtime.Engine
	module *wasmtime.Module
}

func openCgo(f Files) (Host, error) {
	wasm, err := os.ReadFile(f.Core)
	if err != nil {
		return nil, err
	}
	engine := wasmtime.NewEngine()
	module, err := wasmtime.NewModule(engine, wasm)
	return cgoHost{engine, module}, err
}

func (h cgoHost) Close() error {
	h.module.Close()
	h.engine.Close()
	return nil
}

func (h cgoHost) Service() (Service, error) {
	store := wasmtime.NewStore(h.engine)
	instance, err := wasmtime.NewInstance(store, h.module, nil)
	if err != nil {
		return nil, err
	}
	if initialize := instance.GetFunc(store, "_initialize"); initialize != nil {
		if _, err := initialize.Call(store); err != nil {
			return nil, err
		}
	}
	f := func(name string) *wasmtime.Func { return instance.GetFunc(store, name) }
	return cgoInstance{
		store: store, memory: instance.GetExport(store, "memory").Memory(), realloc: f(reallocName),
		aggregate: f(aggregateName), aggregated: f(postReturnName + aggregateName),
		parse: f(parseName), parsed: f(postReturnName + parseName),
	}, nil
}

type cgoInstance struct {
	store                                         *wasmtime.Store
	memory                                        *wasmtime.Memory
	realloc, aggregate, aggregated, parse, parsed *wasmtime.Func
}

func (c cgoInstance) Close() error {
	c.store.Close()
	return nil
}

// call lowers a list of n elements, calls a function with it, and returns where its result is.
func (c cgoInstance) call(f *wasmtime.Func, data []byte, align int32, n int) (uint32, error) {
	at, err := c.realloc.Call(c.store, int32(0), int32(0), align, int32(len(data)))
	if err != nil {
		return 0, err
	}
	copy(c.memory.UnsafeData(c.store)[uint32(at.(int32)):], data)
	area, err := f.Call(c.store, at, int32(n))
	if err != nil {
		return 0, err
	}
	return uint32(area.(int32)), nil
}

func (c cgoInstance) list(at uint32, size uint32) []byte {
	memory := c.memory.UnsafeData(c.store)
	data, n := binary.LittleEndian.Uint32(memory[at:]), binary.LittleEndian.Uint32(memory[at+4:])
	return memory[data:][:size*n]
}

func (c cgoInstance) Aggregate(_ context.Context, points []work.Point) (work.Moments, error) {
	area, err := c.call(c.aggregate, work.Bytes(points), pointAlign, len(points))
	if err != nil {
		return work.Moments{}, err
	}
	moments, err := work.Three(c.list(area, 8))
	if err != nil {
		return work.Moments{}, err
	}
	_, err = c.aggregated.Call(c.store, int32(area))
	return moments, err
}

func (c cgoInstance) Parse(_ context.Context, dst []work.Point, text []byte) ([]work.Point, error) {
	area, err := c.call(c.parse, text, 1, len(text))
	if err != nil {
		return nil, err
	}
	if c.memory.UnsafeData(c.store)[area] != 0 {
		return nil, errors.New("the engine refused the text")
	}
	dst = work.AppendPoints(dst, c.list(area+4, pointSize))
	_, err = c.parsed.Call(c.store, int32(area))
	return dst, err
}

// wasmtimeGo is Wasmtime by cgo.
func wasmtimeGo() []Peer {
	return []Peer{{
		Name: "wasmtime-go", How: "the core module by cgo, lowered and lifted by hand; unmetered", Exact: true,
		Aggregates: true, Parses: true, Sandboxed: true, Module: "github.com/bytecodealliance/wasmtime-go/v39", Open: openCgo,
	}}
}

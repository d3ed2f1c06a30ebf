package peer

import (
	"context"
	"fmt"
	"os"

	"github.com/samyfodil/wazy"
	"github.com/samyfodil/wazy/component"

	"example.org/compute-pipeline/bench/work"
)

// wazyHost runs the component in wazy, which takes and returns dynamic values.
type wazyHost struct {
	runtime wazy.Runtime
	wasm    []byte
}

func openWazy(f Files) (Host, error) {
	wasm, err := os.ReadFile(f.Component)
	if err != nil {
		return nil, err
	}
	return wazyHost{wazy.NewRuntimeWithConfig(context.Background(), wazy.NewRuntimeConfigCompiler()), wasm}, nil
}

func (h wazyHost) Close() error { return h.runtime.Close(context.Background()) }

func (h wazyHost) Service() (Service, error) {
	instance, err := component.Instantiate(context.Background(), h.runtime, h.wasm)
	return wazyInstance{instance}, err
}

type wazyInstance struct{ instance *component.Instance }

func (w wazyInstance) Close() error { return w.instance.Close(context.Background()) }

func (w wazyInstance) Aggregate(ctx context.Context, points []work.Point) (work.Moments, error) {
	list := make([]component.Value, len(points))
	for i, p := range points {
		list[i] = []component.Value{p.Timestamp, p.Value}
	}
	results, err := w.instance.Call(ctx, aggregateName, list)
	if err != nil {
		return work.Moments{}, err
	}
	numbers, ok := results[0].([]float64)
	if !ok || len(numbers) != 3 {
		return work.Moments{}, fmt.Errorf("wazy returned %T %v", results[0], results)
	}
	return work.Moments{Mean: numbers[0], Variance: numbers[1], Sum: numbers[2]}, nil
}

func (w wazyInstance) Parse(ctx context.Context, dst []work.Point, text []byte) ([]work.Point, error) {
	results, err := w.instance.Call(ctx, parseName, string(text))
	if err != nil {
		return nil, err
	}
	result, _ := results[0].(component.ResultValue)
	list, ok := result.Payload.([]component.Value)
	if result.IsErr || !ok {
		return nil, fmt.Errorf("wazy returned %v", results)
	}
	for _, p := range list {
		fields := p.([]component.Value)
		dst = append(dst, work.Point{Timestamp: fields[0].(uint64), Value: fields[1].(float64)})
	}
	return dst, nil
}

// Wazy is a host of components.
func Wazy() Peer {
	return Peer{
		Name: "wazy", How: "the component, with values of type `any` made of the slice and back", Exact: true,
		Aggregates: true, Parses: true, Sandboxed: true, Module: "github.com/samyfodil/wazy", Open: openWazy,
	}
}

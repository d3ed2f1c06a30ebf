package tests

import (
	"context"
	"errors"
	"fmt"
	"unsafe"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/sandbox"
	"example.org/compute-pipeline/gohost/wit"
	"example.org/compute-pipeline/tests/bindings/engine"
)

// boundGuest calls a module through the bindings that are generated for wit/, which know
// nothing of package gohost.
type boundGuest struct{ engine *engine.ComputePipeline }

func newBoundGuest(ctx context.Context, wasm []byte, opts ...sandbox.Option) (*boundGuest, error) {
	bound, err := engine.Load(ctx, wasm, opts...)
	if err != nil {
		return nil, err
	}
	return &boundGuest{engine: bound}, nil
}

func datapoints(points []gohost.Datapoint) []engine.Datapoint {
	return unsafe.Slice((*engine.Datapoint)(unsafe.SliceData(points)), len(points))
}

// guestError returns the err of a WIT result as the engine's own binding has it.
func guestError(err error) error {
	if message := (*wit.Error[string])(nil); errors.As(err, &message) {
		return &gohost.GuestError{Message: message.Value}
	}
	return err
}

// ComputeAggregate implements [conformance.Functions].
func (g *boundGuest) ComputeAggregate(ctx context.Context, points []gohost.Datapoint) (gohost.Aggregate, error) {
	numbers, err := g.engine.ComputeAggregate(ctx, datapoints(points))
	if err != nil {
		return gohost.Aggregate{}, err
	}
	if len(numbers) != 3 {
		return gohost.Aggregate{}, fmt.Errorf("%d numbers, expected three", len(numbers))
	}
	return gohost.Aggregate{Mean: numbers[0], Variance: numbers[1], Sum: numbers[2]}, nil
}

// ValidateStream implements [conformance.Functions]. A string that is not UTF-8 is refused, where the
// engine's own binding passes bytes on.
func (g *boundGuest) ValidateStream(ctx context.Context, raw []byte) ([]gohost.Datapoint, error) {
	points, err := g.engine.ValidateStream(ctx, string(raw))
	return unsafe.Slice((*gohost.Datapoint)(unsafe.SliceData(points)), len(points)), guestError(err)
}

// ProcessBatch implements [conformance.Functions].
func (g *boundGuest) ProcessBatch(ctx context.Context, in []byte) ([]byte, error) {
	return g.engine.ProcessBatch(ctx, in)
}

// ValidateChecksum implements [conformance.Functions].
func (g *boundGuest) ValidateChecksum(ctx context.Context, data []byte, expected uint32) (bool, error) {
	return g.engine.ValidateChecksum(ctx, data, expected)
}

// Fold implements [conformance.Functions].
func (g *boundGuest) Fold(ctx context.Context, state []byte, points []gohost.Datapoint) ([]byte, error) {
	folded, err := g.engine.Fold(ctx, state, datapoints(points))
	return folded, guestError(err)
}

// Merge implements [conformance.Functions].
func (g *boundGuest) Merge(ctx context.Context, a, b []byte) ([]byte, error) {
	merged, err := g.engine.Merge(ctx, a, b)
	return merged, guestError(err)
}

// Finish implements [conformance.Functions].
func (g *boundGuest) Finish(ctx context.Context, state []byte) (gohost.Statistics, error) {
	statistics, err := g.engine.Finish(ctx, state)
	return gohost.Statistics(statistics), guestError(err)
}

package versions

import (
	"context"
	"errors"
	"fmt"
	"unsafe"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/vectors/conformance"
	"example.org/compute-pipeline/gohost/wit"
	"example.org/compute-pipeline/tests/bindings/analytics"
	"example.org/compute-pipeline/tests/bindings/engine"
)

// firstHost is a host that knows 0.1.0 only: the package that is generated for it.
type firstHost struct {
	conformance.Functions // what no test calls
	*engine.ComputePipeline
}

// guestError returns the err of a WIT result as package gohost has it.
func guestError(err error) error {
	if message := (*wit.Error[string])(nil); errors.As(err, &message) {
		return &gohost.GuestError{Message: message.Value}
	}
	return err
}

func (h firstHost) ComputeAggregate(ctx context.Context, points []gohost.Datapoint) (gohost.Aggregate, error) {
	n, err := h.ComputePipeline.ComputeAggregate(ctx, as[engine.Datapoint](points))
	if err != nil || len(n) != 3 {
		return gohost.Aggregate{}, fmt.Errorf("%v: %w", n, err)
	}
	return gohost.Aggregate{Mean: n[0], Variance: n[1], Sum: n[2]}, nil
}

func (h firstHost) ValidateStream(ctx context.Context, raw []byte) ([]gohost.Datapoint, error) {
	points, err := h.ComputePipeline.ValidateStream(ctx, string(raw))
	return as[gohost.Datapoint](points), guestError(err)
}

func (h firstHost) ProcessBatch(ctx context.Context, in []byte) ([]byte, error) {
	return h.ComputePipeline.ProcessBatch(ctx, in)
}

func (h firstHost) ValidateChecksum(ctx context.Context, data []byte, expected uint32) (bool, error) {
	return h.ComputePipeline.ValidateChecksum(ctx, data, expected)
}

func (h firstHost) Fold(ctx context.Context, state []byte, points []gohost.Datapoint) ([]byte, error) {
	folded, err := h.ComputePipeline.Fold(ctx, state, as[engine.Datapoint](points))
	return folded, guestError(err)
}

func (h firstHost) Merge(ctx context.Context, a, b []byte) ([]byte, error) {
	merged, err := h.ComputePipeline.Merge(ctx, a, b)
	return merged, guestError(err)
}

func (h firstHost) Finish(ctx context.Context, state []byte) (gohost.Statistics, error) {
	statistics, err := h.ComputePipeline.Finish(ctx, state)
	return gohost.Statistics(statistics), guestError(err)
}

// as returns points as those of another package.
func as[To, From any](points []From) []To {
	return unsafe.Slice((*To)(unsafe.Pointer(unsafe.SliceData(points))), len(points))
}

// secondHost is a host that knows 0.2.0 only. What is not of org:analytics is of others.
type secondHost struct {
	conformance.Functions
	*analytics.AccumulatingEngine
}

func (h secondHost) ComputeAggregate(ctx context.Context, points []gohost.Datapoint) (gohost.Aggregate, error) {
	a, err := h.AccumulatingEngine.ComputeAggregate(ctx, as[analytics.Datapoint](points))
	if err == nil && a.Count != uint64(len(points)) {
		err = fmt.Errorf("the count is %d, and there are %d points", a.Count, len(points))
	}
	return gohost.Aggregate{Mean: a.Mean, Variance: a.Variance, Sum: a.Sum}, err
}

func (h secondHost) ValidateStream(ctx context.Context, raw []byte) ([]gohost.Datapoint, error) {
	points, err := h.AccumulatingEngine.ValidateStream(ctx, string(raw))
	parse, empty := analytics.StreamErrorParse{}, analytics.StreamErrorEmptyDataset{}
	switch {
	case errors.As(err, &parse):
		e := parse.Value
		err = &gohost.GuestError{Message: fmt.Sprintf("Parse failed: %s at line %d column %d", e.Message, e.Line, e.Column)}
	case errors.As(err, &empty):
		err = &gohost.GuestError{Message: "Empty dataset"}
	}
	return as[gohost.Datapoint](points), err
}

// with runs f with an accumulator that has the points of states.
func (h secondHost) with(ctx context.Context, f func(*analytics.Accumulator) error, states ...[]byte) error {
	a, err := h.NewAccumulator(ctx)
	if err != nil {
		return err
	}
	for _, state := range states {
		if err == nil {
			err = a.Merge(ctx, state)
		}
	}
	if err == nil {
		err = f(a)
	}
	if invalid := (analytics.StateErrorInvalid{}); errors.As(err, &invalid) {
		err = &gohost.GuestError{Message: invalid.Value}
	}
	if many := (analytics.StateErrorTooManyPoints{}); errors.As(err, &many) {
		err = &gohost.GuestError{Message: fmt.Sprintf("Too many points: %d and %d", many.Value.Count, many.Value.More)}
	}
	return errors.Join(err, a.Close(ctx))
}

func (h secondHost) Fold(ctx context.Context, state []byte, points []gohost.Datapoint) (folded []byte, err error) {
	err = h.with(ctx, func(a *analytics.Accumulator) (err error) {
		if err = a.Add(ctx, as[analytics.Datapoint](points)); err == nil {
			folded, err = a.State(ctx)
		}
		return err
	}, state)
	return folded, err
}

func (h secondHost) Merge(ctx context.Context, a, b []byte) (merged []byte, err error) {
	err = h.with(ctx, func(a *analytics.Accumulator) (err error) {
		merged, err = a.State(ctx)
		return err
	}, a, b)
	return merged, err
}

func (h secondHost) Finish(ctx context.Context, state []byte) (s gohost.Statistics, err error) {
	err = h.with(ctx, func(a *analytics.Accumulator) error {
		statistics, err := a.Finish(ctx)
		s = gohost.Statistics(statistics)
		return err
	}, state)
	return s, err
}

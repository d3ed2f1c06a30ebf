package gohost

import (
	"context"
	"math"

	"example.org/compute-pipeline/gohost/sandbox"
)

// Statistics is the result of [Engine.Finish]. If Count is zero, all fields are.
type Statistics struct {
	Count uint64
	// Mean, Variance (of the population) and Sum have the bits of
	// [Engine.ComputeAggregate] for the same points.
	Mean, Variance, Sum float64
	// Min and Max are NaN if any value is.
	Min, Max float64
	// First and Last are the smallest and the largest timestamp.
	First, Last uint64
}

// StdDev returns the standard deviation of the population, as [Aggregate.StdDev] does.
func (s Statistics) StdDev() float64 { return math.Sqrt(s.Variance) }

// Fold adds points to a state and returns the new state. The state of no points is nil.
// A state holds exact sums in tens of bytes (max 900). The same points give the same
// bytes for any order and any split, so pieces can be folded in parallel or on other
// machines, and then joined with [Engine.Merge]. A very long list is folded in parts at the
// same time ([WithParallelism]).
//
// If state is not a valid state, the error is a [*GuestError]. A module that returns a
// state of more than 64 KiB fails with [ErrLimit].
func (e *Engine) Fold(ctx context.Context, state []byte, points []Datapoint) ([]byte, error) {
	return e.AppendFold(ctx, nil, state, points)
}

// AppendFold is like [Engine.Fold] but appends the new state to dst. After an error it
// returns dst unchanged. dst may be state[:0].
func (e *Engine) AppendFold(ctx context.Context, dst, state []byte, points []Datapoint) ([]byte, error) {
	return e.summary(ctx, fnFold, dst, state, nil, func(ctx context.Context, in *sandbox.Instance) error {
		return foldParts(ctx, in, state, points)
	})
}

// Merge returns the state of the points of both a and b.
func (e *Engine) Merge(ctx context.Context, a, b []byte) ([]byte, error) {
	return e.AppendMerge(ctx, nil, a, b)
}

// AppendMerge is like [Engine.Merge] but appends the new state to dst. After an error
// it returns dst unchanged. dst may be a[:0] or b[:0].
func (e *Engine) AppendMerge(ctx context.Context, dst, a, b []byte) ([]byte, error) {
	return e.summary(ctx, fnMerge, dst, a, b, func(ctx context.Context, in *sandbox.Instance) error {
		return mergeStates(ctx, in, a, b)
	})
}

// Finish returns the statistics of the points in state.
func (e *Engine) Finish(ctx context.Context, state []byte) (Statistics, error) {
	if err := e.checkSummary(state, nil); err != nil {
		return Statistics{}, e.caller.Failed(fnFinish, err)
	}
	var stat Statistics
	err := sandbox.Use(ctx, e.caller, fnFinish, func(ctx context.Context, in *sandbox.Instance) error {
		s, err := finishState(ctx, in, state)
		stat = s
		return err
	})
	if err != nil {
		return Statistics{}, err
	}
	return stat, nil
}

// summary runs f, which leaves its state in the instance, and appends that.
func (e *Engine) summary(ctx context.Context, fn int, dst, a, b []byte, f func(context.Context, *sandbox.Instance) error) ([]byte, error) {
	if err := e.checkSummary(a, b); err != nil {
		return dst, e.caller.Failed(fn, err)
	}
	out := dst
	err := sandbox.Use(ctx, e.caller, fn, func(ctx context.Context, in *sandbox.Instance) error {
		if err := f(ctx, in); err != nil {
			return err
		}
		// dst may be the caller's state, which a call that fails must not change.
		if err := in.Exceeded(); err != nil {
			return err
		}
		out = append(dst, in.Scratch...)
		return nil
	})
	if err != nil {
		return dst, err
	}
	return out, nil
}

// checkSummary rejects states that no guest could read. A module without summary is
// rejected by the call.
func (e *Engine) checkSummary(a, b []byte) error {
	if !e.HasSummary() {
		return nil
	}
	if err := checkBytes("the state", a); err != nil {
		return err
	}
	return checkBytes("the state", b)
}

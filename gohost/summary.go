package gohost

import "context"

// Statistics is what [Engine.Finish] makes of a state. All is zero when Count
// is.
type Statistics struct {
	Count uint64
	// Mean, Variance (of the population) and Sum have the bits of
	// [Engine.ComputeAggregate] for the same points.
	Mean, Variance, Sum float64
	// Min and Max are NaN when any value is.
	Min, Max float64
	// First and Last are the smallest and the largest timestamp.
	First, Last uint64
}

// Fold returns the state of what state held and of points. The state of no
// points is nil. A state holds exact sums in tens of bytes (at most 900), and
// the same points give the same bytes in any order and any cut: fold pieces
// where they are, in parallel or on other machines, and [Engine.Merge] them.
//
// Bytes that are not a state are a [*GuestError], and a module that answers with
// more than 64 KiB of state fails with [ErrLimit].
func (e *Engine) Fold(ctx context.Context, state []byte, points []Datapoint) ([]byte, error) {
	return e.AppendFold(ctx, nil, state, points)
}

// AppendFold appends to dst what [Engine.Fold] returns, and returns dst as it
// was with an error. dst may be state[:0].
func (e *Engine) AppendFold(ctx context.Context, dst, state []byte, points []Datapoint) ([]byte, error) {
	return e.summary(ctx, fnFold, dst, state, nil, func(ctx context.Context, in *instance) error {
		return in.foldChunks(ctx, state, points)
	})
}

// Merge returns the state of what a and b held together.
func (e *Engine) Merge(ctx context.Context, a, b []byte) ([]byte, error) {
	return e.AppendMerge(ctx, nil, a, b)
}

// AppendMerge appends to dst what [Engine.Merge] returns, and returns dst as it
// was with an error. dst may be a[:0] or b[:0].
func (e *Engine) AppendMerge(ctx context.Context, dst, a, b []byte) ([]byte, error) {
	return e.summary(ctx, fnMerge, dst, a, b, func(ctx context.Context, in *instance) error {
		c := in.Call(ctx, in.merge)
		c.LowerBytes(a)
		c.LowerBytes(b)
		return in.keepState(c)
	})
}

// Finish returns the statistics of the points that went into state.
func (e *Engine) Finish(ctx context.Context, state []byte) (Statistics, error) {
	if err := e.checkSummary(state, nil); err != nil {
		return Statistics{}, e.failed(fnFinish.name, err)
	}
	var stat Statistics
	err := e.call(ctx, fnFinish, func(ctx context.Context, in *instance) error {
		s, err := in.finishState(ctx, state)
		stat = Statistics(s)
		return err
	})
	if err != nil {
		return Statistics{}, err
	}
	return stat, nil
}

// summary runs f, which leaves its state in the instance, and appends that.
func (e *Engine) summary(ctx context.Context, fn function, dst, a, b []byte, f func(context.Context, *instance) error) ([]byte, error) {
	if err := e.checkSummary(a, b); err != nil {
		return dst, e.failed(fn.name, err)
	}
	err := e.call(ctx, fn, func(ctx context.Context, in *instance) error {
		if err := f(ctx, in); err != nil {
			return err
		}
		dst = append(dst, in.state...)
		return nil
	})
	return dst, err
}

// checkSummary refuses what no guest could take.
func (e *Engine) checkSummary(a, b []byte) error {
	if !e.HasSummary() {
		return ErrNoSummary
	}
	if err := checkBytes("the state", a); err != nil {
		return err
	}
	return checkBytes("the state", b)
}

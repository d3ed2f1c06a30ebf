package gohost

import (
	"context"
	"errors"

	"example.org/compute-pipeline/gohost/cabi"
	"example.org/compute-pipeline/gohost/internal/fuel"
	"example.org/compute-pipeline/gohost/internal/text"
	"example.org/compute-pipeline/gohost/sandbox"
)

// What follows calls the resource of org:analytics/accumulators@0.2.0, and does with it what
// the functions of summary do, for a module that has only this.

// newAccumulator makes an accumulator.
func newAccumulator(ctx context.Context, in *sandbox.Instance) (*cabi.Handle, error) {
	c := in.Call(ctx, fnNewAccumulator)
	c.Invoke()
	h := c.LiftHandle(accumulator, c.PopU32())
	if err := c.Done(); err != nil {
		return nil, err
	}
	return h, nil
}

// accumulated makes an accumulator for the time of f.
func accumulated(ctx context.Context, in *sandbox.Instance, f func(h *cabi.Handle) error) error {
	h, err := newAccumulator(ctx, in)
	if err != nil {
		return err
	}
	err = f(h)
	if err == nil || errors.Is(err, ErrGuest) { // otherwise the instance is lost, with all in it
		if dropped := in.Drop(ctx, h); dropped != nil {
			err = dropped
		}
	}
	return err
}

// foldAccumulator leaves the state of the points of state and points in the instance.
func foldAccumulator(ctx context.Context, in *sandbox.Instance, state []byte, points []Datapoint) error {
	return accumulated(ctx, in, func(h *cabi.Handle) error {
		if err := mergeInto(ctx, in, h, state, "state"); err != nil {
			return err
		}
		if err := addTo(ctx, in, h, points); err != nil {
			return err
		}
		return keepStateOf(ctx, in, h)
	})
}

// mergeAccumulator leaves the state of the points of both a and b in the instance.
func mergeAccumulator(ctx context.Context, in *sandbox.Instance, a, b []byte) error {
	return accumulated(ctx, in, func(h *cabi.Handle) error {
		if err := mergeInto(ctx, in, h, a, "first state"); err != nil {
			return err
		}
		if err := mergeInto(ctx, in, h, b, "second state"); err != nil {
			return err
		}
		return keepStateOf(ctx, in, h)
	})
}

// finishAccumulator returns the statistics of a state.
func finishAccumulator(ctx context.Context, in *sandbox.Instance, state []byte) (s Statistics, err error) {
	err = accumulated(ctx, in, func(h *cabi.Handle) error {
		if err := mergeInto(ctx, in, h, state, "state"); err != nil {
			return err
		}
		s, err = finishOf(ctx, in, h)
		return err
	})
	return s, err
}

// addTo adds points in chunks that stay in cache.
func addTo(ctx context.Context, in *sandbox.Instance, h *cabi.Handle, points []Datapoint) error {
	for len(points) > 0 {
		chunk := points[:min(len(points), chunkPoints)]
		c := in.Call(ctx, fnAccumulatorAdd)
		c.PushI32(c.LowerBorrowedHandle(accumulator, h))
		datapoints.Push(c, chunk)
		if err := invokeState(c, "state"); err != nil {
			return err
		}
		if err := fuel.Check(ctx); err != nil {
			return err
		}
		points = points[len(chunk):]
	}
	return nil
}

// mergeInto adds the points of a state, which errors call by a name.
func mergeInto(ctx context.Context, in *sandbox.Instance, h *cabi.Handle, state []byte, name string) error {
	c := in.Call(ctx, fnAccumulatorMerge)
	c.PushI32(c.LowerBorrowedHandle(accumulator, h))
	c.PushBytes(state)
	return invokeState(c, name)
}

// invokeState completes a call with the result result<_, state-error>.
func invokeState(c *cabi.Call, name string) error {
	c.Invoke()
	_, failure := popStateResult(c, 0, name)
	if err := c.Done(); err != nil {
		return err
	}
	return failure
}

// keepStateOf leaves the state of an accumulator in the instance.
func keepStateOf(ctx context.Context, in *sandbox.Instance, h *cabi.Handle) error {
	c := in.Call(ctx, fnAccumulatorState)
	c.PushI32(c.LowerBorrowedHandle(accumulator, h))
	c.Invoke()
	at := c.PopArea(listSize, listAlign)
	checkLength(c, at, 1, 1, checkState)
	state := c.LoadBytes(at, in.Scratch[:0])
	if err := c.Done(); err != nil {
		return err
	}
	in.Scratch = state
	return nil
}

// finishOf returns the statistics of an accumulator.
func finishOf(ctx context.Context, in *sandbox.Instance, h *cabi.Handle) (s Statistics, _ error) {
	c := in.Call(ctx, fnAccumulatorFinish)
	c.PushI32(c.LowerBorrowedHandle(accumulator, h))
	c.Invoke()
	at, failure := popStateResult(c, statisticsSize, "state")
	if failure == nil {
		s = loadStatistics(c, at)
	}
	if err := c.Done(); err != nil {
		return Statistics{}, err
	}
	return s, failure
}

// popStateResult lifts a result<T, state-error> with a T of at most 8-byte alignment. It returns
// the address of T, or the error of the bytes that are called name.
func popStateResult(c *cabi.Call, size uint32, name string) (at uint32, _ error) {
	const payload = 8
	area := c.PopArea(payload+max(size, stateErrorSize), stateErrorAlign)
	if c.Discriminant(uint32(c.LoadU8(area)), 2, "the result") == 0 {
		return area + payload, nil
	}
	at = area + payload
	if c.Discriminant(uint32(c.LoadU8(at)), 2, "the variant state-error") == 1 {
		failure := &CountError{Count: c.LoadU64(at + 8), More: c.LoadU64(at + 16)}
		return 0, &GuestError{Message: failure.Error(), Err: failure}
	}
	reason, size2 := c.LoadBeginning(at+8, text.MaxMessage)
	whole := GuestError{}
	if size2 > len(reason) {
		reason, whole.CutFrom = text.Note(reason, size2), size2
	}
	failure := &StateError{State: name, Reason: reason}
	whole.Message, whole.Err = failure.Error(), failure
	return 0, &whole
}

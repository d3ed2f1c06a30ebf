package gohost

import (
	"context"
	"fmt"

	"example.org/compute-pipeline/gohost/cabi"
	"example.org/compute-pipeline/gohost/internal/fuel"
	"example.org/compute-pipeline/gohost/sandbox"
)

// chunkPoints is the number of points that are copied into the guest at a time: 128 KiB,
// which stay in the processor's cache between the copy and the loop.
const chunkPoints = 8192

// maxState is the max size of a state that a guest returns, in bytes. The engine's
// states have at most 900. An instance keeps room for one.
const maxState = 64 << 10

// foldChunks folds points into state in chunks that stay in cache, and leaves the new
// state in the instance. If there are several chunks, it checks after each whether the
// call must end, since a guest that does little with a chunk may never ask for more
// fuel.
func foldChunks(ctx context.Context, in *sandbox.Instance, state []byte, points []Datapoint) error {
	if len(points) <= roomPoints && len(state) <= roomHead && in.Exports(directFold) {
		return foldDirect(ctx, in, state, points)
	}
	several := len(points) > chunkPoints
	for {
		chunk := points[:min(len(points), chunkPoints)]
		c := in.Call(ctx, fnFold)
		c.PushBytes(state)
		datapoints.Push(c, chunk)
		if err := keepState(in, c); err != nil {
			return err
		}
		if several {
			if err := fuel.Check(ctx); err != nil {
				return err
			}
		}
		if points = points[len(chunk):]; len(points) == 0 {
			return nil
		}
		state = in.Scratch
	}
}

// checkState rejects a state that is larger than any honest one.
func checkState(n int) error {
	if n > maxState {
		return &LimitError{
			Which: LimitState, Max: maxState,
			Err: fmt.Errorf("the state that was returned has %d bytes, and %d are allowed", n, maxState),
		}
	}
	return nil
}

// keepState completes a call that returns a state, and keeps the state in the
// instance.
func keepState(in *sandbox.Instance, c *cabi.Call) error {
	c.Invoke()
	state := in.Scratch[:0]
	at, message, isErr := popResult(c, listSize, listAlign)
	if !isErr {
		checkLength(c, at, 1, 1, checkState)
		state = c.LoadBytes(at, state)
	}
	if err := c.Done(); err != nil {
		return err
	}
	in.Scratch = state
	return guestError(fnFold, message, isErr)
}

// finishState returns the statistics of a state.
func finishState(ctx context.Context, in *sandbox.Instance, state []byte) (Statistics, error) {
	if !in.Exports(fnFinish) {
		return finishAccumulator(ctx, in, state)
	}
	c := in.Call(ctx, fnFinish)
	c.PushBytes(state)
	c.Invoke()
	at, message, isErr := popResult(c, statisticsSize, statisticsAlign)
	var s Statistics
	if !isErr {
		s = loadStatistics(c, at)
	}
	if err := c.Done(); err != nil {
		return Statistics{}, err
	}
	return s, guestError(fnFinish, message, isErr)
}

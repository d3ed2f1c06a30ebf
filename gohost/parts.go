package gohost

import (
	"bytes"
	"context"
	"errors"

	"example.org/compute-pipeline/gohost/internal/fuel"
	"example.org/compute-pipeline/gohost/sandbox"
)

const (
	// partChunks is the min number of chunks of a part: 45 µs of work, where another part
	// costs 0.6 µs for its state and the merge.
	partChunks = 4
	// maxParts bounds the memory of the states of the parts.
	maxParts = 256
)

// foldParts is foldChunks for a list of any length: a long one is divided into parts of
// about the same size, which are folded at the same time, on instances that are idle, and
// their states are merged in order. The parts depend on the length alone, and so do the
// calls of the guest, on any number of instances.
func foldParts(ctx context.Context, in *sandbox.Instance, state []byte, points []Datapoint) error {
	if !in.Exports(fnFold) {
		return foldAccumulator(ctx, in, state, points)
	}
	n := partsOf(points)
	if n < 2 {
		return foldChunks(ctx, in, state, points)
	}
	states, err := foldEach(in, state, points, n)
	if err != nil {
		return err
	}
	return mergeAll(ctx, in, states)
}

func chunksOf(points []Datapoint) int { return (len(points) + chunkPoints - 1) / chunkPoints }

// partsOf returns into how many parts a list is divided.
func partsOf(points []Datapoint) int { return min(chunksOf(points)/partChunks, maxParts) }

// part returns one of the n parts of a list.
func part(points []Datapoint, n, i int) []Datapoint {
	chunks := chunksOf(points)
	begin, end := chunks*i/n*chunkPoints, chunks*(i+1)/n*chunkPoints
	return points[begin:min(end, len(points))]
}

// foldEach returns the states of the n parts of a list, the first with the points of state. It is a function of its own since it allocates, and shorter lists must
// not.
func foldEach(in *sandbox.Instance, state []byte, points []Datapoint, n int) ([][]byte, error) {
	states := make([][]byte, n)
	err := in.Parts(n, func(ctx context.Context, in *sandbox.Instance, i int) error {
		of := state
		if i > 0 {
			of = nil
		}
		if err := foldChunks(ctx, in, of, part(points, n, i)); err != nil {
			return err
		}
		states[i] = bytes.Clone(in.Scratch)
		return nil
	})
	return states, err
}

// mergeAll leaves the state of the points of all states in the instance.
func mergeAll(ctx context.Context, in *sandbox.Instance, states [][]byte) error {
	state := states[0]
	for _, other := range states[1:] {
		if err := mergeStates(ctx, in, state, other); err != nil {
			return err
		}
		if err := fuel.Check(ctx); err != nil {
			return err
		}
		state = in.Scratch
	}
	return nil
}

// mergeStates leaves the state of the points of both a and b in the instance.
func mergeStates(ctx context.Context, in *sandbox.Instance, a, b []byte) error {
	if !in.Exports(fnMerge) {
		return mergeAccumulator(ctx, in, a, b)
	}
	if max(len(a), len(b)) <= roomHead && in.Exports(directState) {
		err := mergeDirect(ctx, in, a, b)
		if !errors.Is(err, ErrGuest) {
			return err
		}
		// The contract's function says which state is not one.
	}
	c := in.Call(ctx, fnMerge)
	c.PushBytes(a)
	c.PushBytes(b)
	return keepState(in, c)
}

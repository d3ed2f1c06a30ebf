package gohost

import (
	"bytes"
	"context"

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
	chunks := (len(points) + chunkPoints - 1) / chunkPoints
	n := min(chunks/partChunks, maxParts)
	if n < 2 {
		return foldChunks(ctx, in, state, points)
	}
	states, err := foldEach(in, state, points, chunks, n)
	if err != nil {
		return err
	}
	return mergeAll(ctx, in, states)
}

// foldEach returns the states of the n parts of a list of so many chunks, the first with the
// points of state. It is a function of its own since it allocates, and shorter lists must
// not.
func foldEach(in *sandbox.Instance, state []byte, points []Datapoint, chunks, n int) ([][]byte, error) {
	states := make([][]byte, n)
	err := in.Parts(n, func(ctx context.Context, in *sandbox.Instance, part int) error {
		of := state
		if part > 0 {
			of = nil
		}
		begin, end := chunks*part/n*chunkPoints, chunks*(part+1)/n*chunkPoints
		if err := foldChunks(ctx, in, of, points[begin:min(end, len(points))]); err != nil {
			return err
		}
		states[part] = bytes.Clone(in.Scratch)
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
	c := in.Call(ctx, fnMerge)
	c.PushBytes(a)
	c.PushBytes(b)
	return keepState(in, c)
}

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
// their states are merged in order. The parts depend on the length alone, and so the calls
// of the guest, and their fuel, are the same on any number of instances.
func foldParts(ctx context.Context, in *sandbox.Instance, state []byte, points []Datapoint) error {
	chunks := (len(points) + chunkPoints - 1) / chunkPoints
	n := min(chunks/partChunks, maxParts)
	if n < 2 {
		return foldChunks(ctx, in, state, points)
	}
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
	if err != nil {
		return err
	}
	state = states[0]
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

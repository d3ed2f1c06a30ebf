package tests

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash/crc32"

	"example.org/compute-pipeline/gohost"
)

// guest is what the cases are run on: the Go library, or the core module called
// by hand. A WIT error is a *gohost.GuestError.
type guest interface {
	ComputeAggregate(ctx context.Context, points []gohost.Datapoint) (gohost.Aggregate, error)
	ValidateStream(ctx context.Context, raw []byte) ([]gohost.Datapoint, error)
	ProcessBatch(ctx context.Context, in []byte) ([]byte, error)
	ValidateChecksum(ctx context.Context, data []byte, expected uint32) (bool, error)
	Fold(ctx context.Context, state []byte, points []gohost.Datapoint) ([]byte, error)
	Merge(ctx context.Context, a, b []byte) ([]byte, error)
	Finish(ctx context.Context, state []byte) (gohost.Statistics, error)
}

// makeState follows a recipe: the guest folds and merges, the damage is done
// here.
func (v *vectors) makeState(ctx context.Context, g guest, r *recipe) ([]byte, error) {
	switch {
	case r.Hex != nil:
		return hex.DecodeString(*r.Hex)
	case r.Fold != nil:
		return v.foldState(ctx, g, r)
	case r.Merge != nil:
		a, err := v.makeState(ctx, g, &r.Merge[0])
		if err != nil {
			return nil, err
		}
		b, err := v.makeState(ctx, g, &r.Merge[1])
		if err != nil {
			return nil, err
		}
		return g.Merge(ctx, a, b)
	case r.Double != nil:
		state, err := v.makeState(ctx, g, r.Double)
		for i := 0; i < r.Times && err == nil; i++ {
			state, err = g.Merge(ctx, state, state)
		}
		return state, err
	case r.Edit != nil:
		state, err := v.makeState(ctx, g, r.Edit)
		if err != nil {
			return nil, err
		}
		return r.edit(state)
	}
	return nil, fmt.Errorf("a recipe of no known kind")
}

func (v *vectors) foldState(ctx context.Context, g guest, r *recipe) ([]byte, error) {
	state, err := v.makeState(ctx, g, r.Fold)
	if err != nil {
		return nil, err
	}
	points, err := v.points(r.Points)
	if err != nil {
		return nil, err
	}
	by := r.By
	if by == 0 {
		by = max(len(points), 1)
	}
	// An empty list is still one call.
	for i := 0; i < max(len(points), 1); i += by {
		if state, err = g.Fold(ctx, state, points[i:min(i+by, len(points))]); err != nil {
			return nil, err
		}
	}
	return state, nil
}

func (r *recipe) edit(state []byte) ([]byte, error) {
	if r.Keep != nil {
		keep, err := index(*r.Keep, len(state))
		if err != nil {
			return nil, err
		}
		state = state[:keep]
	}
	for _, change := range r.Xor {
		at, err := index(change[0], len(state)-1)
		if change[0] < 0 {
			at, err = index(change[0], len(state))
		}
		if err != nil {
			return nil, err
		}
		state[at] ^= byte(change[1])
	}
	more, err := hex.DecodeString(r.Append)
	if err != nil {
		return nil, err
	}
	state = append(state, more...)
	if r.Seal {
		body := len(state) - 4
		if body < 0 {
			return nil, fmt.Errorf("no room for a checksum in %d bytes", len(state))
		}
		binary.LittleEndian.PutUint32(state[body:], crc32.ChecksumIEEE(state[:body]))
	}
	return state, nil
}

// index is a position; a negative one counts from the end.
func index(at, length int) (int, error) {
	absolute := at
	if at < 0 {
		absolute += length
	}
	if absolute < 0 || absolute > length {
		return 0, fmt.Errorf("position %d in a state of %d bytes", at, length)
	}
	return absolute, nil
}

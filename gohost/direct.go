package gohost

import (
	"context"

	"example.org/compute-pipeline/gohost/cabi"
	"example.org/compute-pipeline/gohost/sandbox"
)

// What follows is the host's side of guest/src/direct.rs: functions of the embedded engine
// beside the contract, with the contract's answers for less time. Modules that were not built
// with this package are never called by them.

// The functions, by their numbers.
const (
	directAggregate = functionCount + iota
	directAdd
	directMoments
	directTake
	directMerge
	directFold
	directPush
	directJoin
	directRead
	directState
)

// direct are the names of the functions, in order.
var direct = []string{
	"compute-pipeline:direct-1.aggregate",
	"compute-pipeline:direct-1.add",
	"compute-pipeline:direct-1.moments",
	"compute-pipeline:direct-1.take",
	"compute-pipeline:direct-1.merge",
	"compute-pipeline:direct-1.fold",
	"compute-pipeline:direct-1.push",
	"compute-pipeline:direct-1.join",
	"compute-pipeline:direct-1.read",
	"compute-pipeline:direct-1.state",
}

const (
	// roomHead is where the points begin in the engine's room. Everything else is before.
	roomHead = 1024
	// roomPoints is how many there may be.
	roomPoints = 1472
)

// aggregateDirect returns the statistics of a list of any length.
func aggregateDirect(ctx context.Context, in *sandbox.Instance, points []Datapoint) (Aggregate, error) {
	if len(points) <= roomPoints {
		c := in.Call(ctx, directAggregate)
		pushPoints(c, points)
		return popAggregate(c)
	}
	if err := addParts(ctx, in, points); err != nil {
		return Aggregate{}, err
	}
	return popAggregate(in.Call(ctx, directMoments))
}

// popAggregate completes a call that writes mean, variance and sum.
func popAggregate(c *cabi.Call) (Aggregate, error) {
	c.Invoke()
	agg := loadAggregate(c, c.Room(0, 3*8, 8))
	return agg, c.Done()
}

// pushPoints writes points to the room and pushes their number.
func pushPoints(c *cabi.Call, points []Datapoint) {
	datapoints.StoreRoom(c, roomHead, points)
	c.PushI32(uint32(len(points)))
}

// addParts leaves the sums of the points in the instance; see foldParts.
func addParts(ctx context.Context, in *sandbox.Instance, points []Datapoint) error {
	n := partsOf(points)
	if n < 2 {
		return addChunks(ctx, in, points)
	}
	parts, err := addEach(in, points, n)
	if err != nil {
		return err
	}
	for i, sums := range parts {
		c := in.Call(ctx, directMerge)
		c.StoreRoom(0, sums)
		c.PushI32(uint32(len(sums)))
		c.PushBool(i == 0)
		c.Invoke()
		if err := c.Done(); err != nil {
			return err
		}
	}
	return nil
}

// addEach returns the sums of the n parts of a list. It is a function of its own since it
// allocates, and shorter lists must not.
func addEach(in *sandbox.Instance, points []Datapoint, n int) ([][]byte, error) {
	parts := make([][]byte, n)
	err := in.Parts(n, func(ctx context.Context, in *sandbox.Instance, i int) error {
		if err := addChunks(ctx, in, part(points, n, i)); err != nil {
			return err
		}
		c := in.Call(ctx, directTake)
		c.Invoke()
		parts[i] = c.LoadRoom(0, c.PopI32(), nil)
		return c.Done()
	})
	return parts, err
}

// addChunks leaves the sums of the points in the instance. The call ends between two chunks
// if it must, since each uses fuel for every point.
func addChunks(ctx context.Context, in *sandbox.Instance, points []Datapoint) error {
	for first := true; len(points) > 0; first = false {
		chunk := points[:min(len(points), roomPoints)]
		c := in.Call(ctx, directAdd)
		pushPoints(c, chunk)
		c.PushBool(first)
		c.Invoke()
		if err := c.Done(); err != nil {
			return err
		}
		points = points[len(chunk):]
	}
	return nil
}

// foldDirect leaves the new state in the instance. The list must fit into the room, and the
// state before the points.
func foldDirect(ctx context.Context, in *sandbox.Instance, state []byte, points []Datapoint) error {
	c := in.Call(ctx, directFold)
	c.StoreRoom(0, state)
	c.PushI32(uint32(len(state)))
	pushPoints(c, points)
	c.Invoke()
	n := int32(c.PopI32())
	written := c.LoadRoom(0, uint32(max(n, -n)), in.Scratch[:0])
	if err := c.Done(); err != nil {
		return err
	}
	if n < 0 {
		return guestError(fnFold, message{string(written), len(written)}, true)
	}
	in.Scratch = written
	return nil
}

// mergeDirect leaves the state of the points of both a and b in the instance.
func mergeDirect(ctx context.Context, in *sandbox.Instance, a, b []byte) error {
	for i, state := range [...][]byte{a, b} {
		if err := join(in.Call(ctx, directJoin), state, i == 0); err != nil {
			return err
		}
	}
	c := in.Call(ctx, directState)
	c.Invoke()
	in.Scratch = c.LoadRoom(0, c.PopI32(), in.Scratch[:0])
	return c.Done()
}

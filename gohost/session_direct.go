package gohost

import (
	"context"
	"fmt"

	"example.org/compute-pipeline/gohost/cabi"
	"example.org/compute-pipeline/gohost/sandbox"
)

// directSums are the sums of a session in an instance of the embedded engine, whose room is the
// buffer.
type directSums struct {
	lease *sandbox.Lease
	// copies is set where the buffer cannot be the room, since numbers there have another
	// order of bytes.
	copies bool
}

// hasDirectSums returns the module, if the engine is one with functions for sessions.
func (e *Engine) hasDirectSums() (*sandbox.Module, bool) {
	module, ok := e.caller.(*sandbox.Module)
	return module, ok && module.Exports(directPush)
}

func openDirectSums(ctx context.Context, module *sandbox.Module) (_ sums, buffer []Datapoint, err error) {
	lease, err := module.Lease(ctx, fnFold)
	if err != nil {
		return nil, nil, err
	}
	d := &directSums{lease: lease}
	err = lease.Use(ctx, fnFold, func(ctx context.Context, in *sandbox.Instance) error {
		c := in.Call(ctx, directJoin)
		buffer = datapoints.ShareRoom(c, roomHead, roomPoints)
		return join(c, nil, true)
	})
	if err != nil {
		lease.Close()
		return nil, nil, err
	}
	if buffer == nil {
		d.copies, buffer = true, make([]Datapoint, roomPoints)
	}
	return d, buffer, nil
}

func (d *directSums) add(ctx context.Context, buffer []Datapoint, from, to int) error {
	return d.lease.Use(ctx, fnFold, func(ctx context.Context, in *sandbox.Instance) error {
		c := in.Call(ctx, directPush)
		if d.copies {
			datapoints.StoreRoom(c, roomHead+PackedSize*uint32(from), buffer[from:to])
		}
		c.PushI32(uint32(from))
		c.PushI32(uint32(to - from))
		return popDirect(c)
	})
}

func (d *directSums) merge(ctx context.Context, state []byte) error {
	return d.lease.Use(ctx, fnMerge, func(ctx context.Context, in *sandbox.Instance) error {
		if len(state) > roomHead {
			text := fmt.Sprintf("Invalid state: it has %d bytes, more than any has", len(state))
			return guestError(fnMerge, message{text, len(text)}, true)
		}
		return join(in.Call(ctx, directJoin), state, false)
	})
}

func (d *directSums) statistics(ctx context.Context) (stats Statistics, err error) {
	err = d.lease.Use(ctx, fnFinish, func(ctx context.Context, in *sandbox.Instance) error {
		stats, err = readDirect(in.Call(ctx, directRead))
		return err
	})
	return stats, err
}

func (d *directSums) appendState(ctx context.Context, dst []byte) ([]byte, error) {
	out := dst
	err := d.lease.Use(ctx, fnFold, func(ctx context.Context, in *sandbox.Instance) error {
		c := in.Call(ctx, directState)
		c.Invoke()
		out = c.LoadRoom(0, c.PopI32(), dst)
		return c.Done()
	})
	if err != nil {
		return dst, err
	}
	return out, nil
}

func (d *directSums) reset(ctx context.Context) error {
	return d.lease.Use(ctx, fnFold, func(ctx context.Context, in *sandbox.Instance) error {
		return join(in.Call(ctx, directJoin), nil, true)
	})
}

func (d *directSums) isLost() bool { return d.lease.IsLost() }

func (d *directSums) close() { d.lease.Close() }

// join completes a call that adds the points of a state to the sums of the session, which it
// begins if first is set.
func join(c *cabi.Call, state []byte, first bool) error {
	c.StoreRoom(0, state)
	c.PushI32(uint32(len(state)))
	c.PushBool(first)
	return popDirect(c)
}

// readDirect completes a call that writes statistics.
func readDirect(c *cabi.Call) (Statistics, error) {
	failed := invokeDirect(c)
	var stats Statistics
	if failed == nil {
		stats = loadStatistics(c, c.Room(0, statisticsSize, statisticsAlign))
	}
	if err := c.Done(); err != nil {
		return Statistics{}, err
	}
	return stats, failed
}

// popDirect completes a call that returns no more than whether it has failed.
func popDirect(c *cabi.Call) error {
	failed := invokeDirect(c)
	if err := c.Done(); err != nil {
		return err
	}
	return failed
}

// invokeDirect invokes a function that returns the negative number of the bytes of an error's
// text, and returns that error.
func invokeDirect(c *cabi.Call) error {
	c.Invoke()
	if n := int32(c.PopI32()); n < 0 {
		text := string(c.LoadRoom(0, uint32(-n), nil))
		return guestError(fnFold, message{text, len(text)}, true)
	}
	return nil
}

package kit

import (
	"context"
	"errors"
	"fmt"

	"example.org/compute-pipeline/gohost/cabi"
	"example.org/compute-pipeline/gohost/sandbox"
)

// area is a part of the guest's memory that realloc returned.
type area struct {
	at, size, align uint32
	mark            byte // in each of its bytes
}

// errDone ends a call whose instance must not serve another one.
var errDone = errors.New("done")

// checkRealloc asks for areas of many sizes, and writes into all of them. It makes no call
// with them, so that the instance is closed afterwards.
func (c *checker) checkRealloc(ctx context.Context, r *Result) {
	number := -1
	for _, f := range c.functions {
		if c.module.Exports(f.number) {
			number = f.number
			break
		}
	}
	if number < 0 || !c.needsRealloc() {
		r.skip("no function passes a list or a string")
		return
	}
	r.problems = true
	var failure error
	var moving bool
	err := c.module.Use(ctx, number, func(ctx context.Context, in *sandbox.Instance) error {
		call := in.Call(ctx, number)
		failure = reallocate(call, r, &moving)
		if err := call.Done(); err != nil {
			return err
		}
		return errDone
	})
	switch {
	case failure != nil:
		r.fail(&Failure{Got: failure.Error()})
	case moving && errors.Is(err, sandbox.ErrTrap):
		// componentize-py's does: an area moves only where strings have several encodings.
		r.note("it traps where it is to move memory, which this host never asks for")
	case err != nil && !errors.Is(err, errDone) && ctx.Err() == nil && !c.systemFailed(err):
		r.fail(&Failure{Got: reason(err)})
	}
}

// needsRealloc reports whether a module of the contract must export cabi_realloc.
func (c *checker) needsRealloc() bool {
	for _, f := range c.functions {
		if f.typ != nil && f.typ.NeedsRealloc() {
			return true
		}
	}
	return false
}

// reallocate returns what is wrong about realloc beside alignment and bounds, which the
// call checks. It sets moving when it begins to move areas.
func reallocate(call *cabi.Call, r *Result, moving *bool) error {
	var areas []*area
	for i, size := range []uint32{0, 1, 2, 3, 4, 7, 8, 15, 16, 17, 24, 100, 1000, 4096, 65536, 1 << 20} {
		for _, align := range []uint32{1, 2, 4, 8} {
			a := &area{size: size, align: align, mark: byte(4*i) + byte(align)}
			a.at = call.Alloc(size, align)
			if call.Err() != nil {
				return nil //nolint:nilerr // the call has it
			}
			r.Cases++
			for _, b := range areas {
				if a.at < b.at+b.size && b.at < a.at+a.size {
					return fmt.Errorf("realloc returned %d bytes at %d, and %d bytes at %d are in use", a.size, a.at, b.size, b.at)
				}
			}
			a.fill(call, 0)
			areas = append(areas, a)
		}
	}
	if err := checkAll(call, areas); err != nil {
		return err
	}
	*moving = true
	for i, a := range areas {
		if err := a.check(call, a.size); err != nil {
			return err
		}
		size := a.size * 2
		if i%2 == 1 {
			size = a.size / 2
		}
		if err := a.move(call, size); err != nil || call.Err() != nil {
			return err
		}
		r.Cases++
	}
	return checkAll(call, areas)
}

// checkAll checks that all areas are as they were written.
func checkAll(call *cabi.Call, areas []*area) error {
	for _, a := range areas {
		if err := a.check(call, a.size); err != nil {
			return err
		}
	}
	return nil
}

// fill writes the mark into the area from an offset on.
func (a *area) fill(call *cabi.Call, from uint32) {
	for i := from; i < a.size; i++ {
		call.StoreU8(a.at+i, a.mark)
	}
}

// check checks that the first bytes of the area are as they were written.
func (a *area) check(call *cabi.Call, size uint32) error {
	for i := range size {
		if got := call.LoadU8(a.at + i); got != a.mark {
			return fmt.Errorf("byte %d of %d at %d was %#02x, and is %#02x after more calls of realloc", i, a.size, a.at, a.mark, got)
		}
	}
	return nil
}

// move makes the area larger or smaller.
func (a *area) move(call *cabi.Call, size uint32) error {
	before := *a
	a.at, a.size = call.Realloc(a.at, a.size, size, a.align), size
	if call.Err() != nil {
		return nil //nolint:nilerr // the call has it
	}
	for i := range min(before.size, size) {
		if got := call.LoadU8(a.at + i); got != a.mark {
			return fmt.Errorf("realloc moved %d bytes from %d to %d bytes at %d, where byte %d is %#02x, not %#02x", before.size, before.at, size, a.at, i, got, a.mark)
		}
	}
	a.fill(call, min(before.size, size))
	return nil
}

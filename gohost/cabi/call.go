package cabi

import (
	"context"
	"fmt"

	"example.org/compute-pipeline/gohost/internal/fuel"
)

// maxFlat is the max number of flat values: 16 parameters, and the address of an
// import's result.
const maxFlat = 17

// Call is one call across the boundary, in either direction. The same functions
// lower values into it and lift values out of it.
//
// A call of a guest's function lowers the arguments, calls Invoke, lifts the result,
// and calls Done:
//
//	c := in.Call(ctx, f)
//	c.PushString(name)
//	c.Invoke()
//	count := c.PopU32()
//	err := c.Done()
//
// A call of an import by the guest ([HostFunction]) lifts the arguments, calls the
// implementation if Lifted reports true, and lowers the result.
//
// After the first error all methods do nothing and return zero values, so only the
// error of Done needs checking.
type Call struct {
	in  *Instance
	ctx context.Context //nolint:containedctx // a Call lives as long as the method that starts it
	// meter is nil if this is not a metered call of an import.
	meter *fuel.Meter
	// mem is the guest's memory, once an area in it was checked ([Call.within]) after
	// the guest ran last. flats are the flat values: parameters or results. Both are
	// nil after an error, so that only the slow path of an access needs to look for
	// one.
	mem    []byte
	flats  []uint64
	pushed int
	popped int
	err    error

	// function is the guest's function, or nil if this is a call of an import.
	function *Func
	returned bool
	// host is the import, or nil.
	host *HostFunction
	// lent and borrowed are the numbers of handles that were lent before this call.
	lent, borrowed int

	// taken are the values of imported resources that were lifted and that neither the
	// program nor the implementation of an import has got yet.
	taken []handle

	allowance
}

// Call begins a call of f, which must come from this instance. The one Call of
// an instance is reused, so that calling allocates nothing.
func (in *Instance) Call(ctx context.Context, f *Func) *Call {
	if in.running || in.module == nil {
		return &Call{in: in, ctx: ctx, err: ErrBusy, allowance: allowance{work: -1}}
	}
	in.running = true
	in.number++
	c := &in.call
	if in.Imports {
		ctx = in.Within(ctx)
	}
	c.ctx, c.function, c.flats = ctx, f, in.stack[:]
	c.pushed, c.popped, c.returned = 0, 0, false
	c.allowance = newAllowance()
	return c
}

// Refused returns a call that fails with err before it began. All that it does is to drop
// the values that are lowered into it to be given away: nobody else has them then.
func Refused(ctx context.Context, err error) *Call {
	return &Call{in: &Instance{}, ctx: ctx, err: err, allowance: allowance{work: -1}}
}

// refresh looks up the memory again, which a call into the guest may have moved.
func (c *Call) refresh() {
	if c.in.memory != nil && c.err == nil {
		c.mem = c.in.bytes()
	}
}

// Fail makes err the call's error, unless it has one.
func (c *Call) Fail(err error) {
	if c.err == nil {
		c.err = err
	}
	c.mem, c.flats = nil, nil
	c.allowance = allowance{work: -1}
}

// Invalid fails the call because the host gave a value that its type does not have.
func (c *Call) Invalid(format string, args ...any) {
	err := error(&InvalidError{Detail: fmt.Sprintf(format, args...)})
	if c.host != nil {
		err = &HostError{Function: c.host.name(), Err: err}
	}
	c.Fail(err)
}

// Err returns the call's error so far.
func (c *Call) Err() error { return c.err }

// Context returns the context for code of the program, such as the implementation of an
// import: the one that the call of the guest's function was given, with the deadline of
// the call's own time limit if that is earlier. With such a deadline it is cancelled when
// the call ends; otherwise it may be used after the call too.
func (c *Call) Context() context.Context {
	meter := c.meter
	if meter == nil {
		meter = fuel.FromContext(c.ctx)
	}
	return c.in.hostContext(c.ctx, meter)
}

// Invoke calls the guest's function with the lowered arguments.
func (c *Call) Invoke() {
	if c.err != nil {
		return
	}
	if c.pushed != c.function.params {
		// What was left on the stack may be of another caller.
		c.Invalid("the binding lowers %d flat values, and the function takes %d", c.pushed, c.function.params)
		return
	}
	if err := c.function.function.CallWithStack(c.ctx, c.in.stack[:]); err != nil {
		c.Fail(c.in.trap(c.ctx, err))
		return
	}
	c.pushed, c.popped, c.returned = 0, 0, true
	c.mem = nil
}

// Done ends the call of a guest's function. It runs post-return, once, and returns
// the call's error: a *[Trap], a *[Violation], an *[InvalidError], a *[HostError], a
// *[LimitError], an error of the meter or the context, or the error of
// [Instance.Reserve] or [Call.Fail]. After an error the instance must be closed.
func (c *Call) Done() error {
	err := c.err
	if c != &c.in.call { // it never began
		return err
	}
	if err == nil && c.returned && (c.in.borrows > 0 || c.function.postReturn != nil) {
		err = c.in.finish(c)
	}
	if len(c.taken) > 0 {
		c.ended(err)
	}
	if c.in.Imports || c.in.scope.host != nil {
		c.in.Leave()
	}
	c.in.running = false
	// An idle instance must not keep the caller's data alive. A second Done does
	// nothing.
	c.ctx, c.function, c.mem, c.flats, c.err, c.returned = nil, nil, nil, nil, nil, false
	return err
}

// ended drops the values that were lifted, unless the program gets them.
func (c *Call) ended(err error) {
	if err != nil {
		c.dropTaken()
	}
	c.taken = nil
}

// finish ends a call that returned: it checks that the guest kept no borrow, and
// runs post-return.
func (in *Instance) finish(c *Call) error {
	if in.borrows > 0 {
		return violation("the guest kept %d handles that it had borrowed for the call", in.borrows)
	}
	in.mustStay = true
	// The parameter of post-return is the flat result, still in place.
	err := c.function.postReturn.CallWithStack(c.ctx, in.stack[:])
	in.mustStay = false
	if err != nil {
		return fmt.Errorf("in post-return: %w", in.trap(c.ctx, err))
	}
	return nil
}

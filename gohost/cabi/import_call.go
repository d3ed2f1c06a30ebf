package cabi

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"

	"github.com/tetratelabs/wazero/api"

	"example.org/compute-pipeline/gohost/internal/fuel"
	"example.org/compute-pipeline/gohost/internal/text"
)

// importFunc is a HostFunction as wazero calls it.
type importFunc struct{ function *HostFunction }

// Call implements api.GoModuleFunction: a guest calls the import.
func (f importFunc) Call(ctx context.Context, module api.Module, stack []uint64) {
	in := fromContext(ctx)
	if in == nil {
		panic(&ended{violation("an import was called outside of a call")})
	}
	if err := in.serve(ctx, module, f.function, stack); err != nil {
		// wazero makes it the error of the guest's call.
		panic(&ended{err})
	}
}

// serve runs one call of an import.
func (in *Instance) serve(ctx context.Context, module api.Module, f *HostFunction, stack []uint64) error {
	if in.module == nil { // the start function calls
		in.Bind(module)
	}
	switch {
	case in.mustStay:
		return violation("realloc or post-return called the import %s", f.name())
	case in.depth == maxDepth:
		return &LimitError{Detail: fmt.Sprintf("more than %d calls of imports are within each other", maxDepth), Max: maxDepth}
	case in.depth == len(in.calls):
		in.calls = append(in.calls, &Call{})
	}
	c := in.calls[in.depth]
	*c = Call{in: in, ctx: ctx, meter: fuel.FromContext(ctx), flats: stack, host: f, lent: len(in.lent), borrowed: len(in.borrowed), allowance: newAllowance()}
	in.depth++
	c.begin()
	if c.err == nil {
		c.run()
	}
	in.depth--
	c.end()
	err := c.err
	*c = Call{}
	return err
}

// begin charges for the call.
func (c *Call) begin() {
	var err error
	if c.meter != nil {
		err = c.meter.Charge(c.in.module, callPrice)
	} else {
		err = fuel.Check(c.ctx)
	}
	if err != nil {
		c.Fail(err)
	}
}

// run calls the binding, and turns a panic into the call's error.
func (c *Call) run() {
	defer func() {
		if r := recover(); r != nil {
			c.panicked(r)
		}
	}()
	c.host.Call(c)
}

func (c *Call) panicked(r any) {
	err, ok := r.(error)
	if !ok {
		err = errors.New(text.Cut(fmt.Sprint(r), text.MaxMessage))
	}
	c.Fail(&HostError{Function: c.host.name(), Err: err, Stack: text.Cut(string(debug.Stack()), text.MaxStack)})
}

// end pays for the rest of the call's work, returns the handles that it lent, and
// releases the memory of its arguments.
func (c *Call) end() {
	reserved := c.reserved
	if c.err == nil && c.work < atOnce {
		c.look()
	}
	c.ended(c.err)
	c.in.returnLent(c.lent, c.borrowed)
	if reserved > 0 && c.in.Reserve != nil {
		_ = c.in.Reserve(-reserved) // which never fails
	}
}

// Lifted reports whether the arguments of an import were lifted without an error, so
// that its implementation may be called. It pays for the work of lifting them.
func (c *Call) Lifted() bool {
	if c.err != nil || c.work != atOnce && !c.look() {
		return false
	}
	c.taken = nil
	return true
}

// HostError fails the call of an import because its implementation returned an error
// that is not the error of its WIT result.
func (c *Call) HostError(err error) {
	if c.host != nil {
		if stopped := fuel.Check(c.ctx); stopped != nil {
			// An implementation that obeys its context fails because of it.
			err = stopped
		} else {
			err = &HostError{Function: c.host.name(), Err: err}
		}
	}
	c.Fail(err)
}

// Guest returns the context of the guest's functions, and the guest. It is for imports
// that keep what they know of an instance in that context.
func (c *Call) Guest() (context.Context, api.Module) { return c.ctx, c.in.module }

package cabi

import (
	"context"
	"fmt"

	"github.com/tetratelabs/wazero/api"
)

// Call is one call of a guest function: lower the arguments in order, Invoke,
// lift the result, and call Done. After the first error the other methods do
// nothing, so only Done's error needs checking.
//
//	c := in.Call(ctx, f)
//	c.LowerBytes(data)
//	c.Invoke()
//	result = c.LiftBytes(result)
//	err := c.Done()
type Call struct {
	in       *Instance
	ctx      context.Context //nolint:containedctx // a Call lives as long as the method that starts it
	function *Func
	params   int
	returned bool
	err      error
}

// Call begins a call of f, which must come from this instance. The one Call of
// an instance is reused, so that calling allocates nothing.
func (in *Instance) Call(ctx context.Context, f *Func) *Call {
	in.call = Call{in: in, ctx: ctx, function: f}
	return &in.call
}

func (c *Call) fail(err error) {
	if c.err == nil {
		c.err = err
	}
}

// param adds a flat parameter.
func (c *Call) param(v uint32) {
	c.in.stack[c.params] = api.EncodeU32(v)
	c.params++
}

// Invoke calls the function with the lowered arguments.
func (c *Call) Invoke() {
	if c.err != nil {
		return
	}
	if err := c.function.function.CallWithStack(c.ctx, c.in.stack[:]); err != nil {
		c.fail(c.in.trap(c.ctx, err))
		return
	}
	c.returned = true
}

// ret is the function's flat result: a bool, or the address of the result.
func (c *Call) ret() uint32 { return uint32(c.in.stack[0]) }

// Done runs post-return, once, and returns the call's error: a *Trap, a
// *Violation, a *fuel.Stopped, an error of the context, or the error of a check
// or of [Instance.Reserve]. After an error the instance must be closed.
func (c *Call) Done() error {
	if c.returned && c.err == nil && c.function.postReturn != nil {
		// The parameter of post-return is the flat result, still in place.
		if err := c.function.postReturn.CallWithStack(c.ctx, c.in.stack[:1]); err != nil {
			c.fail(fmt.Errorf("in post-return: %w", c.in.trap(c.ctx, err)))
		}
	}
	err := c.err
	// An idle instance must not keep the caller's data alive.
	*c = Call{}
	return err
}

package sandbox

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"example.org/compute-pipeline/gohost/cabi"
)

// A resource of a guest lives in one instance. While the program has handles to
// resources, their instance stays out of the pool: it is held, and serves only calls with
// these handles. They count for WithCallsPerInstance, but do not end before the handles do.

// dropped is the number of the function that drops a resource.
const dropped = -1

// owner is the owner of a cabi.Instance: what a handle leads to.
type owner struct {
	module *Module
	in     *Instance // nil once it is closed; guarded by module.held
}

// held are the instances of a module that wait for calls with their handles.
type held struct {
	mu     sync.Mutex
	idle   map[*Instance]bool
	closed bool
}

var (
	errNoResource   = fmt.Errorf("%w: the resource is nil", ErrInvalidInput)
	errGoneResource = fmt.Errorf("%w: the resource was closed or given away", ErrInvalidInput)
	errForeign      = fmt.Errorf("%w: the resource belongs to another module", ErrInvalidInput)
	errHeldBusy     = &subclass{text: "the resource's instance serves another call, and one at a time", of: ErrBusy}
)

// CallOn is like [Call] for a method of a resource of the guest: it runs on the instance of
// that resource. If the instance serves another call, which may be the one that is calling,
// the error is [ErrBusy].
func CallOn(ctx context.Context, handle *cabi.Handle, function int, f func(c *cabi.Call) error) error {
	return callOn(ctx, nil, handle, function, f)
}

// CallWith is [Call] for a function whose arguments may contain a resource of the guest:
// unless the handle is nil, it runs on the instance of that resource, as [CallOn] does. If
// that is of another module than the caller's, the error is [ErrInvalidInput].
func CallWith(ctx context.Context, caller Caller, handle *cabi.Handle, function int, f func(c *cabi.Call) error) error {
	if handle == nil {
		return Call(ctx, caller, function, f)
	}
	return callOn(ctx, caller, handle, function, f)
}

func callOn(ctx context.Context, caller Caller, handle *cabi.Handle, function int, f func(c *cabi.Call) error) error {
	in, err := resume(ctx, caller, handle, function)
	if err != nil {
		refuse(ctx, err, f)
		return err
	}
	return in.caller.Leave(in, in.serve(function, f))
}

// Drop drops a resource of the guest, and runs its destructor. It does nothing if the
// resource is nil, was dropped or given away, or was lost with its instance.
//
// If the instance serves a call, Drop returns nil at once. The destructor runs before that call
// returns, with its context; if it fails, the instance is discarded, which only the log has.
func Drop(ctx context.Context, handle *cabi.Handle) error {
	if handle == nil {
		return nil
	}
	in, err := resume(ctx, nil, handle, dropped)
	switch {
	case errors.Is(err, ErrLost) || errors.Is(err, errGoneResource) || errors.Is(err, errHeldBusy):
		return nil
	case err != nil:
		return err
	}
	return in.drop(handle)
}

// drop drops a resource of the instance, in a call that was begun, and ends that.
func (in *Instance) drop(handle *cabi.Handle) error {
	return in.caller.Leave(in, in.guarded(func(ctx context.Context, in *Instance) error { return in.abi.Drop(ctx, handle) }))
}

// Drop drops a resource of the instance, in the call that it serves.
func (in *Instance) Drop(ctx context.Context, handle *cabi.Handle) error {
	return in.abi.Drop(ctx, handle)
}

// resume begins a call on the instance of a handle. A nil caller is that of the instance's
// last call.
func resume(ctx context.Context, caller Caller, handle *cabi.Handle, function int) (*Instance, error) {
	if handle == nil {
		return nil, NewError("no module", "sandbox.CallOn", errNoResource)
	}
	o := handle.Instance().Owner.(*owner)
	if function != dropped && !o.module.Exports(function) {
		return nil, o.module.notExported(function)
	}
	in, err := o.take(handle, function)
	if err != nil {
		return nil, o.module.Failed(function, err)
	}
	if caller == nil {
		caller = in.caller
	}
	if err := caller.Resume(ctx, in, function); err != nil {
		o.module.keep(ctx, in)
		return nil, err
	}
	in.caller = caller
	return in, nil
}

// take takes the instance for a call. If it serves another one, a resource to be dropped is
// doomed.
func (o *owner) take(handle *cabi.Handle, function int) (*Instance, error) {
	held := &o.module.held
	held.mu.Lock()
	defer held.mu.Unlock()
	switch {
	case o.in == nil:
		return nil, ErrLost
	case handle.IsGone():
		return nil, errGoneResource
	case !held.idle[o.in]:
		if function == dropped && !slices.Contains(o.in.doomed, handle) {
			o.in.doomed = append(o.in.doomed, handle)
		}
		return nil, errHeldBusy
	}
	delete(held.idle, o.in)
	return o.in, nil
}

// nextDoomed returns a resource to drop now, or nil. The mutex of the module's held is held.
func (in *Instance) nextDoomed() (next *cabi.Handle) {
	in.doomed = slices.DeleteFunc(in.doomed, (*cabi.Handle).IsGone) // given away meanwhile
	if len(in.doomed) > 0 {
		next, in.doomed = in.doomed[0], in.doomed[1:]
	}
	return next
}

// keep holds an instance for its handles after a call with this context, or closes it. Resources
// that were dropped during the call go first, each in a call of its own that ends here again.
func (m *Module) keep(ctx context.Context, in *Instance) {
	handle, ok := m.hold(in)
	switch {
	case ok:
	case handle == nil || in.caller.Resume(ctx, in, dropped) != nil:
		m.close(in)
	default:
		_ = in.drop(handle) // which closes it if that fails
	}
}

// hold holds an instance for its handles, unless the module is closed or a resource is to be
// dropped, which it returns.
func (m *Module) hold(in *Instance) (doomed *cabi.Handle, ok bool) {
	m.held.mu.Lock()
	defer m.held.mu.Unlock()
	if m.held.closed || in.lease != nil && in.lease.closed {
		return nil, false
	}
	if doomed = in.nextDoomed(); doomed != nil {
		return doomed, false
	}
	if m.held.idle == nil {
		m.held.idle = map[*Instance]bool{}
	}
	m.held.idle[in] = true
	return nil, true
}

// lose makes the handles of an instance useless.
func (m *Module) lose(in *Instance) {
	if in.abi == nil {
		return
	}
	m.held.mu.Lock()
	defer m.held.mu.Unlock()
	in.abi.Owner.(*owner).in = nil
}

// CloseHeld closes the instances that wait for calls with resources of theirs, and these are
// lost. It is for a program that may have left resources open, such as a test of the module.
func (m *Module) CloseHeld() { m.closeHeld(false) }

// closeHeld closes the instances that are held only for handles, and if that is final,
// holds no more.
func (m *Module) closeHeld(final bool) {
	m.held.mu.Lock()
	idle := m.held.idle
	for in := range idle {
		in.abi.Owner.(*owner).in = nil
	}
	m.held.idle, m.held.closed = nil, m.held.closed || final
	m.held.mu.Unlock()
	for in := range idle {
		m.pool.Discard(in)
	}
}

// Resume implements [Caller].
func (m *Module) Resume(ctx context.Context, in *Instance, function int) error {
	if in.Module() != m {
		return m.Failed(function, errForeign)
	}
	m.begin(ctx, in, function, m.now(), m.config.fuelLimits())
	return nil
}

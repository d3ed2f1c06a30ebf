package sandbox

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"example.org/compute-pipeline/gohost/cabi"
	"example.org/compute-pipeline/gohost/internal/fuel"
	"example.org/compute-pipeline/gohost/internal/pool"
	"example.org/compute-pipeline/gohost/internal/text"
)

// maxIdleMemory is the max memory of an idle instance, in bytes. An instance that a huge
// input made larger is closed after the call, since guest memory never shrinks and
// starting another instance takes microseconds.
const maxIdleMemory = 64 << 20

// Caller is what calls of a contract's functions run on: a [*Module], or a plugin of a
// registry. [Call] and [Use] call it.
type Caller interface {
	// Enter begins a call of the contract's function with this number. It returns an
	// instance that belongs to the call until Leave, which must follow.
	Enter(ctx context.Context, function int) (*Instance, error)
	// Resume begins another call on an instance that is held for resources of the
	// guest. Leave must follow. The error is an [ErrLost] if the instance is not to be
	// used any more, and an [ErrInvalidInput] if it is not of this Caller's modules.
	Resume(ctx context.Context, in *Instance, function int) error
	// Leave ends the call with the error that it had, and returns the error for the
	// user.
	Leave(in *Instance, err error) error
	// Exports reports whether the function can be called. Only functions of optional
	// interfaces cannot.
	Exports(function int) bool
	// Failed returns the error of a call of the function that the binding itself
	// refuses, without Enter.
	Failed(function int, err error) error
}

// Call calls one function of the contract, by its number. f lowers the arguments, calls
// c.Invoke, and lifts the result. If it returns an error though c has none, that is the
// error of the guest's WIT result: the error is an [ErrGuest] then.
//
// Go values that f gives the guest ([cabi.Call.LowerOwn]) belong to the call, whatever its
// error: f runs even if the call cannot begin, with a c that has failed ([cabi.Refused]),
// so that they are dropped.
func Call(ctx context.Context, caller Caller, function int, f func(c *cabi.Call) error) error {
	in, err := caller.Enter(ctx, function)
	if err != nil {
		refuse(ctx, err, f)
		return err
	}
	in.caller = caller
	return caller.Leave(in, in.serve(function, f))
}

// refuse drops the values that a call was to give away and that did not begin.
func refuse(ctx context.Context, err error, f func(c *cabi.Call) error) {
	defer func() { _ = recover() }() // the error of the call is reported
	_ = f(cabi.Refused(ctx, err))
}

// serve runs the call of a function.
func (in *Instance) serve(function int, f func(c *cabi.Call) error) (err error) {
	returned := false
	defer func() {
		if !returned {
			err = in.broken(recover())
		}
	}()
	c := in.Call(in.guest, function)
	ofGuest := f(c)
	err = c.Done()
	if err == nil && ofGuest != nil {
		err = &GuestError{Err: ofGuest}
	}
	returned = true
	return err
}

// Use runs f with an instance, as one call of the function with this number, though f
// may call others too. The context of f is for the guest's functions. The instance stays
// in use only if f returns nil or an [ErrGuest].
func Use(ctx context.Context, caller Caller, function int, f func(ctx context.Context, in *Instance) error) error {
	in, err := caller.Enter(ctx, function)
	if err != nil {
		return err
	}
	in.caller = caller
	return caller.Leave(in, in.guarded(f))
}

// Call is [Call] for a module.
func (m *Module) Call(ctx context.Context, function int, f func(c *cabi.Call) error) error {
	return Call(ctx, m, function, f)
}

// Use is [Use] for a module.
func (m *Module) Use(ctx context.Context, function int, f func(ctx context.Context, in *Instance) error) error {
	return Use(ctx, m, function, f)
}

// current is the call that an instance serves.
type current struct {
	ctx      context.Context // of the caller
	guest    context.Context // for the guest's functions
	function int
	// asked and began are when the call asked for an instance, and when it got one;
	// they are zero without an observer.
	asked, began time.Duration
}

// Enter implements [Caller].
func (m *Module) Enter(ctx context.Context, function int) (*Instance, error) {
	if !m.serves(function) {
		return nil, m.notExported(function)
	}
	asked := m.now()
	in, err := m.acquire(ctx)
	if err != nil {
		return nil, m.refused(ctx, function, asked, err)
	}
	m.begin(ctx, in, function, asked, m.config.fuelLimits())
	return in, nil
}

// refused returns the error of a call that got no instance.
func (m *Module) refused(ctx context.Context, function int, asked time.Duration, err error) error {
	m.counters.refused.Add(1)
	failure := m.failed(m.functionName(function), err)
	if m.config.observer != nil {
		m.config.observer(ctx, CallInfo{Function: failure.Function, Wait: m.now() - asked, Err: failure})
	}
	return failure
}

// begin begins a call on an instance.
func (m *Module) begin(ctx context.Context, in *Instance, function int, asked time.Duration, limits fuel.Limits) {
	in.calls++
	in.tally.calls.Add(1)
	in.memory.refused = false
	in.function, in.asked, in.began = function, asked, m.now()
	in.begin(ctx, limits)
}

// processBegan is when the process began, about.
var processBegan = time.Now()

// now returns the time since the process began if there is an observer: reading the clock
// is a good part of a small call.
func (m *Module) now() time.Duration {
	if m.config.observer == nil {
		return 0
	}
	return time.Since(processBegan)
}

// Leave implements [Caller]. An instance that trapped, broke a rule or was stopped
// midway is closed, and never used again.
func (m *Module) Leave(in *Instance, err error) error {
	ctx, function, asked, began := in.ctx, in.function, in.asked, in.began
	used, err := m.end(in, err)
	info := m.seen(in)
	in.tally.fuel.Add(used)
	switch {
	case err == nil:
		m.release(ctx, in)
	case isGuestError(err): // which leaves the instance whole
		m.counters.guestErrors.Add(1)
		m.release(ctx, in)
		err = m.Failed(function, err)
	default:
		failure := m.failed(m.functionName(function), m.callError(in, err))
		m.counters.countFailure(failure.Class)
		m.discard(ctx, in, failure)
		err = failure
	}
	if m.config.observer != nil {
		info.Function, info.Wait, info.Duration = m.functionName(function), began-asked, m.now()-began
		info.Fuel, info.Err = used, err
		m.config.observer(ctx, info)
	}
	return err
}

// seen returns what an observer is told of an instance, before it serves another call or
// is closed.
func (m *Module) seen(in *Instance) (info CallInfo) {
	if m.config.observer != nil {
		info.Memory, info.Handles = int64(in.memory.size()), in.abi.GuestHandles()
	}
	return info
}

// serves reports whether the module exports the function, or one with which the program does
// without it.
func (m *Module) serves(function int) bool {
	instead, ok := m.contract.Instead[function]
	return m.Exports(function) || ok && m.Exports(instead)
}

// notExported returns the error of a function of an optional interface that is not there.
func (m *Module) notExported(function int) error {
	f := m.functions[function]
	return m.failed(f.name, fmt.Errorf("%w: %s, which is optional", ErrNotExported, f.iface.wanted()))
}

// acquire waits for an instance until the context ends.
func (m *Module) acquire(ctx context.Context) (*Instance, error) {
	in, err := m.pool.Acquire(ctx)
	return m.acquired(ctx, in, err)
}

// acquired returns what the pool returned, an instance that serves a call or why there is none.
func (m *Module) acquired(ctx context.Context, in *Instance, err error) (*Instance, error) {
	switch {
	case err == nil && !in.isNew:
		return in, nil
	case errors.Is(err, pool.ErrClosed):
		return nil, ErrClosed
	case errors.Is(err, pool.ErrBusy):
		return nil, fmt.Errorf("%w: %d instances run, and WithMaxWaiters(%d) allows no more to wait", ErrBusy, m.config.maxInstances, m.config.maxWaiters)
	case err != nil:
		return nil, err
	}
	// Nothing stops a start before its first metered instruction, so the context is
	// checked after it. The instance is intact, and serves another call.
	in.isNew = false
	if err := ended(ctx); err != nil {
		m.release(ctx, in)
		return nil, fmt.Errorf("while an instance started: %w", err)
	}
	return in, nil
}

// release returns an instance to the pool after a call that left it intact, or holds it
// for the resources that the program has.
func (m *Module) release(ctx context.Context, in *Instance) {
	switch {
	case !in.isIntact(ctx):
	case in.lease != nil || in.abi.Handles() > 0:
		m.keep(ctx, in)
		return
	case m.isReusable(in):
		m.pool.Release(in)
		return
	}
	m.close(in)
}

// isIntact reports whether another call of the instance can succeed. Without metering it
// may not if its call's context has ended: wazero may have noticed that and be about to
// close the instance, under the next call.
func (in *Instance) isIntact(ctx context.Context) bool {
	return !in.spoiled && (in.meter != nil || ctx.Err() == nil)
}

// isReusable reports whether the instance may serve any other call. What it has in its
// memory stays there while it is held for resources: the program wants that. So its calls
// count then, but only the end of the last resource makes it give way to another instance.
func (m *Module) isReusable(in *Instance) bool {
	if n := m.config.callsPerInstance; n > 0 && in.calls >= n {
		return false
	}
	return in.abi.MemoryBytes() <= maxIdleMemory
}

// close closes an instance, maybe in the background. Its resources are lost at once.
func (m *Module) close(in *Instance) {
	m.lose(in)
	m.pool.Discard(in)
}

// discard closes an instance that must not be used again.
func (m *Module) discard(ctx context.Context, in *Instance, failure *Error) {
	m.counters.discarded.Add(1)
	m.close(in)
	m.config.logger.WarnContext(ctx, "instance discarded", "module", m.name, "function", failure.Function, "error", text.Logged(failure.Err))
}

// failed returns the error of one of the module's functions.
func (m *Module) failed(function string, err error) *Error {
	return NewError(m.name, function, err)
}

// Failed implements [Caller].
func (m *Module) Failed(function int, err error) error {
	return m.failed(m.functionName(function), err)
}

// functionName returns the name of a function in errors.
func (m *Module) functionName(function int) string {
	if function == dropped {
		return "[resource-drop]"
	}
	return m.functions[function].name
}

// isGuestError reports whether a call ended with an error of its guest, rather than of an
// import that returned another guest's.
func isGuestError(err error) bool {
	host := (*HostError)(nil)
	return errors.Is(err, ErrGuest) && !errors.As(err, &host)
}

// broken returns the error of a call that did not return, and what it panicked with. If
// that is nil, the program's code called runtime.Goexit: the goroutine ends, so nobody else
// can leave the call.
func (in *Instance) broken(r any) error {
	if r != nil {
		return runtimePanic(r)
	}
	err := &HostError{Function: in.Module().functionName(in.function), Err: errors.New("the goroutine ended within the call")}
	return in.caller.Leave(in, err)
}

func runtimePanic(r any) error {
	return &TrapError{
		Message: text.Cut(fmt.Sprintf("the runtime panicked: %v", r), text.MaxMessage),
		Stack:   text.Cut(string(debug.Stack()), text.MaxStack),
	}
}

package gohost

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"example.org/compute-pipeline/gohost/cabi"
	"example.org/compute-pipeline/gohost/internal/pool"
	"example.org/compute-pipeline/gohost/internal/text"
)

// maxIdleMemory is the max memory of an idle instance, in bytes. An instance that a huge
// input made larger is closed after the call, since guest memory never shrinks and
// starting another instance takes microseconds.
const maxIdleMemory = 64 << 20

// call runs f with an instance from the pool, under its meter. The context of f is for
// the guest's functions. An instance that trapped, broke a rule or was stopped midway is
// closed, and never used again.
func (e *Engine) call(ctx context.Context, fn function, f func(ctx context.Context, in *instance) error) error {
	e.counters.calls.Add(1)
	if e.config.observer == nil {
		_, _, err := e.serve(ctx, fn, f)
		return err
	}
	begin := time.Now()
	began, used, err := e.serve(ctx, fn, f)
	end := time.Now()
	if began.IsZero() {
		began = end // it never got an instance
	}
	e.config.observer(ctx, CallInfo{Function: fn.name, Wait: began.Sub(begin), Duration: end.Sub(began), Fuel: used, Err: err})
	return err
}

// serve is call without the observer. began is when the call got its instance; it is
// set only if there is an observer.
func (e *Engine) serve(ctx context.Context, fn function, f func(context.Context, *instance) error) (began time.Time, used uint64, err error) {
	in, err := e.acquire(ctx)
	if err != nil {
		return began, 0, e.failed(fn.name, err)
	}
	if e.config.observer != nil {
		began = time.Now()
	}
	in.calls++
	in.memory.refused = false
	used, err = e.run(ctx, in, f)
	e.counters.fuel.Add(used)
	if err == nil {
		e.release(ctx, in)
		return began, used, nil
	}
	if errors.Is(err, ErrGuest) { // which leaves the instance whole
		e.counters.guestErrors.Add(1)
		e.release(ctx, in)
		return began, used, e.failed(fn.name, err)
	}
	failure := e.failed(fn.name, e.callError(err, in.memory.refused))
	e.counters.countFailure(failure.Class)
	e.discard(in, failure)
	return began, used, failure
}

// acquire waits for an instance until the context ends.
func (e *Engine) acquire(ctx context.Context) (*instance, error) {
	in, err := e.pool.Acquire(ctx)
	switch {
	case err == nil && !in.isNew:
		return in, nil
	case errors.Is(err, pool.ErrClosed):
		return nil, ErrClosed
	case errors.Is(err, pool.ErrBusy):
		return nil, fmt.Errorf("%w: %d instances run, and WithMaxWaiters(%d) allows no more to wait", ErrBusy, e.config.maxInstances, e.config.maxWaiters)
	case err != nil:
		return nil, err
	}
	// Nothing stops a start before its first metered instruction, so the context is
	// checked after it. The instance is intact, and serves another call.
	in.isNew = false
	if err := ended(ctx); err != nil {
		e.release(ctx, in)
		return nil, fmt.Errorf("while an instance started: %w", err)
	}
	return in, nil
}

// release returns an instance to the pool after a call that left it intact.
func (e *Engine) release(ctx context.Context, in *instance) {
	if e.reusable(ctx, in) {
		e.pool.Release(in)
	} else {
		e.pool.Discard(in)
	}
}

// reusable reports whether the instance may serve another call. Without metering it may
// not if its call's context has ended: wazero may have noticed that and be about to
// close the instance, under the next call.
func (e *Engine) reusable(ctx context.Context, in *instance) bool {
	if n := e.config.callsPerInstance; n > 0 && in.calls >= n {
		return false
	}
	return in.MemoryBytes() <= maxIdleMemory && (in.meter != nil || ctx.Err() == nil)
}

// discard closes an instance that must not be used again.
func (e *Engine) discard(in *instance, failure *Error) {
	e.counters.discarded.Add(1)
	e.pool.Discard(in)
	e.config.logger.Warn("instance discarded", "module", e.name, "function", failure.Function, "error", text.Logged(failure.Err))
}

// run runs f and returns the fuel it used.
func (e *Engine) run(ctx context.Context, in *instance, f func(context.Context, *instance) error) (used uint64, err error) {
	defer in.leave()
	if in.meter == nil {
		err = guarded(in.within(ctx), in, f)
		e.unreserve(in)
		return 0, err
	}
	in.meter.Begin(ctx, e.config.fuelLimits())
	err = guarded(in.within(in.meter), in, f)
	e.unreserve(in)
	used, overBudget := in.meter.End()
	if overBudget != nil && (err == nil || errors.Is(err, ErrGuest)) {
		err = overBudget
	}
	return used, err
}

// guarded runs f. A panic in it is a fault of the runtime that a module caused. It ends
// the call, not the program, and the instance is discarded.
func guarded(ctx context.Context, in *instance, f func(context.Context, *instance) error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = runtimePanic(r)
		}
	}()
	return f(ctx, in)
}

func runtimePanic(r any) error {
	return &TrapError{
		Message: text.Cut(fmt.Sprintf("the runtime panicked: %v", r), text.MaxMessage),
		Stack:   text.Cut(string(debug.Stack()), text.MaxStack),
	}
}

// failed returns the error of one of the engine's functions.
func (e *Engine) failed(function string, err error) *Error {
	return newError(e.name, function, err)
}

// guestError returns the err of a WIT result as an error, or nil for its ok.
func guestError(message cabi.Message, isErr bool) error {
	switch {
	case !isErr:
		return nil
	case len(message.Text) < message.Size:
		return &GuestError{Message: text.Note(message.Text, message.Size), CutFrom: message.Size}
	}
	return &GuestError{Message: message.Text}
}

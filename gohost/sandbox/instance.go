package sandbox

import (
	"context"
	"errors"

	"example.org/compute-pipeline/gohost/cabi"
	"example.org/compute-pipeline/gohost/internal/fuel"
	"example.org/compute-pipeline/gohost/internal/wasi"
)

// Instance is one instance of a module. It serves one call at a time.
type Instance struct {
	abi    *cabi.Instance
	memory *limitedMemory
	meter  *fuel.Meter // nil for a module that is not metered
	host   *wasi.Host  // nil where nothing is granted
	tally  *tally      // belongs to it until it is closed
	calls  int         // the number of calls it has served
	isNew  bool        // it has not been acquired yet
	current
	caller Caller // of the current call, or of the last
	// started is set once its start functions have returned.
	started bool
	// startFuel is what they used.
	startFuel uint64
	// lease is not nil if the instance serves only that.
	lease *Lease
	// doomed are resources that were dropped during the call, and go when it ends; guarded by
	// module.held.
	doomed []*cabi.Handle
	// spoiled is set if it failed in a part of a call whose error is that of another part.
	spoiled bool

	// functions are the contract's, in order; nil where none is bound. bound are the
	// numbers of the others, as they were bound.
	functions []*cabi.Func
	bound     []int
	// Scratch is room that a binding keeps between calls of the instance.
	Scratch []byte
	// reserved is the Go memory that was counted for the call's result.
	reserved int64
}

// Call begins a call of the contract's function with this number, which the module must
// export.
func (in *Instance) Call(ctx context.Context, function int) *cabi.Call {
	f := in.functions[function]
	if f == nil {
		f = in.bind(function)
	}
	return in.abi.Call(ctx, f)
}

// Exports reports whether the instance's module exports the function with this number.
func (in *Instance) Exports(function int) bool { return in.Module().Exports(function) }

// maxBound is how many functions of an instance have call stacks. A stack does not shrink,
// so a contract with many functions must not have one for each.
const maxBound = 16

// bind binds a function of the contract. If too many are bound, the one that was bound
// first, none of whose calls runs now, loses its stack.
func (in *Instance) bind(function int) *cabi.Func {
	if len(in.bound) == maxBound {
		in.functions[in.bound[0]] = nil
		in.bound = in.bound[:copy(in.bound, in.bound[1:])]
	}
	name := in.Module().functions[function].export
	if name == "" {
		return nil // not exported, as Exports reports
	}
	f := in.abi.Func(name)
	in.functions[function] = f
	in.bound = append(in.bound, function)
	return f
}

// Module returns the module that the instance is of.
func (in *Instance) Module() *Module { return in.abi.Owner.(*owner).module }

// Caller returns what the instance's current call runs on, or its last call did.
func (in *Instance) Caller() Caller { return in.caller }

// Context returns the context with which the instance's call was begun.
func (in *Instance) Context() context.Context { return in.ctx }

// Exceeded returns the error with which the call will end, although its function has
// returned, since the guest's last operations exceeded its budget.
func (in *Instance) Exceeded() error {
	if in.meter == nil {
		return nil
	}
	return in.meter.Exceeded()
}

// begin starts a call.
func (in *Instance) begin(ctx context.Context, limits fuel.Limits) {
	if in.meter != nil {
		in.meter.Begin(ctx, limits)
	}
	in.within(ctx)
}

// within sets the contexts of the call that the meter accounts for.
func (in *Instance) within(ctx context.Context) {
	in.ctx, in.guest = ctx, ctx
	if in.meter != nil {
		in.guest = in.meter
	}
	if in.host != nil {
		in.guest = in.host.Within(in.guest)
	}
}

// end ends a call, and returns the fuel that it used.
func (m *Module) end(in *Instance, err error) (used uint64, _ error) {
	m.unreserve(in)
	if err != nil {
		err = in.ownEnd(err)
	}
	if in.meter != nil {
		var overBudget error
		used, overBudget = in.meter.End()
		if overBudget != nil && (err == nil || isGuestError(err)) {
			err = overBudget
		}
	}
	if in.host != nil {
		in.host.Leave()
	}
	in.ctx, in.guest = nil, nil // do not keep the caller's data alive
	return used, err
}

// ownEnd returns why the call had to end, if an import gave up because of that.
func (in *Instance) ownEnd(err error) error {
	if !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	if host := (*HostError)(nil); errors.As(err, &host) {
		if stopped := fuel.Check(in.guest); stopped != nil {
			return stopped
		}
	}
	return err
}

// guarded runs f with the context for the guest's functions.
func (in *Instance) guarded(f func(ctx context.Context, in *Instance) error) (err error) {
	returned := false
	defer func() {
		if !returned {
			err = in.broken(recover())
		}
	}()
	err = f(in.guest, in)
	returned = true
	return err
}

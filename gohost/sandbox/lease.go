package sandbox

import (
	"context"

	"example.org/compute-pipeline/gohost/internal/fuel"
)

// Lease is an instance that serves only its holder, so that each call finds in its memory what
// the calls before have left there. It is one of [WithMaxInstances] until it is closed, and its
// calls do not end it by [WithCallsPerInstance].
//
// Its memory never moves, and is on Go's heap: a list in it that the binding hands out
// ([cabi.List.ShareRoom]) is memory of nobody else, and valid for as long as somebody has the list,
// also when the instance is gone.
//
// It is for a module that is part of the program ([LoadTrusted]): a call of it cannot be stopped.
type Lease struct {
	owner  *owner
	closed bool // guarded by module.held
}

// uninterrupted are the limits of a call on a lease.
var uninterrupted = fuel.Limits{Budget: fuel.Unlimited, Whole: true}

// Lease starts an instance for one holder, which must close it. It waits for a place as a call of
// the function with this number does, and fails like it.
func (m *Module) Lease(ctx context.Context, function int) (*Lease, error) {
	if !m.Exports(function) {
		return nil, m.notExported(function)
	}
	asked := m.now()
	in, err := m.pool.AcquireNew(ctx, m.startFixed)
	if in, err = m.acquired(ctx, in, err); err != nil {
		return nil, m.refused(ctx, function, asked, err)
	}
	in.caller = m
	in.lease = &Lease{owner: in.abi.Owner.(*owner)}
	lease := in.lease
	if _, ok := m.hold(in); !ok {
		m.close(in)
		return nil, m.refused(ctx, function, asked, ErrClosed)
	}
	return lease, nil
}

// Use runs f with the instance, as [Use] does. If the context has ended before, f does not run;
// its later end stops nothing, and neither [WithFuel] nor [WithCallTimeout] applies: f must do
// little. It may be called by several goroutines, but one at a time; for another the error is an
// [ErrBusy]. If f fails with anything but an [ErrGuest] the lease is lost, as it is once the
// module is closed.
func (l *Lease) Use(ctx context.Context, function int, f func(ctx context.Context, in *Instance) error) error {
	m := l.owner.module
	if err := ended(ctx); err != nil {
		return m.Failed(function, err)
	}
	in, err := l.take()
	if err != nil {
		return m.Failed(function, err)
	}
	m.begin(ctx, in, function, m.now(), uninterrupted)
	return m.Leave(in, in.guarded(f))
}

// take takes the instance for a call.
func (l *Lease) take() (*Instance, error) {
	held := &l.owner.module.held
	held.mu.Lock()
	defer held.mu.Unlock()
	in := l.owner.in
	switch {
	case held.closed || l.closed:
		return nil, ErrClosed
	case in == nil:
		return nil, ErrLost
	case !held.idle[in]:
		return nil, errHeldBusy
	}
	delete(held.idle, in)
	return in, nil
}

// IsLost reports whether no call can succeed any more.
func (l *Lease) IsLost() bool {
	held := &l.owner.module.held
	held.mu.Lock()
	defer held.mu.Unlock()
	return l.closed || l.owner.in == nil
}

// Close closes the instance, after the call that it may serve now. It may be called again.
func (l *Lease) Close() {
	m := l.owner.module
	m.held.mu.Lock()
	l.closed = true
	in := l.owner.in
	idle := m.held.idle[in]
	delete(m.held.idle, in)
	m.held.mu.Unlock()
	if idle {
		m.close(in)
	}
}

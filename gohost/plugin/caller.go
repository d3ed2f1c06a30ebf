package plugin

import (
	"context"
	"errors"
	"fmt"
	"time"

	"example.org/compute-pipeline/gohost/sandbox"
)

// caller implements sandbox.Caller for a plugin: each call runs on the active version,
// past the circuit breaker, and is counted.
type caller struct {
	*handle
	held *activation // on which all calls run, or nil; see [Plugin.Hold]
}

var _ sandbox.Caller = (*caller)(nil)

// call is one call of a plugin. It is the context of the call on the version's module.
type call struct {
	callContext
	slot     *slot
	version  *version
	function int
	start    time.Time // zero without hooks
	probe    bool
	// activation is nil for a call on an instance that is held for resources of the
	// guest, which may be of a version that is not active any more.
	activation *activation
}

// Enter implements sandbox.Caller.
func (p *caller) Enter(ctx context.Context, function int) (*sandbox.Instance, error) {
	c, err := p.begin(ctx, function)
	if c == nil {
		return nil, err
	}
	var in *sandbox.Instance
	if err == nil {
		in, err = c.version.module.Enter(c, function)
	}
	if err != nil {
		return nil, p.end(c, err)
	}
	return in, nil
}

// Failed implements sandbox.Caller. To hooks and counters it is a call.
func (p *caller) Failed(function int, failure error) error {
	c, err := p.begin(context.Background(), function)
	if c == nil {
		return err
	}
	if err == nil {
		err = c.version.module.Failed(function, failure)
	}
	return p.end(c, err)
}

// Exports implements sandbox.Caller.
func (p *caller) Exports(function int) bool {
	if p.held != nil {
		return p.held.version.module.Exports(function)
	}
	v := p.handle.slot.Load().active()
	return v != nil && v.module.Exports(function)
}

// Leave implements sandbox.Caller.
func (p *caller) Leave(in *sandbox.Instance, err error) error {
	c := in.Context().(*call)
	return p.end(c, c.version.module.Leave(in, err))
}

// Resume implements sandbox.Caller.
func (p *caller) Resume(ctx context.Context, in *sandbox.Instance, function int) error {
	if err := p.registry.holdWork(); err != nil {
		return p.wrap(err)
	}
	s, v := p.versionOf(in.Module())
	if v == nil {
		p.registry.work.Done()
		err := sandbox.ErrLost
		if of, ok := in.Caller().(*caller); !ok || of.registry != p.registry || of.name != p.name {
			err = errForeign
		}
		return p.wrap(fmt.Errorf("%s: %w", p.registry.contract.name(function), err))
	}
	c := p.newCall(ctx, s, v, function, p.registry.killed)
	if err := v.module.Resume(c, in, function); err != nil {
		return p.end(c, err)
	}
	return nil
}

// errForeign is the error of a call with a resource of a module that is no version of the
// plugin.
var errForeign = fmt.Errorf("%w: the resource belongs to another module", sandbox.ErrInvalidInput)

// versionOf finds the version of a module for a call that no activation counts, or nil if
// there is none or it was dropped.
func (p *caller) versionOf(module *sandbox.Module) (*slot, *version) {
	s := p.handle.slot.Load()
	if v := s.hold(module); v != nil {
		return s, v
	}
	// The plugin may have been removed and loaded again.
	s, err := p.registry.lookup(p.name)
	if err != nil {
		return nil, nil
	}
	p.handle.slot.Store(s)
	return s, s.hold(module)
}

// begin begins a call on the active version. It returns nil and the error if there is
// none, and the call with an error if the circuit breaker refuses it.
func (p *caller) begin(ctx context.Context, function int) (*call, error) {
	a := p.held
	if a != nil {
		a.calls.Add(1)
	} else if a = p.enter(); a == nil {
		return nil, fmt.Errorf("%s of plugin %q: %w", p.registry.contract.name(function), p.name, p.missing())
	}
	c := p.newCall(ctx, a.slot, a.version, function, a.stop)
	c.activation = a
	probe, changed, err := a.breaker.begin()
	c.probe = probe
	p.changed(a, changed)
	return c, err
}

func (p *caller) newCall(ctx context.Context, s *slot, v *version, function int, stop context.Context) *call {
	c := &call{callContext: callContext{Context: ctx, stop: stop}, slot: s, version: v, function: function}
	if len(p.registry.config.hooks) > 0 { // reading the clock is a good part of a small call
		c.start = time.Now()
	}
	v.counts.running.Add(1)
	s.counts.running.Add(1)
	return c
}

// end ends a call with the error that it had, and returns the error for the caller.
func (p *caller) end(c *call, err error) error {
	c.callContext.end()
	if err = stopped(c, err); err != nil {
		return p.finish(c, p.wrap(err))
	}
	if isJudged(p, c) {
		return nil // yet
	}
	return p.finish(c, nil)
}

// finish counts a call that has ended, with the error for the caller, and returns that.
func (p *caller) finish(c *call, err error) error {
	outcome := OutcomeOf(err)
	d := c.info.Wait + c.info.Duration // zero if the module was not called
	c.version.counts.ended(outcome, c.info.Fuel, d)
	c.slot.counts.ended(outcome, c.info.Fuel, d)
	work := workOf(c.Context)
	if work.Count > 0 && outcome == OutcomeOK {
		c.version.counts.worked(work)
		c.slot.counts.worked(work)
	}
	if a := c.activation; a != nil {
		judged := outcome
		if errors.Is(err, sandbox.ErrNotExported) { // which is optional
			judged = OutcomeInvalid
		}
		p.changed(a, a.breaker.end(c.probe, judged, c.info.Duration, err))
	}
	if len(p.registry.config.hooks) > 0 {
		p.registry.config.onCall(c.Context, CallEvent{
			Plugin: p.name, Version: c.version.info.Hash, Function: p.registry.contract.name(c.function), Outcome: outcome,
			Start: c.start, Duration: d, Wait: c.info.Wait, Fuel: c.info.Fuel, Work: work, Err: err,
		})
	}
	if c.activation != nil {
		c.activation.leave()
		return err
	}
	p.registry.settle(c.slot, c.version)
	p.registry.work.Done()
	return err
}

// stopped adds the class ErrDrained to the error of a call that was stopped with its
// version. To the module that looks like the end of the caller's context.
func stopped(c *call, err error) error {
	if err == nil || c.stop.Err() == nil || c.Context.Err() != nil || !errors.Is(err, context.Canceled) {
		return err
	}
	return fmt.Errorf("%w: %s", ErrDrained, err.Error())
}

// holdWork keeps the registry from being closed under a call that no activation counts.
func (r *core) holdWork() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return r.errClosed()
	}
	r.work.Add(1)
	return nil
}

// settle ends the use of a version: by an activation that is drained, or by a call on an
// instance that is held for resources.
func (r *core) settle(s *slot, v *version) {
	idle, gone := s.settled(v)
	if idle {
		v.module.CloseIdle()
	}
	if gone {
		v.close(&r.config)
	}
	if idle || gone {
		r.config.onIdle(IdleEvent{Plugin: s.name, Version: v.info.Hash, Gone: gone})
	}
}

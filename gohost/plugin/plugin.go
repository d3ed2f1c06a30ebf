package plugin

import (
	"fmt"
	"sync/atomic"

	"example.org/compute-pipeline/gohost/internal/text"
	"example.org/compute-pipeline/gohost/sandbox"
)

// Plugin is a handle to one plugin. It is safe for concurrent use.
type Plugin[B any] struct {
	*handle
	binding B
	bind    func(sandbox.Caller) B
}

// Binding returns the contract's functions. Each call runs on the version of the plugin
// that is active when the call begins.
//
// Besides the errors of the version's module, calls can fail with [ErrNotFound] if the
// plugin was removed or has no active version, with [ErrOpen] and [ErrDrained], and with
// gohost.ErrClosed if the registry is closed. A resource that a call returns stays with
// the version that returned it, and is lost when the registry drops that version.
func (p *Plugin[B]) Binding() B { return p.binding }

// handle is a Plugin without the type of its binding.
type handle struct {
	registry *core
	name     string
	slot     atomic.Pointer[slot] // another one after the plugin was removed and came back
}

// Name returns the name of the plugin.
func (p *handle) Name() string { return p.name }

// Version returns the active version, or the zero Version if there is none.
func (p *handle) Version() Version { return p.status().Active }

// Versions returns all kept versions, newest first.
func (p *handle) Versions() []Version { return p.status().Versions }

// Stats returns the counters of the plugin, over all its versions.
func (p *handle) Stats() Stats { return p.status().Stats }

func (p *handle) status() Status {
	if st, err := p.registry.Status(p.name); err == nil {
		return st
	}
	return p.slot.Load().status()
}

// Reset closes the circuit breaker and forgets all failures.
func (p *handle) Reset() {
	a := p.enter()
	if a == nil {
		return
	}
	defer a.leave()
	p.changed(a, a.breaker.reset())
}

// enter joins the current activation, or returns nil if there is none.
func (p *handle) enter() *activation {
	if a := enter(&p.slot.Load().current); a != nil {
		return a
	}
	// The plugin may have been removed and loaded again.
	s, err := p.registry.lookup(p.name)
	if err != nil {
		return nil
	}
	p.slot.Store(s)
	return enter(&s.current)
}

// missing returns the error of a call without an active version.
func (p *handle) missing() error {
	if p.registry.closing.Err() != nil {
		return p.registry.errClosed()
	}
	return fmt.Errorf("an active version: %w", ErrNotFound)
}

// changed reports a change of the circuit breaker.
func (p *handle) changed(a *activation, t *transition) {
	if t == nil {
		return
	}
	c := &p.registry.config
	hash := a.version.info.Hash
	c.logger.Warn("circuit breaker", "plugin", p.name, "version", short(hash), "from", t.from, "to", t.to, "error", text.Logged(t.err))
	c.onBreaker(BreakerEvent{Plugin: p.name, Version: hash, From: t.from, To: t.to, Err: t.err})
}

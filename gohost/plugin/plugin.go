package plugin

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/internal/text"
)

// Plugin forwards each call to the version of one plugin that is active when the
// call begins. It implements [gohost.Functions], and is safe for concurrent use.
//
// Besides the errors of the engine, calls can fail with [ErrNotFound] if the plugin was
// removed or has no active version, with [ErrOpen] and [ErrDrained], and with
// gohost.ErrClosed if the registry is closed.
type Plugin struct {
	registry *Registry
	name     string
	slot     atomic.Pointer[slot] // changes when the plugin is removed and loaded again
}

var _ gohost.Functions = (*Plugin)(nil)

// Name returns the name of the plugin.
func (p *Plugin) Name() string { return p.name }

// ComputeAggregate calls [gohost.Engine.ComputeAggregate] of the active version.
func (p *Plugin) ComputeAggregate(ctx context.Context, points []gohost.Datapoint) (gohost.Aggregate, error) {
	return call(ctx, p, "compute-aggregate", gohost.Aggregate{}, func(ctx context.Context, eng *gohost.Engine) (gohost.Aggregate, error) {
		return eng.ComputeAggregate(ctx, points)
	})
}

// ValidateStream calls [gohost.Engine.ValidateStream] of the active version.
func (p *Plugin) ValidateStream(ctx context.Context, raw []byte) ([]gohost.Datapoint, error) {
	return p.AppendValidated(ctx, nil, raw)
}

// AppendValidated calls [gohost.Engine.AppendValidated] of the active version.
func (p *Plugin) AppendValidated(ctx context.Context, dst []gohost.Datapoint, raw []byte) ([]gohost.Datapoint, error) {
	return call(ctx, p, "validate-stream", dst, func(ctx context.Context, eng *gohost.Engine) ([]gohost.Datapoint, error) {
		return eng.AppendValidated(ctx, dst, raw)
	})
}

// ProcessBatch calls [gohost.Engine.ProcessBatch] of the active version.
func (p *Plugin) ProcessBatch(ctx context.Context, in []byte) ([]byte, error) {
	return p.AppendProcessed(ctx, nil, in)
}

// AppendProcessed calls [gohost.Engine.AppendProcessed] of the active version.
func (p *Plugin) AppendProcessed(ctx context.Context, dst, batch []byte) ([]byte, error) {
	return call(ctx, p, "process-batch", dst, func(ctx context.Context, eng *gohost.Engine) ([]byte, error) {
		return eng.AppendProcessed(ctx, dst, batch)
	})
}

// ValidateChecksum calls [gohost.Engine.ValidateChecksum] of the active version.
func (p *Plugin) ValidateChecksum(ctx context.Context, data []byte, expected uint32) (bool, error) {
	return call(ctx, p, "validate-checksum", false, func(ctx context.Context, eng *gohost.Engine) (bool, error) {
		return eng.ValidateChecksum(ctx, data, expected)
	})
}

// Fold calls [gohost.Engine.Fold] of the active version. A state of one version is
// valid for another, since the contract defines its bytes.
func (p *Plugin) Fold(ctx context.Context, state []byte, points []gohost.Datapoint) ([]byte, error) {
	return p.AppendFold(ctx, nil, state, points)
}

// AppendFold calls [gohost.Engine.AppendFold] of the active version.
func (p *Plugin) AppendFold(ctx context.Context, dst, state []byte, points []gohost.Datapoint) ([]byte, error) {
	return call(ctx, p, "fold", dst, func(ctx context.Context, eng *gohost.Engine) ([]byte, error) {
		return eng.AppendFold(ctx, dst, state, points)
	})
}

// Merge calls [gohost.Engine.Merge] of the active version.
func (p *Plugin) Merge(ctx context.Context, a, b []byte) ([]byte, error) {
	return p.AppendMerge(ctx, nil, a, b)
}

// AppendMerge calls [gohost.Engine.AppendMerge] of the active version.
func (p *Plugin) AppendMerge(ctx context.Context, dst, a, b []byte) ([]byte, error) {
	return call(ctx, p, "merge", dst, func(ctx context.Context, eng *gohost.Engine) ([]byte, error) {
		return eng.AppendMerge(ctx, dst, a, b)
	})
}

// Finish calls [gohost.Engine.Finish] of the active version.
func (p *Plugin) Finish(ctx context.Context, state []byte) (gohost.Statistics, error) {
	return call(ctx, p, "finish", gohost.Statistics{}, func(ctx context.Context, eng *gohost.Engine) (gohost.Statistics, error) {
		return eng.Finish(ctx, state)
	})
}

// HasSummary reports whether the active version supports Fold, Merge and Finish.
func (p *Plugin) HasSummary() bool {
	s := p.slot.Load()
	v := s.active()
	return v != nil && v.info.HasSummary
}

// Version returns the active version, or the zero Version if there is none.
func (p *Plugin) Version() Version { return p.status().Active }

// Versions returns all kept versions, newest first.
func (p *Plugin) Versions() []Version { return p.status().Versions }

// Stats returns the counters of the plugin, over all its versions.
func (p *Plugin) Stats() Stats { return p.status().Stats }

func (p *Plugin) status() Status {
	if st, err := p.registry.Status(p.name); err == nil {
		return st
	}
	return p.slot.Load().status()
}

// Reset closes the circuit breaker and forgets all failures.
func (p *Plugin) Reset() {
	a := p.enter()
	if a == nil {
		return
	}
	defer a.leave()
	p.changed(a, a.breaker.reset())
}

// enter joins the current activation, or returns nil if there is none.
func (p *Plugin) enter() *activation {
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
func (p *Plugin) missing() error {
	if p.registry.closing.Err() != nil {
		return p.registry.errClosed()
	}
	return fmt.Errorf("an active version: %w", ErrNotFound)
}

// call runs f on the engine of the active version. If that fails, it returns failed.
func call[R any](ctx context.Context, p *Plugin, function string, failed R, f func(context.Context, *gohost.Engine) (R, error)) (result R, err error) {
	a := p.enter()
	if a == nil {
		return failed, fmt.Errorf("%s of plugin %q: %w", function, p.name, p.missing())
	}
	defer a.leave()
	v, s := a.version, a.slot
	var start time.Time
	if len(p.registry.config.hooks) > 0 { // reading the clock is a large part of a small call
		start = time.Now()
	}
	v.counts.running.Add(1)
	s.counts.running.Add(1)
	probe, changed, err := a.breaker.begin()
	p.changed(a, changed)
	c := callContext{Context: ctx, stop: a.stop}
	if err == nil {
		result, err = f(&c, v.engine)
		c.end()
		err = stopped(ctx, a, err)
	}
	if err != nil {
		result, err = failed, fmt.Errorf("plugin %q: %w", p.name, err)
	}
	outcome := OutcomeOf(err)
	d := c.info.Wait + c.info.Duration // zero if the engine rejected it
	v.counts.ended(outcome, c.info.Fuel, d)
	s.counts.ended(outcome, c.info.Fuel, d)
	judged := outcome
	if errors.Is(err, gohost.ErrNoSummary) { // which is optional
		judged = OutcomeInvalid
	}
	p.changed(a, a.breaker.end(probe, judged, c.info.Duration, err))
	if len(p.registry.config.hooks) > 0 {
		p.registry.config.onCall(ctx, CallEvent{
			Plugin: p.name, Version: v.info.Hash, Function: function, Outcome: outcome,
			Start: start, Duration: d, Wait: c.info.Wait, Fuel: c.info.Fuel, Err: err,
		})
	}
	return result, err
}

// stopped adds the class ErrDrained to the error of a call that was stopped with its
// activation. To the engine that looks like the end of the caller's context.
func stopped(ctx context.Context, a *activation, err error) error {
	if err == nil || a.stop.Err() == nil || ctx.Err() != nil || !errors.Is(err, context.Canceled) {
		return err
	}
	return fmt.Errorf("%w: %s", ErrDrained, err.Error())
}

// changed reports a change of the circuit breaker.
func (p *Plugin) changed(a *activation, t *transition) {
	if t == nil {
		return
	}
	c := &p.registry.config
	hash := a.version.info.Hash
	c.logger.Warn("circuit breaker", "plugin", p.name, "version", short(hash), "from", t.from, "to", t.to, "error", text.Logged(t.err))
	c.onBreaker(BreakerEvent{Plugin: p.name, Version: hash, From: t.from, To: t.to, Err: t.err})
}

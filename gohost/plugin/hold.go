package plugin

import (
	"context"
	"fmt"
	"sync"
)

// Hold returns a binding whose calls all run on one version until release is called, even if
// another one is activated meanwhile: for calls that pass on a state, which is of one version.
// An empty hash stands for the active version. The circuit breaker guards its calls as it does
// others, and the drain waits for release, at most the DrainTimeout.
//
// The hash of a kept version, active or not, is for trying it beside the active one, as
// [Shadow] does. No circuit breaker guards these calls; they count as calls of the plugin, and
// the version is draining, not on standby. [WithHistory] drops it no earlier than the first change
// after release; only Unload does. An unknown hash is an [ErrNotFound].
//
// Release must be called, or Close of the registry waits for it. After that the binding must
// not be used.
func (p *Plugin[B]) Hold(hash string) (held B, release func(), err error) {
	var a *activation
	if hash == "" {
		if a = p.enter(); a == nil {
			return held, nil, p.wrap(p.missing())
		}
		release = a.leave
	} else if a, release, err = p.holdVersion(hash); err != nil {
		return held, nil, p.wrap(err)
	}
	return p.bind(&caller{p.handle, a}), sync.OnceFunc(release), nil
}

func (p *handle) wrap(err error) error { return fmt.Errorf("plugin %q: %w", p.name, err) }

// holdVersion holds a kept version, in an activation of its own.
func (p *handle) holdVersion(hash string) (*activation, func(), error) {
	r := p.registry
	if err := r.holdWork(); err != nil {
		return nil, nil, err
	}
	s, err := r.lookup(p.name)
	if err != nil {
		r.work.Done()
		return nil, nil, err
	}
	v := s.holdHash(hash)
	if v == nil {
		r.work.Done()
		return nil, nil, fmt.Errorf("version %s: %w", short(hash), ErrNotFound)
	}
	limits := v.info.Limits
	limits.Breaker.Off = true
	a := newActivation(s, v, newBreaker(limits, r.config.now))
	a.cancel()
	a.stop, a.cancel = context.WithCancel(r.killed)
	return a, func() {
		s.releaseHash(v)
		a.retire()
		go func() { // ends with the calls that run, which their limits bound
			defer r.work.Done()
			<-a.drained
			a.cancel()
			r.settle(s, v)
		}()
	}, nil
}

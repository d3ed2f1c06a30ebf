package plugin

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// Activate activates the newest kept version with this SHA-256, in hexadecimal. It
// compiles nothing. It returns [ErrNotFound] if there is no such plugin or version.
func (r *core) Activate(ctx context.Context, name, hash string) (Version, error) {
	var result Version
	err := r.change(ctx, name, false, func(ctx context.Context, s *slot) error {
		hash := strings.ToLower(hash)
		v := s.find(func(v *version) bool { return v.info.Hash == hash && v == s.active() })
		if v == nil {
			if v = s.find(func(v *version) bool { return v.info.Hash == hash }); v == nil {
				return fmt.Errorf("version %s: %w among those that are kept", hash, ErrNotFound)
			}
		}
		if err := r.activate(ctx, s, v, false); err != nil {
			return err
		}
		result = s.version(v)
		return nil
	})
	if err != nil {
		return Version{}, fmt.Errorf("activate a version of plugin %q: %w", name, err)
	}
	return result, nil
}

// Rollback activates the version that was active before the current one. That version's
// compiled code was kept, so this takes microseconds and needs neither a file nor memory
// for compiling. Another Rollback goes one version further back. [Registry.Activate] can
// activate the current version again later. Rollback returns [ErrNotFound] if there is no
// earlier version.
func (r *core) Rollback(ctx context.Context, name string) (Version, error) {
	var result Version
	err := r.change(ctx, name, false, func(ctx context.Context, s *slot) error {
		v := s.lineup().previous()
		if v == nil {
			return fmt.Errorf("a version that was active before: %w", ErrNotFound)
		}
		if err := r.activate(ctx, s, v, true); err != nil {
			return err
		}
		result = s.version(v)
		return nil
	})
	if err != nil {
		return Version{}, fmt.Errorf("roll plugin %q back: %w", name, err)
	}
	return result, nil
}

// Unload removes a plugin. New calls fail with [ErrNotFound]. Unload waits for running
// calls, for at most the plugin's DrainTimeout. If the context ends first, it returns the
// context's error, and the removal completes in the background.
func (r *core) Unload(ctx context.Context, name string) error {
	var drained []<-chan struct{}
	err := r.change(ctx, name, false, func(ctx context.Context, s *slot) error {
		if s.find(func(*version) bool { return true }) == nil {
			return ErrNotFound // its first load failed
		}
		if err := r.commit(ctx, lineup{}.change(s.name, Version{})); err != nil {
			return err
		}
		drained = r.remove(s)
		return nil
	})
	for _, d := range drained {
		select {
		case <-d:
		case <-ctx.Done():
			err = fmt.Errorf("while its calls run: %w", ctx.Err())
		}
	}
	if err != nil {
		return fmt.Errorf("unload plugin %q: %w", name, err)
	}
	return nil
}

// activate makes v the active version, if it is not. The slot's lock is held.
func (r *core) activate(ctx context.Context, s *slot, v *version, rollback bool) error {
	l := s.lineup()
	if v != l.active {
		l = l.activated(v, rollback)
		if !rollback { // a rollback activates a version that is kept already
			l = s.trimmed(l, r.config.history)
		}
	}
	return r.put(ctx, s, l, s.version(v), rollback)
}

// put commits a lineup, and then installs it in the slot, which cannot fail. The slot's
// lock has been held since the lineup was created.
func (r *core) put(ctx context.Context, s *slot, l lineup, info Version, rollback bool) error {
	if err := r.commit(ctx, l.change(s.name, info)); err != nil {
		return err
	}
	var a *activation
	if l.active != s.active() {
		a = newActivation(s, l.active, newBreaker(l.active.info.Limits, r.config.now))
	}
	old, idle := s.install(l, a, a != nil, time.Now())
	if a != nil {
		r.activated(ctx, s, a, old, rollback)
	}
	r.closeAll(idle)
	return nil
}

// activated drains the replaced activation, if there was one, and reports the swap.
func (r *core) activated(ctx context.Context, s *slot, a, old *activation, rollback bool) {
	e := ActivateEvent{Plugin: s.name, Version: a.version.info.Hash, Rollback: rollback}
	if old != nil {
		e.Previous = old.version.info.Hash
		r.drain(s, old)
	}
	message := "plugin activated"
	if rollback {
		message = "plugin rolled back"
	}
	r.config.logger.InfoContext(ctx, message, "plugin", s.name, "version", short(e.Version), "previous", short(e.Previous))
	r.config.onActivate(e)
}

// commit reports a change to the program before it takes effect.
func (r *core) commit(ctx context.Context, c Change) error {
	if r.config.commit == nil {
		return nil
	}
	if err := r.config.commit(ctx, c); err != nil {
		return fmt.Errorf("%w: %w", ErrNotCommitted, err)
	}
	return nil
}

func (r *core) closeAll(versions []*version) {
	for _, v := range versions {
		v.close(&r.config)
	}
}

// remove drops all versions of a plugin. The channel it returns, if any, is closed when
// no call runs on them.
func (r *core) remove(s *slot) (drained []<-chan struct{}) {
	old, idle := s.install(lineup{}, nil, true, time.Now())
	r.closeAll(idle)
	e := UnloadEvent{Plugin: s.name}
	if old != nil {
		e.Version = old.version.info.Hash
		drained = append(drained, r.drain(s, old))
	}
	r.config.logger.Info("plugin unloaded", "plugin", s.name, "version", short(e.Version))
	r.config.onUnload(e)
	return drained
}

// drain waits for the calls of a replaced activation, stops those that take too long, and
// then frees its resources. The channel it returns is closed after that.
func (r *core) drain(s *slot, a *activation) <-chan struct{} {
	done := make(chan struct{})
	a.retire()
	r.work.Go(func() {
		defer close(done)
		timeout := a.version.info.Limits.DrainTimeout
		var over <-chan time.Time // nil, so never, if it is unlimited
		if timeout != Unlimited {
			timer := time.NewTimer(timeout)
			defer timer.Stop()
			over = timer.C
		}
		select {
		case <-a.drained:
		case <-over:
			r.config.logger.Warn("calls of a replaced version are stopped", "plugin", s.name,
				"version", short(a.version.info.Hash), "calls", a.calls.Load(), "drain_timeout", timeout)
		case <-r.killed.Done():
		}
		a.cancel()
		<-a.drained
		r.settle(s, a.version)
	})
	return done
}

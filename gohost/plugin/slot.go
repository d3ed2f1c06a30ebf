package plugin

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"example.org/compute-pipeline/gohost/sandbox"
)

// slot is the state of one plugin: its versions and the active one.
type slot struct {
	name    string
	current atomic.Pointer[activation]
	counts  counters

	// lock is held while the plugin changes. Waiters get it in order of arrival.
	lock chan struct{}
	// users keeps the slot in the registry while it is greater than zero. The
	// registry's mutex guards it.
	users int

	mu       sync.Mutex // guards the fields below and those of versions
	versions []*version // as in lineup
	trail    []*version
	numbers  int    // the number of the newest version ever
	highest  uint64 // the highest version of all manifests ever
	failed   error  // of the last load, if it failed
	failedAt time.Time
}

func newSlot(name string) *slot { return &slot{name: name, lock: make(chan struct{}, 1)} }

// acquire waits for the lock until the context ends.
func (s *slot) acquire(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case s.lock <- struct{}{}:
		if ctx.Err() == nil { // both may be ready
			return nil
		}
		s.release()
	case <-ctx.Done():
	}
	return fmt.Errorf("while waiting for another change of plugin %q: %w", s.name, ctx.Err())
}

func (s *slot) release() { <-s.lock }

// active returns the active version, or nil.
func (s *slot) active() *version {
	if a := s.current.Load(); a != nil {
		return a.version
	}
	return nil
}

// find returns the newest version for which is returns true, or nil.
func (s *slot) find(is func(*version) bool) *version {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, v := range slices.Backward(s.versions) {
		if is(v) {
			return v
		}
	}
	return nil
}

// lineup returns the current lineup.
func (s *slot) lineup() lineup {
	s.mu.Lock()
	defer s.mu.Unlock()
	return lineup{versions: s.versions, trail: s.trail, active: s.active()}
}

// nextNumber returns the number of the next version. The lock is held.
func (s *slot) nextNumber() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.numbers + 1
}

// trimmed returns the lineup without versions that exceed the history. A version that is held
// is kept besides.
func (s *slot) trimmed(l lineup, history int) lineup {
	s.mu.Lock()
	defer s.mu.Unlock()
	newest := s.numbers
	for _, v := range l.versions {
		newest = max(newest, v.info.Number)
	}
	return l.trimmed(history, newest)
}

// install sets the slot's lineup. The lock has been held since the lineup was derived from
// the slot's. If swap is true, a becomes the current activation; nil means none. It
// returns the previous activation if it was replaced, which the caller must drain, and
// the versions whose modules the caller must close now.
func (s *slot) install(l lineup, a *activation, swap bool, now time.Time) (old *activation, idle []*version) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if swap {
		if old = s.current.Load(); old != nil {
			old.version.usedAt = now
			old.version.draining++
		}
		if a != nil {
			a.version.activatedAt = now
		}
		s.current.Store(a)
	}
	for _, v := range s.versions {
		if slices.Contains(l.versions, v) {
			continue
		}
		// Otherwise its engine is closed when its calls are drained.
		if v.dropped = true; v.draining == 0 {
			idle = append(idle, v)
		}
	}
	for _, v := range l.versions {
		s.numbers = max(s.numbers, v.info.Number)
		if m := v.info.Manifest; m != nil {
			s.highest = max(s.highest, m.Version)
		}
	}
	s.versions, s.trail = l.versions, l.trail
	return old, idle
}

// hold finds the version of a module for a call that no activation counts, unless it was
// dropped. The caller must call settled.
func (s *slot) hold(module *sandbox.Module) *version {
	return s.holdThe(func(v *version) bool { return v.module == module }, 0)
}

// holdHash is like hold, for the newest version with the hash, which is also kept until release.
func (s *slot) holdHash(hash string) *version {
	return s.holdThe(func(v *version) bool { return v.info.Hash == hash }, 1)
}

func (s *slot) holdThe(is func(*version) bool, holders int) *version {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, v := range slices.Backward(s.versions) {
		if is(v) {
			v.draining++
			v.holders += holders
			return v
		}
	}
	return nil
}

// releaseHash undoes what holdHash did to keep the version. The next change may drop it.
func (s *slot) releaseHash(v *version) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v.holders--
}

// settled records that an activation of the version is drained. It reports whether a kept
// version is idle (no call can run on it), and whether a dropped one is gone (the caller
// must close its module).
func (s *slot) settled(v *version) (idle, gone bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v.draining--
	if v.draining > 0 {
		return false, false
	}
	return !v.dropped && s.active() != v, v.dropped
}

// describe returns the public form of a version. The mutex is held.
func (s *slot) describe(v *version) Version {
	info := v.info
	info.ActivatedAt = v.activatedAt
	switch {
	case v.dropped && v.draining == 0:
		info.State = VersionGone
	case s.active() == v:
		info.State = VersionActive
	case v.draining > 0:
		info.State = VersionDraining
	default:
		info.State = VersionStandby
	}
	info.Stats = v.counts.stats()
	info.Stats.Engine, info.Stats.Grade = v.module.Stats(), info.Grade
	return info
}

// version returns the public form of a version.
func (s *slot) version(v *version) Version {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.describe(v)
}

// Status is the status of a plugin.
type Status struct {
	Name string
	// Active is the active version. Its Number is 0 if there is none yet.
	Active Version
	// Versions are all kept versions, newest first.
	Versions []Version
	// RollbackTo is the hash of the version that [Registry.Rollback] would
	// activate, or empty.
	RollbackTo string
	Breaker    BreakerStatus
	Stats      Stats
	// LoadError is why the last load failed, if it did, at LoadErrorAt.
	LoadError   error
	LoadErrorAt time.Time
}

func (s *slot) status() Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := Status{Name: s.name, LoadError: s.failed, LoadErrorAt: s.failedAt, Breaker: BreakerStatus{State: BreakerClosed}}
	st.Stats = s.counts.stats()
	for _, v := range slices.Backward(s.versions) {
		st.Versions = append(st.Versions, s.describe(v))
	}
	if a := s.current.Load(); a != nil {
		st.Active = s.describe(a.version)
		st.Breaker = a.breaker.status()
		st.Stats.Engine, st.Stats.Grade = st.Active.Stats.Engine, st.Active.Grade
	}
	if v := (lineup{trail: s.trail, active: s.active()}).previous(); v != nil {
		st.RollbackTo = v.info.Hash
	}
	return st
}

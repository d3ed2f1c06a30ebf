package plugin

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// slot is all of one plugin: its versions and which of them is active.
type slot struct {
	name    string
	current atomic.Pointer[activation]
	counts  counters

	// turn is held by whoever changes the plugin. Those who wait for it get it
	// in the order in which they came.
	turn chan struct{}
	// users holds the slot in the registry while something goes on in it; the
	// registry's mutex guards it.
	users int

	mu       sync.Mutex // guards the fields below and those of versions
	versions []*version // by number
	trail    []*version // the versions that were active before, the last at the end
	numbers  int
	failed   error // of the last load, if it failed
	failedAt time.Time
}

func newSlot(name string) *slot { return &slot{name: name, turn: make(chan struct{}, 1)} }

// take waits for the turn, as long as the context lets it.
func (s *slot) take(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case s.turn <- struct{}{}:
		if ctx.Err() == nil { // both may have come true
			return nil
		}
		s.giveBack()
	case <-ctx.Done():
	}
	return fmt.Errorf("while waiting for another change of plugin %q: %w", s.name, ctx.Err())
}

func (s *slot) giveBack() { <-s.turn }

// active is the version that calls go to, or nil.
func (s *slot) active() *version {
	if a := s.current.Load(); a != nil {
		return a.version
	}
	return nil
}

// find is the newest version for which is holds, or nil.
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

// add takes in a version that was loaded, and gives it its number.
func (s *slot) add(v *version) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.numbers++
	v.info.Number = s.numbers
	v.usedAt = v.info.LoadedAt
	s.versions = append(s.versions, v)
}

// previous is the version that a rollback brings back, or nil. The mutex is
// held.
func (s *slot) previous() *version {
	active := s.active()
	for _, v := range slices.Backward(s.trail) {
		if v != active {
			return v
		}
	}
	return nil
}

// swap makes v the active version, or none for nil, and returns the activation
// that was current before, or nil, which is to be drained.
func (s *slot) swap(v *version, a *activation, now time.Time, rollback bool) (old *activation) {
	s.mu.Lock()
	defer s.mu.Unlock()
	is := func(what *version) func(*version) bool { return func(w *version) bool { return w == what } }
	if old = s.current.Load(); old != nil {
		old.version.usedAt = now
		old.version.draining++
		// Each version stands in the trail once, so that it stays short.
		if s.trail = slices.DeleteFunc(s.trail, is(old.version)); !rollback {
			s.trail = append(s.trail, old.version)
		}
	}
	if v != nil {
		v.activatedAt = now
		if rollback {
			s.trail = slices.DeleteFunc(s.trail, is(v))
		}
	}
	s.current.Store(a)
	return old
}

// trim drops what is more than the history allows, and returns the versions
// whose engines are to be closed now. What was used longest ago goes first; the
// one that a rollback would bring back and the newest go last.
func (s *slot) trim(history int) (idle []*version) {
	s.mu.Lock()
	defer s.mu.Unlock()
	active := s.active()
	var others []*version
	for _, v := range s.versions {
		if v != active {
			others = append(others, v)
		}
	}
	target := s.previous()
	rank := func(v *version) int {
		switch {
		case v.info.Number == s.numbers:
			return 2
		case v == target:
			return 1
		}
		return 0
	}
	slices.SortStableFunc(others, func(a, b *version) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), a.usedAt.Compare(b.usedAt))
	})
	for _, v := range others[:max(0, len(others)-history)] {
		if s.drop(v) {
			idle = append(idle, v)
		}
	}
	return idle
}

// drop forgets a version, and reports whether its engine is to be closed now;
// otherwise that is done when its calls are drained.
func (s *slot) drop(v *version) (idle bool) {
	v.dropped = true
	is := func(w *version) bool { return w == v }
	s.versions = slices.DeleteFunc(s.versions, is)
	s.trail = slices.DeleteFunc(s.trail, is)
	return v.draining == 0
}

// settled notes that an activation is drained. Of a version that stays, idle
// tells whether no call can be running in it, and of one that was dropped, gone
// tells whether its engine is to be closed now.
func (s *slot) settled(v *version) (idle, gone bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v.draining--
	if v.draining > 0 {
		return false, false
	}
	return !v.dropped && s.active() != v, v.dropped
}

// describe is the public form of a version. The mutex is held.
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
	info.Stats.Engine = v.engine.Stats()
	return info
}

// version is the public form of a version.
func (s *slot) version(v *version) Version {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.describe(v)
}

// Status is all that can be seen of a plugin.
type Status struct {
	Name string
	// Active is the version that calls go to; its Number is 0 where there is
	// none yet.
	Active Version
	// Versions are all that are kept, the newest first.
	Versions []Version
	// RollbackTo is the hash of the version that [Registry.Rollback] brings
	// back, or empty.
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
		st.Stats.Engine = st.Active.Stats.Engine
	}
	if v := s.previous(); v != nil {
		st.RollbackTo = v.info.Hash
	}
	return st
}

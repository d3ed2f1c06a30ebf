package fuel

import (
	"context"
	"errors"
	"math"
	"sync"
	"sync/atomic"
	"time"
)

// A Team accounts for one call that runs on several instances at the same time, each on
// parts of the call's work. The meters of the instances share the call's context, its
// deadline and its budget. A part that fails stops the parts after it, and no part before
// it, so the first part that fails is the one that fails without a team.
//
// No fuel is granted beyond the budget. A meter that finds it spent waits, since others
// may return what they do not use. If all wait, the call needs more than its budget, so
// the answer does not depend on how fast each of them runs.
type Team struct {
	context  context.Context
	limits   Limits
	deadline time.Time
	own      bool
	failed   atomic.Int64 // the first part that failed

	mu      sync.Mutex
	changed sync.Cond // fuel came back, or the budget is spent
	left    uint64    // of the budget
	running int       // meters that have not left
	waiting int       // of them, those that found no fuel since some came back
	spent   bool
	used    uint64 // by the meters that joined and have left
}

// errEarlierPart stops a part. The error of the call is the one of the earlier part.
var errEarlierPart = errors.New("an earlier part of the call failed")

// Lead makes the meter of a running call the first of a team. It must Reunite.
func (m *Meter) Lead() *Team {
	t := &Team{
		context: m.Context, limits: m.limits, deadline: m.deadline, own: m.own,
		left: m.available(), running: 1,
	}
	t.changed.L = &t.mu
	t.failed.Store(math.MaxInt64)
	m.team = t
	return t
}

// Join starts the accounting of a part of the team's call, in place of Begin. It must be
// called before the first meter of the team leaves, and End must follow.
func (m *Meter) Join(t *Team) {
	m.Context, m.limits, m.others = t.context, t.limits, 0
	m.deadline, m.own = t.deadline, t.own
	m.granted, m.team = 0, t
	m.begin()
	m.global.Set(0) // the first slice is granted when the guest asks for it
	t.mu.Lock()
	t.running++
	t.mu.Unlock()
}

// Work tells the meter which part its instance works on.
func (m *Meter) Work(part int) { m.part = part }

// Rest ends the accounting of the first meter's parts. The error is a *Stopped if their
// last operations exceeded the budget. Reunite must follow when the others have ended.
func (m *Meter) Rest() error { return m.team.settle(m, m.used()) }

// Reunite ends the team, and adds what the others used to the call.
func (m *Meter) Reunite() { m.others, m.team = m.team.used, nil }

// leave ends the accounting of a meter that joined, which used so much.
func (t *Team) leave(m *Meter, used uint64) error {
	err := t.settle(m, used)
	t.mu.Lock()
	t.used += used
	t.mu.Unlock()
	m.team = nil
	return err
}

// settle returns to the team what a meter did not use, or takes what it used beyond its
// grants.
func (t *Team) settle(m *Meter, used uint64) error {
	var err error
	if used > m.granted {
		_, err = t.take(m, used-m.granted, used-m.granted)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if used < m.granted {
		t.left += m.granted - used
		m.granted = used
		m.global.Set(0)
	}
	t.running--
	t.wake()
	return err
}

// Fail stops the parts after a part.
func (t *Team) Fail(part int) {
	for {
		first := t.failed.Load()
		if int64(part) >= first || t.failed.CompareAndSwap(first, int64(part)) {
			break
		}
	}
	t.mu.Lock()
	t.wake()
	t.mu.Unlock()
}

// Failed reports whether a part before this one failed.
func (t *Team) Failed(part int) bool { return t.failed.Load() < int64(part) }

// wake makes those that wait look again.
func (t *Team) wake() {
	t.waiting = 0
	t.changed.Broadcast()
}

// take is take for one meter of a team.
func (t *Team) take(m *Meter, need, want uint64) (uint64, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for need > t.left {
		if err := m.Check(); err != nil {
			return 0, err
		}
		if t.spent {
			return 0, &Stopped{Reason: m.overBudget()}
		}
		if t.waiting++; t.waiting == t.running {
			t.spent = true
			t.wake()
			continue
		}
		t.changed.Wait()
	}
	grant := min(want, t.left)
	t.left -= grant
	m.granted += grant
	return grant, nil
}

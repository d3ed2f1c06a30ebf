package gohost

import "sync/atomic"

// Stats counts what an engine has done since it was made.
type Stats struct {
	// Calls of the guest's functions by way of the engine's methods, whatever
	// became of them.
	Calls uint64
	// GuestErrors is how many calls the guest answered with an error.
	GuestErrors uint64
	// Waits is how many calls had to wait for an instance.
	Waits uint64
	// InstancesStarted counts the instances ever started.
	InstancesStarted uint64
	// InstancesDiscarded counts those closed after a trap, a violation, a
	// forbidden result or the end of a context in the middle of a call.
	InstancesDiscarded uint64
	// Instances is how many there are now, in use or idle.
	Instances int
	// IdleInstances is how many of them wait for a call.
	IdleInstances int
	// MaxInstances is the bound on Instances.
	MaxInstances int
}

type counters struct {
	calls, guestErrors, waits  atomic.Uint64
	started, discarded, closed atomic.Uint64
}

// Stats returns the counters. Each is exact, though they may be of slightly
// different moments while calls run. It works on a closed engine too.
func (e *Engine) Stats() Stats {
	c := &e.counters
	// closed before started, so that the difference is never negative.
	closed := c.closed.Load()
	return Stats{
		Calls:              c.calls.Load(),
		GuestErrors:        c.guestErrors.Load(),
		Waits:              c.waits.Load(),
		InstancesStarted:   c.started.Load(),
		InstancesDiscarded: c.discarded.Load(),
		Instances:          int(c.started.Load() - closed),
		IdleInstances:      e.pool.idleCount(),
		MaxInstances:       e.pool.size,
	}
}

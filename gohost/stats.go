package gohost

import "sync/atomic"

// Stats counts what an engine has done since it was made.
type Stats struct {
	// Calls of the guest's functions by way of the engine's methods, whatever
	// became of them.
	Calls uint64
	// GuestErrors is how many calls the guest answered with an error.
	GuestErrors uint64
	// Traps, Violations and LimitHits are how many calls failed with [ErrTrap],
	// [ErrABI] or [ErrContract], and [ErrLimit]; each is counted once, by its
	// [Error.Class].
	Traps, Violations, LimitHits uint64
	// FuelUsed is what all calls used together ([WithFuel]).
	FuelUsed uint64
	// Waits is how many calls had to wait for an instance.
	Waits uint64
	// Busy is how many were refused with [ErrBusy].
	Busy uint64
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
	// MemoryBytes is the linear memory of all instances there are now.
	MemoryBytes int64
	// ResultBytes is the Go memory for the results of the calls that run, and
	// ResultBytesPeak the most there ever was ([WithHeapLimit]).
	ResultBytes, ResultBytesPeak int64
}

type counters struct {
	calls, guestErrors, waits, busy, fuel atomic.Uint64
	traps, violations, limitHits          atomic.Uint64
	started, discarded, closed            atomic.Uint64
	memory                                atomic.Int64
	results, resultsPeak                  atomic.Int64
}

// countFailure counts the error of a call that broke its instance, by its class.
// The end of a context is not the guest's failure.
func (c *counters) countFailure(class error) {
	switch class {
	case ErrLimit:
		c.limitHits.Add(1)
	case ErrTrap:
		c.traps.Add(1)
	case ErrABI, ErrContract:
		c.violations.Add(1)
	}
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
		Traps:              c.traps.Load(),
		Violations:         c.violations.Load(),
		LimitHits:          c.limitHits.Load(),
		FuelUsed:           c.fuel.Load(),
		Waits:              c.waits.Load(),
		Busy:               c.busy.Load(),
		InstancesStarted:   c.started.Load(),
		InstancesDiscarded: c.discarded.Load(),
		Instances:          int(c.started.Load() - closed),
		IdleInstances:      e.pool.idleCount(),
		MaxInstances:       e.pool.size,
		MemoryBytes:        c.memory.Load(),
		ResultBytes:        c.results.Load(),
		ResultBytesPeak:    c.resultsPeak.Load(),
	}
}

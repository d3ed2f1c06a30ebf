package sandbox

import "sync/atomic"

// Stats has the counters of a module since it was loaded.
type Stats struct {
	// Calls is the number of calls of the guest's functions, with any result.
	Calls uint64
	// GuestErrors is the number of calls that returned a [*GuestError].
	GuestErrors uint64
	// Traps, Violations and LimitHits are the numbers of calls that failed with
	// [ErrTrap], with [ErrABI] or [ErrContract], and with [ErrLimit]. Each call
	// counts once, by its [Error.Class].
	Traps, Violations, LimitHits uint64
	// FuelUsed is the fuel that all calls together used ([WithFuel]).
	FuelUsed uint64
	// Waits is the number of calls that had to wait for an instance.
	Waits uint64
	// Busy is the number of calls that failed with [ErrBusy].
	Busy uint64
	// InstancesStarted is the number of instances ever started.
	InstancesStarted uint64
	// InstancesDiscarded is the number of instances closed after a trap, a
	// violation, a forbidden result or the end of a context in the middle of a call.
	InstancesDiscarded uint64
	// Instances is the current number of instances, in use or idle.
	Instances int
	// IdleInstances is the number of instances that wait for a call.
	IdleInstances int
	// MaxInstances is the limit on Instances ([WithMaxInstances]).
	MaxInstances int
	// MemoryBytes is the linear memory of all current instances.
	MemoryBytes int64
	// ResultBytes is the Go memory for the results of running calls, and
	// ResultBytesPeak its peak ([WithHeapLimit]).
	ResultBytes, ResultBytesPeak int64
}

type counters struct {
	refused, guestErrors         atomic.Uint64 // refused got no instance
	traps, violations, limitHits atomic.Uint64
	started, discarded, closed   atomic.Uint64
	memory                       atomic.Int64
	results, resultsPeak         atomic.Int64
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

// Stats returns the module's counters. Each is exact, but while calls run they may be
// read at slightly different moments. It works on a closed module too.
func (m *Module) Stats() Stats {
	c := &m.counters
	// closed before started, so that the difference is never negative.
	closed, pool := c.closed.Load(), m.pool.Stats()
	calls, fuel := m.tallies.sum()
	return Stats{
		Calls:              calls + c.refused.Load(),
		GuestErrors:        c.guestErrors.Load(),
		Traps:              c.traps.Load(),
		Violations:         c.violations.Load(),
		LimitHits:          c.limitHits.Load(),
		FuelUsed:           fuel,
		Waits:              pool.Waits,
		Busy:               pool.Busy,
		InstancesStarted:   c.started.Load(),
		InstancesDiscarded: c.discarded.Load(),
		Instances:          int(c.started.Load() - closed),
		IdleInstances:      pool.Idle,
		MaxInstances:       m.config.maxInstances,
		MemoryBytes:        c.memory.Load(),
		ResultBytes:        c.results.Load(),
		ResultBytesPeak:    c.resultsPeak.Load(),
	}
}

package plugin

import (
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/grade"
)

// Stats counts the calls of a plugin or of one of its versions. The counters of a
// plugin cover all its versions.
type Stats struct {
	// Grade is that of the version ([Version.Grade]); for a plugin, of the active one.
	Grade grade.Grade
	// Calls is the number of calls that have ended, with any outcome.
	Calls uint64
	// Outcomes is the number of calls per outcome, without outcomes that never
	// occurred.
	Outcomes map[Outcome]uint64
	// Running is the number of running calls.
	Running int
	// Fuel and Duration are the fuel and time that all calls together used.
	Fuel     uint64
	Duration time.Duration
	// Work is how much successful calls worked on, by unit; see [WithWork].
	Work map[string]uint64
	// Engine has the counters of the engine, which include calls of the self-test.
	// For a plugin it is the engine of the active version.
	Engine gohost.Stats
}

// Failures returns the number of calls that failed through a fault of the plugin.
func (s Stats) Failures() (n uint64) {
	for outcome, count := range s.Outcomes {
		if outcome.isFailure() {
			n += count
		}
	}
	return n
}

type counters struct {
	running    atomic.Int64
	byOutcome  [len(outcomeNames)]atomic.Uint64
	fuel, time atomic.Uint64

	mu   sync.Mutex
	work map[string]uint64
}

// worked counts what a successful call worked on.
func (c *counters) worked(w Work) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.work == nil {
		c.work = map[string]uint64{}
	}
	c.work[w.Unit] += w.Count
}

func (c *counters) ended(outcome Outcome, fuel uint64, d time.Duration) {
	c.byOutcome[outcome].Add(1)
	if fuel > 0 {
		c.fuel.Add(fuel)
	}
	c.time.Add(uint64(d))
	c.running.Add(-1)
}

func (c *counters) stats() Stats {
	s := Stats{Outcomes: map[Outcome]uint64{}, Running: int(c.running.Load()), Fuel: c.fuel.Load(), Duration: time.Duration(c.time.Load())}
	for i := range c.byOutcome {
		if n := c.byOutcome[i].Load(); n > 0 {
			s.Outcomes[Outcome(i)] = n
			s.Calls += n
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	s.Work = maps.Clone(c.work)
	return s
}

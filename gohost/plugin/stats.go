package plugin

import (
	"sync/atomic"
	"time"

	"example.org/compute-pipeline/gohost"
)

// Stats counts the calls of a plugin or of one version of it. Those of a plugin
// go on over its versions.
type Stats struct {
	// Calls is how many ended, whatever became of them.
	Calls uint64
	// Outcomes is how many of them ended so; those that never did are missing.
	Outcomes map[Outcome]uint64
	// Running is how many have begun and not ended.
	Running int
	// Fuel is what they used together, and Duration how long they took.
	Fuel     uint64
	Duration time.Duration
	// Engine is of the engine alone, with the calls of the self-test. For a
	// plugin it is that of its active version.
	Engine gohost.Stats
}

// Failures is how many calls failed by a fault of the plugin.
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
	return s
}

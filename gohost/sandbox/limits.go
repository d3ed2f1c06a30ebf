package sandbox

import (
	"fmt"
	"math"
	"time"

	"example.org/compute-pipeline/gohost/internal/fuel"
)

// limits apply to each call, in addition to [WithMaxInstances] and
// [WithMemoryLimit].
type limits struct {
	fuel             uint64
	callTimeout      time.Duration // 0: none
	maxWaiters       int
	callsPerInstance int // 0: any number
}

var noLimits = limits{fuel: fuel.Unlimited, maxWaiters: math.MaxInt}

func (l limits) fuelLimits() fuel.Limits {
	return fuel.Limits{Budget: l.fuel, Time: l.callTimeout}
}

// WithFuel sets a budget for each call, beyond which it fails with [ErrLimit]. A
// unit is about one WebAssembly instruction. Slow instructions such as divisions
// and operations on many bytes cost more (guest/prepare/src/meter/cost.rs). The
// n-th call of an instance uses the same fuel on every machine, in the compiler and
// in the interpreter; [Stats] and [WithObserver] report how much. The start of an
// instance has a separate budget of the same size. The default is no limit.
func WithFuel(units uint64) Option {
	return func(c *config) error {
		if units < 1 {
			return fmt.Errorf("WithFuel(%d): must be at least 1", units)
		}
		c.fuel = units
		return nil
	}
}

// WithCallTimeout limits how long a call may run once it has an instance. Beyond
// that it fails with [ErrLimit]. The end of a call's context stops it too. The
// default is no limit.
//
// Both are checked after each slice of the guest's fuel, each MiB copied in or out,
// and each chunk of a long list: less than a millisecond each. Allocating a large
// result cannot be divided; it takes about 15 to 40 ms for 256 MiB. A call that
// finishes before the next check succeeds.
func WithCallTimeout(d time.Duration) Option {
	return func(c *config) error {
		if d <= 0 {
			return fmt.Errorf("WithCallTimeout(%v): must be positive", d)
		}
		c.callTimeout = d
		return nil
	}
}

// WithMaxWaiters limits how many calls may wait for an instance. One more fails at
// once with [ErrBusy]. With 0 no call waits. The default is no limit.
func WithMaxWaiters(n int) Option {
	return func(c *config) error {
		if n < 0 {
			return fmt.Errorf("WithMaxWaiters(%d): must not be negative", n)
		}
		c.maxWaiters = n
		return nil
	}
}

// WithCallsPerInstance replaces an instance after n calls. With 1, nothing that a
// guest keeps in its memory outlives a call, and a call's fuel depends only on its
// input. Starting an instance takes about 0.1 ms. The default is no limit.
//
// While the program has resources of an instance, it serves calls with these resources
// only. They count, but the instance is replaced when the last resource is closed: a
// resource that is lost after n calls, some of which others made, would be of no use.
func WithCallsPerInstance(n int) Option {
	return func(c *config) error {
		if n < 1 {
			return fmt.Errorf("WithCallsPerInstance(%d): must be at least 1", n)
		}
		c.callsPerInstance = n
		return nil
	}
}

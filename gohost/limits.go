package gohost

import (
	"fmt"
	"math"
	"time"

	"example.org/compute-pipeline/gohost/internal/fuel"
)

// limits bound each call, besides what [WithMaxInstances] and
// [WithMemoryLimit] bound.
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

// WithFuel gives each call a budget, beyond which it fails with [ErrLimit]. A
// unit is about one WebAssembly instruction; slow ones, such as divisions, and
// operations on many bytes cost more (guest/toolbox, meter). The same call, as
// the same one in the life of an instance, uses the same fuel on every machine,
// in the compiler and the interpreter; [Stats] and [WithObserver] tell how much.
// An instance's start has a budget of its own of the same size. The default is
// no budget.
func WithFuel(units uint64) Option {
	return func(c *config) error {
		if units < 1 {
			return fmt.Errorf("WithFuel(%d): at least 1 unit is needed", units)
		}
		c.fuel = units
		return nil
	}
}

// WithCallTimeout bounds how long a call may run, from when it has an instance
// on; beyond that it fails with [ErrLimit]. The end of a call's context stops it
// too. The default is no bound.
//
// Both are looked at after each slice of the guest's fuel, each MiB that is
// copied in or out, and each chunk of a long list: less than a millisecond each.
// What cannot be divided is making room for a large result, some 15 to 40 ms for
// 256 MiB. A call that is done before the next look succeeds.
func WithCallTimeout(d time.Duration) Option {
	return func(c *config) error {
		if d <= 0 {
			return fmt.Errorf("WithCallTimeout(%v): more than 0 is needed", d)
		}
		c.callTimeout = d
		return nil
	}
}

// WithMaxWaiters bounds how many calls may wait for an instance; one more fails
// at once with [ErrBusy]. With 0 nobody waits. The default is any number.
func WithMaxWaiters(n int) Option {
	return func(c *config) error {
		if n < 0 {
			return fmt.Errorf("WithMaxWaiters(%d): at least 0 is needed", n)
		}
		c.maxWaiters = n
		return nil
	}
}

// WithCallsPerInstance makes an instance serve n calls, after which another
// takes its place. With 1 nothing that a guest keeps in its memory outlives a
// call, and a call's fuel depends on its input alone; starting an instance
// costs about 0.1 ms. The default is any number.
func WithCallsPerInstance(n int) Option {
	return func(c *config) error {
		if n < 1 {
			return fmt.Errorf("WithCallsPerInstance(%d): at least 1 is needed", n)
		}
		c.callsPerInstance = n
		return nil
	}
}

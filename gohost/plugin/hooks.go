package plugin

import (
	"context"
	"time"
)

// Hooks are functions that a registry calls when something happens, for metrics and
// traces. Each may be nil. They run synchronously, so they should be quick; OnCall runs
// at the end of each call, in its goroutine. A hook must not change its event's plugin:
// that would deadlock.
type Hooks struct {
	OnLoad     func(LoadEvent)
	OnActivate func(ActivateEvent)
	OnRollback func(ActivateEvent) // after OnActivate for the same event
	OnUnload   func(UnloadEvent)
	OnIdle     func(IdleEvent)
	OnBreaker  func(BreakerEvent)
	OnCall     func(context.Context, CallEvent)
}

// LoadEvent describes a [Registry.Load] that has ended.
type LoadEvent struct {
	Plugin string
	// Hash is the module's SHA-256, or empty if the module could not be read.
	Hash string
	// Source is where the module came from: a path, "bytes" or "embedded".
	Source string
	// Unchanged is true if the module was already active, with the same settings.
	Unchanged bool
	// Duration is the duration of the load, including waiting for other loads.
	Duration time.Duration
	Err      error
}

// ActivateEvent describes an activation. Calls that begin after it run on Version.
type ActivateEvent struct {
	Plugin string
	// Version and Previous are hashes; Previous is empty for a first version.
	Version, Previous string
	// Rollback is true for a [Registry.Rollback].
	Rollback bool
}

// UnloadEvent describes the removal of a plugin.
type UnloadEvent struct {
	Plugin string
	// Version is the hash of the version that was active, if one was.
	Version string
}

// IdleEvent describes a version that is not active, and on which no call can run any more: its
// last call has ended, or its last holder has released it ([Plugin.Hold]).
type IdleEvent struct {
	Plugin, Version string
	// Gone is true if the registry has dropped it.
	Gone bool
}

// BreakerEvent describes a change of a circuit breaker's state.
type BreakerEvent struct {
	Plugin, Version string
	From, To        BreakerState
	// Err is the failure that opened it, if one did.
	Err error
}

// CallEvent describes a call that has ended.
type CallEvent struct {
	Plugin string
	// Version is the hash of the module that was called.
	Version string
	// Function is the contract's name, such as "compute-aggregate".
	Function string
	Outcome  Outcome
	// Start and Duration cover the whole call; Wait is the part before the call
	// had an instance.
	Start          time.Time
	Duration, Wait time.Duration
	// Fuel is how much fuel the guest used; see gohost.WithFuel.
	Fuel uint64
	// Work is what the call was to work on, if its caller said so; see [WithWork].
	Work Work
	Err  error
}

func (c *config) onLoad(e LoadEvent) {
	for _, h := range c.hooks {
		if h.OnLoad != nil {
			h.OnLoad(e)
		}
	}
}

func (c *config) onActivate(e ActivateEvent) {
	for _, h := range c.hooks {
		if h.OnActivate != nil {
			h.OnActivate(e)
		}
		if e.Rollback && h.OnRollback != nil {
			h.OnRollback(e)
		}
	}
}

func (c *config) onUnload(e UnloadEvent) {
	for _, h := range c.hooks {
		if h.OnUnload != nil {
			h.OnUnload(e)
		}
	}
}

func (c *config) onIdle(e IdleEvent) {
	for _, h := range c.hooks {
		if h.OnIdle != nil {
			h.OnIdle(e)
		}
	}
}

func (c *config) onBreaker(e BreakerEvent) {
	for _, h := range c.hooks {
		if h.OnBreaker != nil {
			h.OnBreaker(e)
		}
	}
}

func (c *config) onCall(ctx context.Context, e CallEvent) {
	for _, h := range c.hooks {
		if h.OnCall != nil {
			h.OnCall(ctx, e)
		}
	}
}

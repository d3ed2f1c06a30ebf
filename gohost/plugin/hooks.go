package plugin

import (
	"context"
	"time"
)

// Hooks tell a program what happens in a registry, for metrics and traces. Each
// may be nil. They run where the thing happens, so they should be quick; OnCall
// runs at the end of each call, in its goroutine. They must not change the plugin
// that they are told about, which would wait for itself.
type Hooks struct {
	OnLoad     func(LoadEvent)
	OnActivate func(ActivateEvent)
	OnRollback func(ActivateEvent) // after the OnActivate of the same
	OnUnload   func(UnloadEvent)
	OnBreaker  func(BreakerEvent)
	OnCall     func(context.Context, CallEvent)
}

// LoadEvent is the end of a [Registry.Load].
type LoadEvent struct {
	Plugin string
	// Hash is the module's SHA-256, empty where it could not be read.
	Hash string
	// Source is where it came from: a path, "bytes" or "embedded".
	Source string
	// Unchanged: the module was active already, with the same settings.
	Unchanged bool
	// Duration is all of the load, with the waiting for others.
	Duration time.Duration
	Err      error
}

// ActivateEvent is a swap. Calls that begin after it go to Version.
type ActivateEvent struct {
	Plugin string
	// Version and Previous are hashes; Previous is empty for a first version.
	Version, Previous string
	// Rollback tells a [Registry.Rollback] from other swaps.
	Rollback bool
}

// UnloadEvent is the removal of a plugin.
type UnloadEvent struct {
	Plugin string
	// Version is the hash of the version that was active, if one was.
	Version string
}

// BreakerEvent is a change of a circuit breaker.
type BreakerEvent struct {
	Plugin, Version string
	From, To        BreakerState
	// Err is the failure that opened it, if one did.
	Err error
}

// CallEvent is the end of a call.
type CallEvent struct {
	Plugin string
	// Version is the hash of the module that was called.
	Version string
	// Function is the contract's name, such as "compute-aggregate".
	Function string
	Outcome  Outcome
	// Start and Duration are of the whole call; Wait is the part of it that
	// passed before it had an instance.
	Start          time.Time
	Duration, Wait time.Duration
	// Fuel is what the guest used; see gohost.WithFuel.
	Fuel uint64
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

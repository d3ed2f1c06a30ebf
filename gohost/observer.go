package gohost

import (
	"context"
	"fmt"
	"time"
)

// CallInfo tells an [Observer] about one call.
type CallInfo struct {
	// Function is the contract's name of what was called, such as
	// "compute-aggregate".
	Function string
	// Wait is how long the call waited for an instance, which includes the
	// start of one.
	Wait time.Duration
	// Duration is how long it ran then.
	Duration time.Duration
	// Fuel is what it used ([WithFuel]).
	Fuel uint64
	// Err is what the call returns.
	Err error
}

// Observer is told about each call once it has ended, by the goroutine that
// called, before the method returns: it should be quick. The context is the
// call's.
type Observer func(ctx context.Context, call CallInfo)

// WithObserver has each call reported, for metrics and traces. A call that is
// refused as [ErrInvalidInput] is none.
func WithObserver(observer Observer) Option {
	return func(c *config) error {
		if observer == nil {
			return fmt.Errorf("WithObserver: the observer is nil")
		}
		c.observer = observer
		return nil
	}
}

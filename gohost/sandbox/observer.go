package sandbox

import (
	"context"
	"fmt"
	"time"
)

// CallInfo describes one call to an [Observer].
type CallInfo struct {
	// Function is the contract's name of the function, such as
	// "compute-aggregate".
	Function string
	// Wait is how long the call waited for an instance, including the start of
	// one.
	Wait time.Duration
	// Duration is how long it ran after that.
	Duration time.Duration
	// Fuel is how much fuel it used ([WithFuel]).
	Fuel uint64
	// Memory is the size of the instance's memory in bytes when the call ended. Memory
	// never shrinks, so it is the peak as well. It is 0 if no instance could be had.
	Memory int64
	// Handles is how many handles of resources the guest has then.
	Handles int
	// Err is the error that the call returns.
	Err error
}

// Observer is called at the end of each call, in the caller's goroutine, before the
// method returns. It should be quick. The context is the call's.
type Observer func(ctx context.Context, call CallInfo)

// WithObserver sets a function to call at the end of each call, for metrics and
// traces. It is not called for calls that fail with [ErrInvalidInput].
func WithObserver(observer Observer) Option {
	return func(c *config) error {
		if observer == nil {
			return fmt.Errorf("WithObserver: the observer is nil")
		}
		c.observer = observer
		return nil
	}
}

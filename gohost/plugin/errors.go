package plugin

import (
	"errors"
	"fmt"
	"time"
)

// Classes of errors, for errors.Is, besides those of package gohost.
var (
	// ErrNotFound: there is no plugin, or no version, of that name or hash.
	ErrNotFound = errors.New("not found")
	// ErrHash: the module is not the one whose SHA-256 was asked for.
	ErrHash = errors.New("wrong SHA-256")
	// ErrSignature: the module has no signature where one is required, or none
	// of the registry's keys made it.
	ErrSignature = errors.New("signature refused")
	// ErrManifest: the module has no manifest where one is required, or its
	// manifest is not one, or is about another module, or an older one.
	ErrManifest = errors.New("manifest refused")
	// ErrNotYet: the manifest says that its time has not come. It is an
	// ErrManifest too.
	ErrNotYet = errors.New("too early")
	// ErrHeldBack: the program does not let the module be loaded ([WithGate]).
	ErrHeldBack = errors.New("held back")
	// ErrNotCommitted: the program could not write a change down ([WithCommit]),
	// so it was given up.
	ErrNotCommitted = errors.New("nothing was changed")
	// ErrSelfTest: the module gave a wrong answer, or none in time, to one of
	// the vectors that are run before it is activated.
	ErrSelfTest = errors.New("self-test failed")
	// ErrOpen: the plugin's circuit breaker is open; errors.As with an
	// [*OpenError] tells until when.
	ErrOpen = errors.New("circuit breaker open")
	// ErrDrained: the call still ran when its version, replaced by another, had
	// to be gone.
	ErrDrained = errors.New("stopped with its version")
)

// OpenError is a call that an open circuit breaker refused. It is an [ErrOpen],
// and nothing of the plugin ran.
type OpenError struct {
	// Until is when one call will be let through again.
	Until time.Time
	// Failures is how many of them opened the breaker, within Window.
	Failures int
	Window   time.Duration
	// Lost is the share of the instances' time that they took, where that opened
	// the breaker, and 0 where their number did.
	Lost float64
	// Last is the last of them. It is not wrapped: the class of this error is
	// ErrOpen alone.
	Last error
}

func (e *OpenError) Error() string {
	if e.Lost > 0 {
		return fmt.Sprintf("%v until %s, after %d failures that took %.0f %% of the instances' time within %v; the last: %v",
			ErrOpen, e.Until.Format(time.RFC3339Nano), e.Failures, 100*e.Lost, e.Window, e.Last)
	}
	return fmt.Sprintf("%v until %s, after %d failures within %v; the last: %v",
		ErrOpen, e.Until.Format(time.RFC3339Nano), e.Failures, e.Window, e.Last)
}

// Is makes errors.Is(err, ErrOpen) true.
func (e *OpenError) Is(target error) bool { return target == ErrOpen }

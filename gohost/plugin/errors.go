package plugin

import (
	"errors"
	"fmt"
	"time"
)

// Classes of errors, for errors.Is, in addition to those of package gohost.
var (
	// ErrNotFound: there is no plugin with this name, or no version with this hash.
	ErrNotFound = errors.New("not found")
	// ErrHash: the module's SHA-256 is not the pinned one ([WithSHA256]).
	ErrHash = errors.New("wrong SHA-256")
	// ErrSignature: the module has no signature although one is required, or a
	// signature that matches none of the registry's keys.
	ErrSignature = errors.New("signature rejected")
	// ErrManifest: the module has no manifest although one is required, or its
	// manifest is invalid, for another module or for an older version.
	ErrManifest = errors.New("manifest rejected")
	// ErrNotYet: the manifest's NotBefore is in the future. The error is an
	// ErrManifest too.
	ErrNotYet = errors.New("too early")
	// ErrGrade: the module claims a grade below the required one ([WithRequireGrade]).
	ErrGrade = errors.New("grade too low")
	// ErrHeldBack: the program's gate rejected the module ([WithGate]).
	ErrHeldBack = errors.New("held back")
	// ErrNotCommitted: the program could not store the change ([WithCommit]), so
	// nothing changed.
	ErrNotCommitted = errors.New("nothing was changed")
	// ErrSelfTest: the module returned a wrong result for a vector of the
	// self-test, or none in time.
	ErrSelfTest = errors.New("self-test failed")
	// ErrOpen: the plugin's circuit breaker is open. errors.As with an [*OpenError]
	// gives the details.
	ErrOpen = errors.New("circuit breaker open")
	// ErrDrained: the call was stopped because its version was replaced and the
	// DrainTimeout was over.
	ErrDrained = errors.New("stopped with its version")
)

// OpenError is the error of a call that an open circuit breaker rejected without
// running the plugin. It is an [ErrOpen].
type OpenError struct {
	// Until is when the breaker will allow one call again.
	Until time.Time
	// Failures is the number of failures within Window that opened the breaker.
	Failures int
	Window   time.Duration
	// Lost is the share of the instances' time that the failures took, if that
	// opened the breaker, or 0 if their number did.
	Lost float64
	// Last is the last failure. It is not wrapped: the only class of this error is
	// ErrOpen.
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

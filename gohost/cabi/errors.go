package cabi

import (
	"errors"
	"fmt"
)

// Violation is an error that says how a guest broke the canonical ABI.
type Violation struct{ Detail string }

func (v *Violation) Error() string { return v.Detail }

func violation(format string, args ...any) error {
	return &Violation{Detail: fmt.Sprintf(format, args...)}
}

// InvalidError is the error of a call whose arguments are no values of their type:
// a char that is no Unicode scalar value, a string that is not UTF-8, a nil variant.
type InvalidError struct{ Detail string }

func (e *InvalidError) Error() string { return e.Detail }

// HostError is the error of a call whose guest called an import that failed: its
// implementation returned an error that is not the error of its WIT result, or a
// value that its type does not have, or it panicked.
type HostError struct {
	// Function is the import, as "interface@version#function".
	Function string
	// Err is the cause. For a panic with a value that is no error, it has the
	// value's text.
	Err error
	// Stack is the Go stack of a panic, or "".
	Stack string
}

func (e *HostError) Error() string {
	if e.Stack != "" {
		return fmt.Sprintf("the import %s panicked: %v", e.Function, e.Err)
	}
	return fmt.Sprintf("the import %s: %v", e.Function, e.Err)
}

// Unwrap returns the cause.
func (e *HostError) Unwrap() error { return e.Err }

// LimitError is the error of a guest that needs more of something than this package
// allows: handles, or calls within calls.
type LimitError struct {
	Detail string
	Max    uint64
}

func (e *LimitError) Error() string { return e.Detail }

// ErrBusy is the error of a call of an instance that already runs one: an import's
// implementation has called back into the instance that called it.
var ErrBusy = errors.New("the instance runs a call already, and cannot be called from within it")

// ended is what a host function panics with to end the guest's call. wazero wraps it
// in the error of the call.
type ended struct{ err error }

func (e *ended) Error() string { return e.err.Error() }
func (e *ended) Unwrap() error { return e.err }

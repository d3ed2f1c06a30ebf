package sandbox

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"example.org/compute-pipeline/gohost/cabi"
)

// Classes of errors, for errors.Is and [Error.Class].
var (
	// ErrClosed: the module was closed before or during the call.
	ErrClosed = errors.New("the module is closed")
	// ErrInvalidInput: the host rejected the input or an option.
	ErrInvalidInput = errors.New("invalid input")
	// ErrLost: the resource of the guest went with its instance, which failed or was
	// closed. It is an ErrInvalidInput too.
	ErrLost error = &subclass{text: "the resource was lost with its instance", of: ErrInvalidInput}
	// ErrContract: the module does not implement the contract, or returned a
	// result that the contract forbids. errors.As with a [*ContractError] lists the
	// problems.
	ErrContract = errors.New("contract not met")
	// ErrModule: the bytes are not a WebAssembly module or component, or they need
	// a feature beyond WebAssembly 2.0. It is an ErrContract too.
	ErrModule error = &subclass{text: "invalid module", of: ErrContract}
	// ErrNotExported: the function belongs to an optional interface that the module
	// does not export. It is an ErrContract too.
	ErrNotExported error = &subclass{text: "the module does not export an interface", of: ErrContract}
	// ErrABI: the guest violated the canonical ABI. Its instance was discarded.
	ErrABI = errors.New("canonical ABI violated")
	// ErrTrap: the guest trapped. Its instance was discarded. errors.As with a
	// [*TrapError] gives the details.
	ErrTrap = errors.New("the guest trapped")
	// ErrLimit: a limit was reached. errors.As with a [*LimitError] tells which.
	ErrLimit = errors.New("limit reached")
	// ErrGuest: the guest returned an error of its own, a [*GuestError]. Its
	// instance keeps working.
	ErrGuest = errors.New("the guest returned an error")
	// ErrHost: the program's implementation of an import failed. errors.As with a
	// [*HostError] gives the cause. The instance was discarded.
	ErrHost = errors.New("an import failed")
	// ErrBusy: [WithMaxWaiters] calls are already waiting; or the instance of a
	// resource serves another call.
	ErrBusy = errors.New("too many calls wait")
	// ErrCompileProcess: a process of [WithCompileProcess] could not be started,
	// or was killed from outside. It says nothing about the module.
	ErrCompileProcess = errors.New("the compile process failed")
)

// subclass is a class whose errors belong to another class too.
type subclass struct {
	text string
	of   error
}

func (c *subclass) Error() string        { return c.text }
func (c *subclass) Is(target error) bool { return target == c.of }

// classes are all classes in order of precedence, for an error that belongs to
// several: a limit may have led to a trap, and an ErrContract may belong to a
// subclass.
var classes = []error{
	ErrHost, ErrGuest, ErrLost, ErrInvalidInput, ErrClosed, ErrBusy, ErrCompileProcess, ErrLimit, ErrTrap, ErrABI,
	ErrModule, ErrNotExported, ErrContract, context.Canceled, context.DeadlineExceeded,
}

// classOf returns the class of an error, or nil.
func classOf(err error) error {
	for _, class := range classes {
		if errors.Is(err, class) {
			return class
		}
	}
	return nil
}

// Error is the error type of [Load], [Check] and the calls of a [Module]: what failed, in
// which module, and why.
type Error struct {
	// Module is the name of a trusted module, such as "the embedded engine", or
	// "module " and the first 12 hexadecimal digits of the SHA-256 of the bytes
	// passed to Load or Check.
	Module string
	// Function is the function that failed: of the contract, such as
	// "compute-aggregate", or of a package, such as "gohost.Load".
	Function string
	// Class is one of this package's classes ([ErrLimit] and so on), or
	// context.Canceled or context.DeadlineExceeded. If an error has two classes,
	// such as a limit that led to a trap, Class is the one that explains the other.
	// It is nil for a failure of the system.
	Class error
	// Err is the cause. It wraps the class, and the *LimitError, *ContractError,
	// *TrapError or *GuestError if there is one.
	Err error
}

func (e *Error) Error() string { return e.Function + " of " + e.Module + ": " + e.Err.Error() }

// Unwrap returns Err.
func (e *Error) Unwrap() error { return e.Err }

// NewError returns err as an Error with its class. Bindings use it for errors of their
// own.
func NewError(module, function string, err error) *Error {
	return &Error{Module: module, Function: function, Class: classOf(err), Err: err}
}

// ContractError lists why a module does not implement the contract, or why a result
// violates it. It is an [ErrContract].
type ContractError struct {
	// Problems has at least one sentence.
	Problems []string
}

func (e *ContractError) Error() string {
	return ErrContract.Error() + ": " + strings.Join(e.Problems, "; ")
}

// Is makes errors.Is(err, ErrContract) true.
func (e *ContractError) Is(target error) bool { return target == ErrContract }

// contractError returns a ContractError with one problem.
func contractError(format string, args ...any) error {
	return &ContractError{Problems: []string{fmt.Sprintf(format, args...)}}
}

// GuestError is an error that the guest returned: the err of a WIT result. It is an
// [ErrGuest].
type GuestError struct {
	// Message is the guest's message, unchanged, if the err is a string that the
	// binding treats as a message. A message longer than 4 KiB is cut at a character
	// boundary, and ends with a note of its full length.
	Message string
	// CutFrom is the length in bytes of a message that was cut, otherwise 0.
	CutFrom int
	// Err is the err as a Go value, for errors.As, in bindings that do not treat it
	// as a message.
	Err error
}

func (e *GuestError) Error() string {
	if e.Err != nil {
		return e.Err.Error()
	}
	return e.Message
}

// Unwrap returns Err.
func (e *GuestError) Unwrap() error { return e.Err }

// Is makes errors.Is(err, ErrGuest) true.
func (e *GuestError) Is(target error) bool { return target == ErrGuest }

// HostError is the failure of an import's implementation: an error that is not the error
// of its WIT result, or a panic. It is an [ErrHost].
type HostError = cabi.HostError

// TrapError is the error of a guest that trapped. It is an [ErrTrap].
type TrapError struct {
	// Message is the panic's message if the guest provides one (a convention
	// that package cabi describes), otherwise the runtime's name for the trap, and after
	// "; on standard error it wrote " the quoted line, of max 512 bytes, with which a
	// granted guest said why it ends. It has at most 4 KiB, and a note if it was cut.
	Message string
	// Stack is the guest's stack, one line per frame, innermost first. With
	// [WithDebugInfo] the lines include the source's file and line. It may be empty,
	// and is cut at 32 KiB.
	Stack string
}

func (e *TrapError) Error() string { return "trap: " + e.Message }

// Is makes errors.Is(err, ErrTrap) true.
func (e *TrapError) Is(target error) bool { return target == ErrTrap }

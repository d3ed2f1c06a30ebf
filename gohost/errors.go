package gohost

import (
	"fmt"

	"example.org/compute-pipeline/gohost/internal/text"
	"example.org/compute-pipeline/gohost/sandbox"
)

// Classes of errors, for errors.Is and [sandbox.Error.Class].
var (
	// ErrClosed: the engine was closed before or during the call.
	ErrClosed = sandbox.ErrClosed
	// ErrInvalidInput: the host rejected the input or an option. The guest was not
	// called.
	ErrInvalidInput = sandbox.ErrInvalidInput
	// ErrContract: the module does not implement the contract, or returned a
	// result that the contract forbids. errors.As with a [*ContractError] lists the
	// problems.
	ErrContract = sandbox.ErrContract
	// ErrModule: the bytes are not a WebAssembly module or component, or they need
	// a feature beyond WebAssembly 2.0. It is an ErrContract too.
	ErrModule = sandbox.ErrModule
	// ErrNoSummary: [Engine.Fold], [Engine.Merge] or [Engine.Finish] was called, but
	// the module implements neither of the optional interfaces summary and accumulators.
	// It is an ErrContract too.
	ErrNoSummary = sandbox.ErrNotExported
	// ErrABI: the guest violated the canonical ABI. Its instance was discarded.
	ErrABI = sandbox.ErrABI
	// ErrTrap: the guest trapped. Its instance was discarded. errors.As with a
	// [*TrapError] gives the details.
	ErrTrap = sandbox.ErrTrap
	// ErrLimit: a limit was reached. errors.As with a [*LimitError] tells which.
	ErrLimit = sandbox.ErrLimit
	// ErrGuest: the guest returned an error of its own, a [*GuestError]. Its
	// instance keeps working.
	ErrGuest = sandbox.ErrGuest
	// ErrBusy: [WithMaxWaiters] calls are already waiting.
	ErrBusy = sandbox.ErrBusy
	// ErrCompileProcess: a process of [WithCompileProcess] could not be started,
	// or was killed from outside. It says nothing about the module.
	ErrCompileProcess = sandbox.ErrCompileProcess
)

// Error is the error type of [New], [Load], [Check] and the methods of [Engine]: what
// failed, in which module, and why.
type Error = sandbox.Error

// ContractError lists why a module does not implement the contract, or why a result
// violates it. It is an [ErrContract].
type ContractError = sandbox.ContractError

// GuestError is an error that the guest returned, with its message: the err of a WIT
// result. It is an [ErrGuest]. Its Err is [ErrEmptyDataset], a [*ParseError], a [*StateError]
// or a [*CountError], whichever version of the contract the module has.
type GuestError = sandbox.GuestError

// TrapError is the error of a guest that trapped. It is an [ErrTrap].
type TrapError = sandbox.TrapError

// LimitError is the error of a limit that was reached. It is an [ErrLimit], and also an
// [ErrTrap] if the limit made the guest trap.
type LimitError = sandbox.LimitError

// A Limit is the name of a limit of a module or a call.
type Limit = sandbox.Limit

// Limits of a call. The unit of [sandbox.LimitError.Max] is in parentheses.
const (
	LimitFuel   = sandbox.LimitFuel   // WithFuel (units)
	LimitTime   = sandbox.LimitTime   // WithCallTimeout (nanoseconds)
	LimitMemory = sandbox.LimitMemory // WithMemoryLimit (bytes)
	LimitStack  = sandbox.LimitStack  // the depth of the call stack (Max is 0)
	LimitResult = sandbox.LimitResult // WithMaxResult (bytes)
	LimitHeap   = sandbox.LimitHeap   // WithHeapLimit (bytes)

	LimitState Limit = "state" // the size of a state that the guest returns (bytes)
)

// Limits of a module, which [Load] and [Check] apply before it runs. The unit of
// [sandbox.LimitError.Max] is in parentheses.
const (
	LimitModuleSize    = sandbox.LimitModuleSize    // of the module (bytes)
	LimitTableEntries  = sandbox.LimitTableEntries  // its tables start with (entries)
	LimitStart         = sandbox.LimitStart         // elements, segments, globals, imports and exports (their number)
	LimitLocals        = sandbox.LimitLocals        // of one function, once it is rewritten (locals)
	LimitFunctionSize  = sandbox.LimitFunctionSize  // of one function, once it is rewritten (bytes)
	LimitCompileTime   = sandbox.LimitCompileTime   // of compiling it (nanoseconds)
	LimitCompileMemory = sandbox.LimitCompileMemory // of compiling it (bytes)
	LimitCodeMemory    = sandbox.LimitCodeMemory    // of the compiled code (bytes)
	LimitCheckFuel     = sandbox.LimitCheckFuel     // of checking and rewriting it (units)
	LimitCheckMemory   = sandbox.LimitCheckMemory   // of checking and rewriting it (bytes)
)

// Limits of a component of several core modules, which are merged into one. The unit of
// [sandbox.LimitError.Max] is in parentheses.
const (
	LimitInstances  = sandbox.LimitInstances  // of core modules (their number)
	LimitFunctions  = sandbox.LimitFunctions  // of all instances together (their number)
	LimitMergedSize = sandbox.LimitMergedSize // of all instances together (bytes)
	LimitAliases    = sandbox.LimitAliases    // core instances that an export passes through (their number)
)

// contractError returns the error of a result that the contract forbids.
func contractError(format string, args ...any) error {
	return &ContractError{Problems: []string{fmt.Sprintf(format, args...)}}
}

// guestError returns the err of a WIT result as an error, or nil for its ok.
func guestError(function int, m message, isErr bool) error {
	if !isErr {
		return nil
	}
	failure := &GuestError{Message: m.text}
	if len(m.text) < m.size {
		failure.Message, failure.CutFrom = text.Note(m.text, m.size), m.size
	}
	failure.Err = typedError(function, failure.Message)
	return failure
}

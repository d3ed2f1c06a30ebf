package sandbox

import "fmt"

// A Limit is the name of a limit of a module or a call.
type Limit string

// Limits of a call. The unit of [LimitError.Max] is in parentheses.
const (
	LimitFuel   Limit = "fuel"   // WithFuel (units)
	LimitTime   Limit = "time"   // WithCallTimeout (nanoseconds)
	LimitMemory Limit = "memory" // WithMemoryLimit (bytes)
	LimitStack  Limit = "stack"  // the depth of the call stack (Max is 0)
	LimitResult Limit = "result" // WithMaxResult (bytes)
	LimitHeap   Limit = "heap"   // WithHeapLimit (bytes)

	LimitHandles Limit = "handles" // handles of an instance, or imports' calls within each other (their number)
)

// Limits of a module, which [Load] and [Check] apply before it runs. The unit of
// [LimitError.Max] is in parentheses.
const (
	LimitModuleSize    Limit = "module size"    // of the module (bytes)
	LimitTableEntries  Limit = "table entries"  // its tables start with (entries)
	LimitStart         Limit = "start"          // elements, segments, globals, imports and exports (their number)
	LimitLocals        Limit = "locals"         // of one function, once it is rewritten (locals)
	LimitFunctionSize  Limit = "function size"  // of one function, once it is rewritten (bytes)
	LimitCompileTime   Limit = "compile time"   // of compiling it (nanoseconds)
	LimitCompileMemory Limit = "compile memory" // of compiling it (bytes)
	LimitCodeMemory    Limit = "code memory"    // of the compiled code (bytes)
	LimitCheckFuel     Limit = "check fuel"     // of checking and rewriting it (units)
	LimitCheckMemory   Limit = "check memory"   // of checking and rewriting it (bytes)
)

// Limits of a component of several core modules, which are merged into one. The unit of
// [LimitError.Max] is in parentheses.
const (
	LimitInstances  Limit = "instances"   // of core modules (their number)
	LimitFunctions  Limit = "functions"   // of all instances together (their number)
	LimitMergedSize Limit = "merged size" // of all instances together (bytes)
	LimitAliases    Limit = "aliases"     // core instances that an export passes through (their number)
)

// LimitError is the error of a limit that was reached. It is an [ErrLimit], and also an
// [ErrTrap] if the limit made the guest trap.
type LimitError struct {
	// Which is the name of the limit.
	Which Limit
	// Max is the limit's value, in the unit documented with its name.
	Max uint64
	// Arguments is set if the call's arguments had no room in the instance ([LimitMemory]): the
	// input is too large, whatever the function does with it.
	Arguments bool
	// Err describes what happened. For [LimitMemory] and [LimitStack] in a call it
	// wraps a [*TrapError].
	Err error
}

func (e *LimitError) Error() string { return ErrLimit.Error() + ": " + e.Err.Error() }

// Unwrap returns Err.
func (e *LimitError) Unwrap() error { return e.Err }

// Is makes errors.Is(err, ErrLimit) true.
func (e *LimitError) Is(target error) bool { return target == ErrLimit }

// limitError returns a LimitError with a text.
func limitError(which Limit, limit uint64, format string, args ...any) error {
	return &LimitError{Which: which, Max: limit, Err: fmt.Errorf(format, args...)}
}

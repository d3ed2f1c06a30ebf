package cabi

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/tetratelabs/wazero/sys"

	"example.org/compute-pipeline/gohost/internal/fuel"
	"example.org/compute-pipeline/gohost/internal/rustname"
	"example.org/compute-pipeline/gohost/internal/text"
)

// Trap is the error of a guest that failed while it ran.
type Trap struct {
	// Message is the guest's own (a Rust panic), or the runtime's name for the
	// kind of trap.
	Message string
	// Own reports whether the message is the guest's own.
	Own bool
	// Stack is the runtime's stack trace, one line per frame, innermost first,
	// with the source's file and line if the module has debug sections. Names of Rust
	// functions are readable.
	Stack string
	// StackExhausted reports whether the call stack was too deep.
	StackExhausted bool
	// Lowering reports whether it failed in realloc, while the arguments of its function were
	// lowered.
	Lowering bool
}

func (t *Trap) Error() string { return t.Message }

// stackExhausted is the message of a guest whose calls are too deep.
const stackExhausted = "call stack exhausted"

// trap converts an error that wazero returned for a call with the context: to a
// *fuel.Stopped if the host stopped the guest, to the context's own error if
// wazero did, otherwise to a *Trap.
func (in *Instance) trap(ctx context.Context, err error) error {
	if e := (*ended)(nil); errors.As(err, &e) {
		return e.err // of an import that it called
	}
	if stopped := (*fuel.Stopped)(nil); errors.As(err, &stopped) {
		return stopped
	}
	if exit := (*sys.ExitError)(nil); errors.As(err, &exit) {
		metered := fuel.FromContext(ctx) != nil
		return exited(ctx, metered, exit)
	}
	trap := newTrap(err.Error())
	if own := in.readPanicMessage(); own != "" {
		trap.Message, trap.Own = own, true
	}
	return trap
}

// failRealloc fails the call with the error of the guest's realloc.
func (c *Call) failRealloc(err error) {
	err = c.in.trap(c.ctx, err)
	if trap := (*Trap)(nil); errors.As(err, &trap) {
		trap.Lowering = c.host == nil
	}
	c.Fail(fmt.Errorf("in realloc: %w", err))
}

// exited returns the *Trap of a guest that called WASI's proc_exit, with success
// or without: no function of the contract ends that way. wazero closes a guest
// whose context has ended with exit codes that a guest may use too. It does so
// only for a guest that is not metered, and there the context decides.
func exited(ctx context.Context, metered bool, exit *sys.ExitError) error {
	code := exit.ExitCode()
	if !metered && (code == sys.ExitCodeContextCanceled || code == sys.ExitCodeDeadlineExceeded) {
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	return &Trap{Message: fmt.Sprintf("the guest ended itself with exit code %d", code)}
}

// StartTrap returns the error of an instance that could not be started with the
// context: a *Trap, the error of an import, or the context's own error if wazero stopped
// it.
func StartTrap(ctx context.Context, metered bool, err error) error {
	if e := (*ended)(nil); errors.As(err, &e) {
		return e.err // of an import that it called
	}
	if exit := (*sys.ExitError)(nil); errors.As(err, &exit) {
		return exited(ctx, metered, exit)
	}
	return newTrap(err.Error())
}

// newTrap splits wazero's error text into its message and its stack, and cuts
// each if it is long: the module chooses the names in the frames.
func newTrap(trace string) *Trap {
	message, stack, _ := strings.Cut(trace, "\nwasm stack trace:\n")
	// Copied, so that they do not keep the whole text alive.
	message = strings.Clone(text.Cut(strings.TrimPrefix(message, "wasm error: "), text.MaxMessage))
	size := len(stack)
	lines := strings.Split(text.Beginning(stack, text.MaxStack), "\n")
	for i, l := range lines {
		lines[i] = rustname.InTrace(strings.TrimPrefix(l, "\t"))
	}
	// A metered guest traps itself when its stack is too deep; wazero stops
	// others. A guest that gives a function of its own this name misleads only
	// about itself.
	start, exhausted := strings.CutSuffix(message, "stack overflow")
	if strings.Contains(lines[0], "."+fuel.StackExhausted+"(") {
		start, exhausted = strings.TrimSuffix(message, "unreachable"), true
	}
	if exhausted {
		message = start + stackExhausted
	}
	stack = strings.Join(lines, "\n")
	if size = max(size, len(stack)); size > text.MaxStack {
		stack = text.Note(text.Beginning(stack, text.MaxStack), size)
	}
	return &Trap{Message: message, Stack: stack, StackExhausted: exhausted}
}

// readPanicMessage returns the message that the guest left under
// [PanicMessageExport], or "" if there is none that makes sense. The instance has
// failed, so nothing in it is trusted, and a missing message must not hide the
// trap.
func (in *Instance) readPanicMessage() string {
	if in.panicMessage == 0 || in.panicMessage%4 != 0 || in.memory == nil {
		return ""
	}
	n, ok := in.memory.ReadUint32Le(in.panicMessage)
	if !ok || n == 0 || n > text.MaxMessage || in.panicMessage > ^uint32(0)-4 {
		return ""
	}
	message, ok := in.memory.Read(in.panicMessage+4, n)
	if !ok || !utf8.Valid(message) {
		return ""
	}
	return string(message)
}

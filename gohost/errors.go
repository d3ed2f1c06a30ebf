package gohost

import (
	"errors"
	"fmt"

	"example.org/compute-pipeline/gohost/internal/abi"
	"example.org/compute-pipeline/gohost/internal/fuel"
)

// Classes of errors, for errors.Is.
var (
	// ErrClosed: the engine was closed before or during the call.
	ErrClosed = errors.New("the engine is closed")
	// ErrInvalidInput: the host refused the input, or an option, before the
	// guest was called.
	ErrInvalidInput = errors.New("invalid input")
	// ErrContract: the module is not an implementation of the contract, or a
	// result is one that the contract forbids.
	ErrContract = errors.New("contract not met")
	// ErrABI: the guest broke the canonical ABI. Its instance was discarded.
	ErrABI = errors.New("canonical ABI violated")
	// ErrTrap: the guest trapped. Its instance was discarded; errors.As with
	// a *TrapError gives the details.
	ErrTrap = errors.New("the guest trapped")
	// ErrLimit: the guest ran into a limit that was set for it.
	ErrLimit = errors.New("limit reached")
	// ErrBusy: as many calls as [WithMaxWaiters] allows wait already.
	ErrBusy = errors.New("too many calls wait")
	// ErrCompileProcess: a process of [WithCompileProcess] could not be started,
	// or was killed from outside. It says nothing about the module.
	ErrCompileProcess = errors.New("the compile process failed")
)

// GuestError is the guest's own answer that it cannot do what was asked: the
// err of a WIT result.
type GuestError struct {
	// Message is the guest's, unchanged. Of one that is longer than 4 KiB it is
	// the beginning, cut between characters, and a note of how long it was.
	Message string
	// CutFrom is how many bytes a message had that was cut, otherwise 0.
	CutFrom int
}

func (e *GuestError) Error() string { return e.Message }

// TrapError is a guest that failed while it ran. It is an [ErrTrap].
type TrapError struct {
	// Message is the panic's message where the guest leaves one (the embedded
	// engine does), otherwise the runtime's name for the trap. It has at most
	// 4 KiB, and a note where it was cut.
	Message string
	// Stack is the guest's stack, a line a frame, innermost first. With a
	// module that has debug sections the lines name the source's file and
	// line. It may be empty, and is cut at 32 KiB.
	Stack string
}

func (e *TrapError) Error() string { return "trap: " + e.Message }

// Is makes errors.Is(err, ErrTrap) true.
func (e *TrapError) Is(target error) bool { return target == ErrTrap }

// asTrap is the *abi.Trap in err, if there is one, as a public error.
func asTrap(err error) (*TrapError, bool) {
	var trap *abi.Trap
	if !errors.As(err, &trap) {
		return nil, false
	}
	return &TrapError{Message: trap.Message, Stack: trap.Stack}, true
}

// callError gives an error of internal/abi its public class.
func callError(err error, hitMemoryLimit bool) error {
	var violation *abi.Violation
	if errors.As(err, &violation) {
		return fmt.Errorf("%w: %w", ErrABI, err)
	}
	var stopped *fuel.Stopped
	if errors.As(err, &stopped) {
		if errors.Is(stopped, fuel.ErrBudget) || errors.Is(stopped, fuel.ErrTime) {
			return fmt.Errorf("%w: %w", ErrLimit, stopped.Reason)
		}
		return stopped.Reason // the context's
	}
	trap, ok := asTrap(err)
	if !ok {
		return err // the context's
	}
	if hitMemoryLimit {
		return fmt.Errorf("%w: the memory it asked for was refused: %w", ErrLimit, trap)
	}
	return trap
}

package sandbox

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/tetratelabs/wazero/sys"

	"example.org/compute-pipeline/gohost/cabi"
	"example.org/compute-pipeline/gohost/internal/compiler"
	"example.org/compute-pipeline/gohost/internal/fuel"
	"example.org/compute-pipeline/gohost/internal/prepare"
	"example.org/compute-pipeline/gohost/internal/text"
)

// refused classifies an error of internal/prepare.
func refused(err error) error {
	var r *prepare.RefusedError
	switch {
	case errors.Is(err, prepare.ErrContract):
		return fmt.Errorf("%w: %w", ErrInvalidInput, err)
	case !errors.As(err, &r):
		return err // the context's, or a defect
	case r.Class == prepare.Limit:
		return &LimitError{Which: Limit(r.Limit), Max: r.Max, Err: err}
	case r.Class == prepare.Contract:
		return &ContractError{Problems: r.Problems}
	}
	return fmt.Errorf("%w: %w", ErrModule, err)
}

// compileError classifies an error of internal/compiler.
func compileError(err error, limits compiler.Limits) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, compiler.ErrMemory):
		return &LimitError{Which: LimitCompileMemory, Max: limits.Memory, Err: err}
	case errors.Is(err, compiler.ErrCPU):
		return &LimitError{Which: LimitCompileTime, Max: uint64(limits.CPU), Err: err}
	case errors.Is(err, compiler.ErrTime):
		return &LimitError{Which: LimitCompileTime, Max: uint64(limits.Timeout), Err: err}
	case errors.Is(err, compiler.ErrModule):
		return fmt.Errorf("%w: %w", ErrModule, err)
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	}
	return fmt.Errorf("%w: %w", ErrCompileProcess, err)
}

// startError classifies wazero's error of a failed instantiation, which wazero
// describes only in words: a function that failed is a trap, and the rest are imports
// of tables and globals, which a compiled module does not list.
func (m *Module) startError(ctx context.Context, in *Instance, err error) error {
	if stopped := (*fuel.Stopped)(nil); errors.As(err, &stopped) {
		return m.callError(in, stopped)
	}
	exit := (*sys.ExitError)(nil)
	if errors.As(err, &exit) || strings.Contains(err.Error(), "wasm error: ") || strings.Contains(err.Error(), "] failed: ") {
		return m.callError(in, cabi.StartTrap(ctx, m.metered, err))
	}
	return contractError("%s", text.Cut(err.Error(), text.MaxMessage))
}

// callError classifies an error of cabi in a call of the instance.
func (m *Module) callError(in *Instance, err error) error {
	if part := (*partError)(nil); errors.As(err, &part) {
		return part.error // of another instance, and classified there
	}
	if host := (*HostError)(nil); errors.As(err, &host) {
		return fmt.Errorf("%w: %w", ErrHost, err)
	}
	if violation := (*cabi.Violation)(nil); errors.As(err, &violation) {
		return fmt.Errorf("%w: %w", ErrABI, err)
	}
	if invalid := (*cabi.InvalidError)(nil); errors.As(err, &invalid) {
		return fmt.Errorf("%w: %w", ErrInvalidInput, err)
	}
	if limit := (*cabi.LimitError)(nil); errors.As(err, &limit) {
		return &LimitError{Which: LimitHandles, Max: limit.Max, Err: err}
	}
	if stopped := (*fuel.Stopped)(nil); errors.As(err, &stopped) {
		switch {
		case errors.Is(stopped, fuel.ErrBudget):
			return &LimitError{Which: LimitFuel, Max: m.config.fuel, Err: stopped.Reason}
		case errors.Is(stopped, fuel.ErrTime):
			return &LimitError{Which: LimitTime, Max: uint64(m.config.callTimeout), Err: stopped.Reason}
		}
		return stopped.Reason // the context's
	}
	trap := (*cabi.Trap)(nil)
	if !errors.As(err, &trap) {
		return err // the context's, or of a class already
	}
	public := &TrapError{Message: in.lastWords(trap), Stack: trap.Stack}
	switch {
	case in.memory.refused && trap.Lowering:
		return &LimitError{Which: LimitMemory, Max: m.config.memoryLimit(), Arguments: true, Err: fmt.Errorf("the arguments have no room in its memory: %w", public)}
	case in.memory.refused:
		return limitError(LimitMemory, m.config.memoryLimit(), "the memory it asked for was refused: %w", public)
	case trap.StackExhausted:
		return &LimitError{Which: LimitStack, Err: public}
	}
	return public
}

// lastWords returns a trap's message, with what the guest wrote to standard error in the
// call, as the runtimes of languages do, unless the message is the guest's own.
func (in *Instance) lastWords(trap *cabi.Trap) string {
	if in.host == nil || trap.Own {
		return trap.Message
	}
	words := in.host.LastWords()
	if words == "" {
		return trap.Message
	}
	return text.Cut(fmt.Sprintf("%s; on standard error it wrote %q", trap.Message, words), text.MaxMessage)
}

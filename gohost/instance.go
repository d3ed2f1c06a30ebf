package gohost

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/sys"

	"example.org/compute-pipeline/gohost/internal/abi"
)

// instance is one instance of the module with the functions of the contract.
// It serves one call at a time; the pool sees to that.
type instance struct {
	*abi.Instance
	memory *limitedMemory

	computeAggregate, validateStream *abi.Func
	processBatch, validateChecksum   *abi.Func
	fold, merge, finish              *abi.Func // nil without summary

	// state is room for a summary's state between the chunks of one call.
	state []byte
}

// start makes a new instance. The module's start function, and `_initialize`
// where there is one, run in it.
func (e *Engine) start(ctx context.Context) (_ *instance, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("cannot start an instance: %w", runtimePanic(r))
		}
	}()
	memory := &limitedMemory{limit: e.config.memoryLimit()}
	module, err := e.runtime.InstantiateModule(withLimitedMemory(ctx, memory), e.compiled,
		wazero.NewModuleConfig().WithName("").WithStartFunctions(initializeExport))
	if err != nil {
		return nil, fmt.Errorf("cannot start an instance: %w", startError(ctx, err, memory.refused))
	}
	in := &instance{Instance: abi.NewInstance(module), memory: memory}
	f := func(f function) *abi.Func { return in.Func(e.contract.export(f)) }
	in.computeAggregate, in.validateStream = f(fnComputeAggregate), f(fnValidateStream)
	in.processBatch, in.validateChecksum = f(fnProcessBatch), f(fnValidateChecksum)
	if e.contract.has(summaryInterface) {
		in.fold, in.merge, in.finish = f(fnFold), f(fnMerge), f(fnFinish)
	}
	e.counters.started.Add(1)
	e.config.logger.DebugContext(ctx, "instance started", "module", e.name)
	return in, nil
}

// startError gives wazero's error of a failed instantiation its class, which
// wazero tells only in words: a function that failed is a trap, and what is
// left are imports of tables and globals, which a compiled module does not
// list.
func startError(ctx context.Context, err error, hitMemoryLimit bool) error {
	if exit := (*sys.ExitError)(nil); errors.As(err, &exit) && ctx.Err() != nil {
		return ctx.Err()
	}
	if strings.Contains(err.Error(), "wasm error: ") || strings.Contains(err.Error(), "] failed: ") {
		if ctxErr := ctx.Err(); ctxErr != nil {
			return ctxErr
		}
		return callError(abi.StartTrap(err), hitMemoryLimit)
	}
	return fmt.Errorf("%w: %w", ErrContract, err)
}

// call runs f with an instance of the pool. An instance that trapped, broke a
// rule or was stopped half-way is closed, never used again.
func (e *Engine) call(ctx context.Context, fn function, f func(in *instance) error) error {
	e.counters.calls.Add(1)
	in, err := e.acquire(ctx)
	if err != nil {
		return e.failed(fn, err)
	}
	in.memory.refused = false
	if err = guarded(in, f); err == nil {
		e.release(ctx, in)
		return nil
	}
	var answer *GuestError
	if errors.As(err, &answer) {
		e.counters.guestErrors.Add(1)
		e.release(ctx, in)
		return e.failed(fn, err)
	}
	err = callError(err, in.memory.refused)
	e.discard(in, fn, err)
	return e.failed(fn, err)
}

// guarded runs f. A panic in it is a fault of the runtime that a module brought
// about: it ends the call, not the program, and the instance is discarded.
func guarded(in *instance, f func(in *instance) error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = runtimePanic(r)
		}
	}()
	return f(in)
}

func runtimePanic(r any) error {
	return &TrapError{Message: fmt.Sprintf("the runtime panicked: %v", r), Stack: string(debug.Stack())}
}

// failed says which function of which module an error is of.
func (e *Engine) failed(fn function, err error) error {
	return fmt.Errorf("%s of %s: %w", fn.name, e.name, err)
}

// guestError is the err of a WIT result as an error, or nil for its ok.
func guestError(message string, isErr bool) error {
	if !isErr {
		return nil
	}
	return &GuestError{Message: message}
}

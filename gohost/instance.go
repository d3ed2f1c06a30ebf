package gohost

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/sys"

	"example.org/compute-pipeline/gohost/internal/abi"
	"example.org/compute-pipeline/gohost/internal/fuel"
)

// instance is one instance of the module with the functions of the contract.
// It serves one call at a time; the pool sees to that.
type instance struct {
	*abi.Instance
	memory *limitedMemory
	meter  *fuel.Meter // nil for a module that is not metered
	calls  int         // that it has served

	computeAggregate, validateStream *abi.Func
	processBatch, validateChecksum   *abi.Func
	fold, merge, finish              *abi.Func // nil without summary

	// state is room for a summary's state between the chunks of one call.
	state []byte
}

// start makes a new instance for a vacancy, which it gives back when it fails. The
// module's start function, and `_initialize` where there is one, run in it.
func (e *Engine) start(ctx context.Context) (_ *instance, err error) {
	in := &instance{memory: &limitedMemory{limit: e.config.memoryLimit(), onHeap: e.config.memoryOnHeap, all: &e.counters.memory}}
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("cannot start an instance: %w", runtimePanic(r))
		}
		if err != nil {
			e.retire(in) // wazero lets go of nothing, when a start function fails
		}
	}()
	config := &instanceConfig{engine: e, ModuleConfig: wazero.NewModuleConfig().WithName("").WithStartFunctions(initializeExport)}
	startCtx := ctx
	if e.metered {
		in.meter = &fuel.Meter{}
		in.meter.Begin(ctx, e.config.fuelLimits())
		startCtx, config.meter = in.meter, in.meter
	}
	for _, g := range e.config.grants {
		g.configure(config)
	}
	module, err := e.runtime.InstantiateModule(withLimitedMemory(startCtx, in.memory), e.compiled, config.ModuleConfig)
	if err == nil && module.IsClosed() {
		err = sys.NewExitError(0) // by proc_exit in _initialize
	}
	if err == nil && in.meter != nil {
		err = in.endStart(module)
	}
	if err != nil {
		return nil, fmt.Errorf("cannot start an instance: %w", startError(ctx, err, in.memory.refused))
	}
	in.Instance = abi.NewInstance(module)
	e.counters.started.Add(1)
	f := func(f function) *abi.Func { return in.Func(e.contract.export(f)) }
	in.computeAggregate, in.validateStream = f(fnComputeAggregate), f(fnValidateStream)
	in.processBatch, in.validateChecksum = f(fnProcessBatch), f(fnValidateChecksum)
	if e.contract.has(summaryInterface) {
		in.fold, in.merge, in.finish = f(fnFold), f(fnMerge), f(fnFinish)
	}
	e.config.logger.DebugContext(ctx, "instance started", "module", e.name)
	return in, nil
}

// close frees the instance, or what there is of one that failed to start. It runs no
// guest code. Nothing of it can be reached through in from then on, since reading
// its memory would end the process; whoever else has an instance must be done with
// it.
func (in *instance) close() error {
	module, memory := in.Instance, in.memory
	*in = instance{}
	var err error
	if module != nil {
		err = module.Close(context.Background())
	}
	return errors.Join(err, memory.release())
}

// endStart binds the meter to the instance that has just started under it.
func (in *instance) endStart(module api.Module) error {
	err := in.meter.Bind(module)
	if err == nil {
		_, err = in.meter.End()
	}
	if err != nil {
		return errors.Join(err, module.Close(context.Background()))
	}
	return nil
}

// startError gives wazero's error of a failed instantiation its class, which
// wazero tells only in words: a function that failed is a trap, and what is
// left are imports of tables and globals, which a compiled module does not
// list.
func startError(ctx context.Context, err error, hitMemoryLimit bool) error {
	if stopped := (*fuel.Stopped)(nil); errors.As(err, &stopped) {
		return callError(stopped, hitMemoryLimit)
	}
	if exit := (*sys.ExitError)(nil); errors.As(err, &exit) {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return callError(abi.StartTrap(err), hitMemoryLimit)
	}
	if strings.Contains(err.Error(), "wasm error: ") || strings.Contains(err.Error(), "] failed: ") {
		if ctxErr := ctx.Err(); ctxErr != nil {
			return ctxErr
		}
		return callError(abi.StartTrap(err), hitMemoryLimit)
	}
	return fmt.Errorf("%w: %w", ErrContract, err)
}

// call runs f with an instance of the pool, and under its meter: f gets the
// context for the guest's functions. An instance that trapped, broke a rule or
// was stopped half-way is closed, never used again.
func (e *Engine) call(ctx context.Context, fn function, f func(ctx context.Context, in *instance) error) error {
	e.counters.calls.Add(1)
	if e.config.observer == nil {
		_, _, err := e.serve(ctx, fn, f)
		return err
	}
	begin := time.Now()
	began, used, err := e.serve(ctx, fn, f)
	end := time.Now()
	if began.IsZero() {
		began = end // it never got an instance
	}
	e.config.observer(ctx, CallInfo{Function: fn.name, Wait: began.Sub(begin), Duration: end.Sub(began), Fuel: used, Err: err})
	return err
}

// serve is call without the observer; began is when the call got its instance,
// which is only asked where there is an observer.
func (e *Engine) serve(ctx context.Context, fn function, f func(context.Context, *instance) error) (began time.Time, used uint64, err error) {
	in, err := e.acquire(ctx)
	if err != nil {
		return began, 0, e.failed(fn, err)
	}
	if e.config.observer != nil {
		began = time.Now()
	}
	in.calls++
	in.memory.refused = false
	used, err = e.run(ctx, in, f)
	e.counters.fuel.Add(used)
	if err == nil {
		e.release(ctx, in)
		return began, used, nil
	}
	if isAnswer(err) {
		e.counters.guestErrors.Add(1)
		e.release(ctx, in)
		return began, used, e.failed(fn, err)
	}
	err = callError(err, in.memory.refused)
	e.counters.countFailure(err)
	e.discard(in, fn, err)
	return began, used, e.failed(fn, err)
}

// run runs f and returns the fuel it used.
func (e *Engine) run(ctx context.Context, in *instance, f func(context.Context, *instance) error) (used uint64, err error) {
	if in.meter == nil {
		return 0, guarded(ctx, in, f)
	}
	in.meter.Begin(ctx, e.config.fuelLimits())
	err = guarded(in.meter, in, f)
	used, overBudget := in.meter.End()
	if overBudget != nil && (err == nil || isAnswer(err)) {
		err = overBudget
	}
	return used, err
}

// guarded runs f. A panic in it is a fault of the runtime that a module brought
// about: it ends the call, not the program, and the instance is discarded.
func guarded(ctx context.Context, in *instance, f func(context.Context, *instance) error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = runtimePanic(r)
		}
	}()
	return f(ctx, in)
}

func runtimePanic(r any) error {
	return &TrapError{Message: fmt.Sprintf("the runtime panicked: %v", r), Stack: string(debug.Stack())}
}

// failed says which function of which module an error is of.
func (e *Engine) failed(fn function, err error) error {
	return fmt.Errorf("%s of %s: %w", fn.name, e.name, err)
}

// isAnswer reports whether err is the guest's own, which leaves its instance
// whole.
func isAnswer(err error) bool {
	var answer *GuestError
	return errors.As(err, &answer)
}

// guestError is the err of a WIT result as an error, or nil for its ok.
func guestError(message string, isErr bool) error {
	if !isErr {
		return nil
	}
	return &GuestError{Message: message}
}

package gohost

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/sys"

	"example.org/compute-pipeline/gohost/internal/abi"
	"example.org/compute-pipeline/gohost/internal/fuel"
	"example.org/compute-pipeline/gohost/internal/text"
	"example.org/compute-pipeline/gohost/internal/wasi"
)

// instance is one instance of the module with the functions of the contract.
// It serves one call at a time; the pool sees to that.
type instance struct {
	*abi.Instance
	memory *limitedMemory
	meter  *fuel.Meter // nil for a module that is not metered
	host   *wasi.Host  // nil where nothing is granted
	calls  int         // that it has served

	computeAggregate, validateStream *abi.Func
	processBatch, validateChecksum   *abi.Func
	fold, merge, finish              *abi.Func // nil without summary

	// state is room for a summary's state between the chunks of one call.
	state []byte
	// reserved is the Go memory that was counted for the call's result.
	reserved int64
}

// start makes a new instance for a vacancy, which it gives back when it fails. The
// module's start function, and `_initialize` where there is one, run in it.
func (e *Engine) start(ctx context.Context) (_ *instance, err error) {
	in := &instance{
		memory: &limitedMemory{
			limit: e.config.memoryLimit(), onHeap: e.config.memoryOnHeap, all: &e.counters.memory,
			largePages: e.large,
		},
		host: e.newHost(),
	}
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("cannot start an instance: %w", runtimePanic(r))
		}
		if err != nil {
			e.retire(in) // wazero lets go of nothing, when a start function fails
		}
	}()
	config := wazero.NewModuleConfig().WithName("").WithStartFunctions(initializeExport)
	startCtx := ctx
	if e.metered {
		in.meter = &fuel.Meter{}
		in.meter.Begin(ctx, e.config.fuelLimits())
		startCtx = in.meter
	}
	module, err := e.runtime.InstantiateModule(withLimitedMemory(in.within(startCtx), in.memory), e.compiled, config)
	in.leave()
	in.memory.started()
	if err == nil && module.IsClosed() {
		err = sys.NewExitError(0) // by proc_exit in _initialize
	}
	if err == nil && in.meter != nil {
		err = in.endStart(module)
	}
	if err != nil {
		return nil, fmt.Errorf("cannot start an instance: %w", e.startError(ctx, err, in.memory.refused))
	}
	in.Instance = abi.NewInstance(module)
	in.Reserve = func(bytes int) error { return e.reserve(in, bytes) }
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
	err := in.closeHost()
	*in = instance{}
	if module != nil {
		err = errors.Join(err, module.Close(context.Background()))
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
		return began, 0, e.failed(fn.name, err)
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
	if errors.Is(err, ErrGuest) { // which leaves the instance whole
		e.counters.guestErrors.Add(1)
		e.release(ctx, in)
		return began, used, e.failed(fn.name, err)
	}
	failure := e.failed(fn.name, e.callError(err, in.memory.refused))
	e.counters.countFailure(failure.Class)
	e.discard(in, failure)
	return began, used, failure
}

// run runs f and returns the fuel it used.
func (e *Engine) run(ctx context.Context, in *instance, f func(context.Context, *instance) error) (used uint64, err error) {
	defer in.leave()
	if in.meter == nil {
		err = guarded(in.within(ctx), in, f)
		e.unreserve(in)
		return 0, err
	}
	in.meter.Begin(ctx, e.config.fuelLimits())
	err = guarded(in.within(in.meter), in, f)
	e.unreserve(in)
	used, overBudget := in.meter.End()
	if overBudget != nil && (err == nil || errors.Is(err, ErrGuest)) {
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
	return &TrapError{
		Message: text.Cut(fmt.Sprintf("the runtime panicked: %v", r), text.MaxMessage),
		Stack:   text.Cut(string(debug.Stack()), text.MaxStack),
	}
}

// failed returns the error of one of the engine's functions.
func (e *Engine) failed(function string, err error) *Error {
	return newError(e.name, function, err)
}

// guestError is the err of a WIT result as an error, or nil for its ok.
func guestError(message abi.Message, isErr bool) error {
	switch {
	case !isErr:
		return nil
	case len(message.Text) < message.Size:
		return &GuestError{Message: text.Note(message.Text, message.Size), CutFrom: message.Size}
	}
	return &GuestError{Message: message.Text}
}

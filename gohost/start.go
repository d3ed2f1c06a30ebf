package gohost

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/sys"

	"example.org/compute-pipeline/gohost/cabi"
	"example.org/compute-pipeline/gohost/internal/fuel"
	"example.org/compute-pipeline/gohost/internal/wasi"
)

// maxClosedAtOnce is the max memory, in bytes, that is unmapped while the call waits.
// Unmapping this many used pages takes about 0.3 ms (64 MiB take 3 to 5 ms), and the
// call may have a deadline.
const maxClosedAtOnce = 4 << 20

// instance is one instance of the module with the functions of the contract. It serves
// one call at a time, as the pool ensures.
type instance struct {
	*cabi.Instance
	memory *limitedMemory
	meter  *fuel.Meter // nil for a module that is not metered
	host   *wasi.Host  // nil where nothing is granted
	calls  int         // the number of calls it has served
	isNew  bool        // it has not been acquired yet

	computeAggregate, validateStream *cabi.Func
	processBatch, validateChecksum   *cabi.Func
	fold, merge, finish              *cabi.Func // nil without summary

	// state is room for a summary's state between the chunks of one call.
	state []byte
	// reserved is the Go memory that was counted for the call's result.
	reserved int64
}

// start starts a new instance. With an error it returns the partial instance, which the
// caller must close: wazero frees nothing when a start function fails. It runs the
// module's start function and `_initialize`, if they exist.
func (e *Engine) start(ctx context.Context) (in *instance, err error) {
	in = &instance{
		memory: &limitedMemory{
			limit: e.config.memoryLimit(), onHeap: e.config.memoryOnHeap, all: &e.counters.memory,
			largePages: e.large,
		},
		host:  e.newHost(),
		isNew: true,
	}
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("cannot start an instance: %w", runtimePanic(r))
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
		return in, fmt.Errorf("cannot start an instance: %w", e.startError(ctx, err, in.memory.refused))
	}
	in.Instance = cabi.NewInstance(module)
	in.Reserve = func(bytes int) error { return e.reserve(in, bytes) }
	e.counters.started.Add(1)
	f := func(f function) *cabi.Func { return in.Func(e.contract.export(f)) }
	in.computeAggregate, in.validateStream = f(fnComputeAggregate), f(fnValidateStream)
	in.processBatch, in.validateChecksum = f(fnProcessBatch), f(fnValidateChecksum)
	if e.contract.has(summaryInterface) {
		in.fold, in.merge, in.finish = f(fnFold), f(fnMerge), f(fnFinish)
	}
	e.config.logger.DebugContext(ctx, "instance started", "module", e.name)
	return in, nil
}

// close frees the instance, or a partial one that failed to start. It runs no guest
// code. The instance must not be used after it, since reading its memory would crash the
// process.
func (in *instance) close() error {
	module, memory := in.Instance, in.memory
	err := in.closeHost()
	*in = instance{}
	if module != nil {
		err = errors.Join(err, module.Close(context.Background()))
	}
	return errors.Join(err, memory.release())
}

// endStart binds the meter to the instance that has just started.
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

// isSlowToClose reports whether a call should not wait for closing the instance.
func (in *instance) isSlowToClose() bool { return in.memory.size() > maxClosedAtOnce }

// closeInstance frees an instance, or a partial one that failed to start. It runs no
// guest code and waits for nothing, so it needs no context.
func (e *Engine) closeInstance(in *instance) {
	started := in.Instance != nil
	if err := in.close(); err != nil {
		e.config.logger.Warn("closing an instance", "module", e.name, "error", err)
	}
	if started {
		e.counters.closed.Add(1)
	}
}

// ended returns the error of a context that has ended. The context's timer may be late
// on a busy machine, so ended reads the clock too.
func ended(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if at, ok := ctx.Deadline(); ok && !time.Now().Before(at) {
		return context.DeadlineExceeded
	}
	return nil
}

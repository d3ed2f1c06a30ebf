package sandbox

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/sys"

	"example.org/compute-pipeline/gohost/cabi"
	"example.org/compute-pipeline/gohost/internal/compiler"
	"example.org/compute-pipeline/gohost/internal/fuel"
	"example.org/compute-pipeline/gohost/internal/text"
)

// initializeExport runs when an instance starts, if the module exports it.
const initializeExport = "_initialize"

// instances is how instances start.
var instances = compiler.Instances.WithStartFunctions(initializeExport)

// maxClosedAtOnce is the max memory, in bytes, that is unmapped while the call waits.
// Unmapping this many used pages takes about 0.3 ms (64 MiB take 3 to 5 ms), and the
// call may have a deadline.
const maxClosedAtOnce = 4 << 20

// start starts a new instance. With an error it returns the partial instance, which the
// caller must close: wazero frees nothing when a start function fails. It runs the
// module's start function and `_initialize`, if they exist.
func (m *Module) start(ctx context.Context) (*Instance, error) {
	return m.startIn(ctx, &limitedMemory{onHeap: m.config.memoryOnHeap, largePages: m.large})
}

// startFixed is start for an instance whose memory is on Go's heap and never moves.
func (m *Module) startFixed(ctx context.Context) (*Instance, error) {
	return m.startIn(ctx, &limitedMemory{fixed: true})
}

// startIn is start with a memory.
func (m *Module) startIn(ctx context.Context, memory *limitedMemory) (in *Instance, err error) {
	memory.limit, memory.all = m.config.memoryLimit(), &m.counters.memory
	in = &Instance{
		memory: memory,
		host:   m.newHost(),
		isNew:  true,
		caller: m,
	}
	in.abi = cabi.NewInstance(nil)
	in.abi.Imports = m.imports
	in.abi.Owner = &owner{module: m, in: in}
	in.abi.Reserve = func(bytes int) error { return m.reserve(in, bytes) }
	in.abi.Destructor = m.destructor
	if m.metered {
		in.meter = &fuel.Meter{}
		in.abi.Reallocs = m.reallocs
	}
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("cannot start an instance: %w", runtimePanic(r))
		}
	}()
	in.begin(ctx, m.config.fuelLimits())
	module, err := m.code.Runtime.InstantiateModule(withLimitedMemory(in.abi.Within(in.guest), in.memory), m.code.Module, instances)
	in.abi.Leave()
	m.unreserve(in) // what imports that failed had counted
	if in.host != nil {
		in.host.Leave()
	}
	in.ctx, in.guest = nil, nil
	in.memory.started()
	if err == nil && module.IsClosed() {
		err = sys.NewExitError(0) // by proc_exit in _initialize
	}
	if err == nil && in.meter != nil {
		err = in.endStart(module)
	}
	if err != nil {
		return in, fmt.Errorf("cannot start an instance: %w", m.startError(ctx, in, err))
	}
	in.abi.Bind(module)
	in.started = true
	in.tally = m.tallies.take()
	m.counters.started.Add(1)
	in.functions = make([]*cabi.Func, len(m.functions))
	m.config.logger.DebugContext(ctx, "instance started", "module", m.name)
	return in, nil
}

// close frees the instance, or a partial one that failed to start. It runs no guest
// code, but drops the Go values that the guest owned. The instance must not be used after
// it, since reading its memory would crash the process.
func (in *Instance) close() error {
	module, memory := in.abi, in.memory
	err := in.closeHost()
	*in = Instance{}
	if module != nil {
		err = errors.Join(err, module.Close(context.Background()))
	}
	return errors.Join(err, memory.release())
}

// endStart binds the meter to the instance that has just started.
func (in *Instance) endStart(module api.Module) error {
	err := in.meter.Bind(module)
	if err == nil {
		in.startFuel, err = in.meter.End()
	}
	if err != nil {
		return errors.Join(err, module.Close(context.Background()))
	}
	return nil
}

// isSlowToClose reports whether a call should not wait for closing the instance.
func (in *Instance) isSlowToClose() bool {
	return in.memory.size() > maxClosedAtOnce || in.abi != nil && in.abi.OwnsValues()
}

// closeInstance frees an instance, or a partial one that failed to start. It runs no
// guest code, and waits only for the program's code that drops values.
func (m *Module) closeInstance(in *Instance) {
	m.lose(in)
	started, tally := in.started, in.tally
	if err := in.close(); err != nil {
		m.config.logger.Warn("closing an instance", "module", m.name, "error", text.Logged(err))
	}
	if started {
		m.tallies.put(tally)
		m.counters.closed.Add(1)
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

package gohost

import (
	"log/slog"
	"time"

	"example.org/compute-pipeline/gohost/sandbox"
)

// Option configures an engine. [New] and [Load] return an [ErrInvalidInput] that
// names the option if its value is invalid.
type Option = sandbox.Option

// Max values of options.
const (
	// MaxMemoryLimit is the max value of [WithMemoryLimit], in MiB: a 32-bit address
	// space.
	MaxMemoryLimit = sandbox.MaxMemoryLimit
	// MaxInstancesLimit is the max value of [WithMaxInstances].
	MaxInstancesLimit = sandbox.MaxInstancesLimit
	// MaxResultLimit is the max value of [WithMaxResult], in MiB: no list of the
	// component model is larger.
	MaxResultLimit = sandbox.MaxResultLimit
	// MaxHeapLimit is the max value of [WithHeapLimit], in MiB.
	MaxHeapLimit = sandbox.MaxHeapLimit
)

// WithMaxInstances limits the number of instances of the module, and so of calls
// that run at the same time. Other calls wait until their contexts end. The default is
// GOMAXPROCS.
func WithMaxInstances(n int) Option { return sandbox.WithMaxInstances(n) }

// WithParallelism limits the number of instances that one call uses at the same time. Long
// lists of [Engine.ComputeAggregate] and [Engine.Fold], from 57,345 points on, and texts of
// [Engine.ValidateStream] from 2 MiB on (of the embedded engine), are divided into parts, which
// run on the call's instance and on others that are idle: no call waits for another's parts,
// and the result is the same. A text with an error is then parsed again as a whole, which
// finds the place of the error. The default is GOMAXPROCS; with 1, each call runs on one
// instance. See [sandbox.WithParallelism].
//
// The parts depend on the list or text alone. But the fuel of a call depends on its
// instances, too: each uses more in its first call, when its memory grows (the embedded
// engine 160,000 units). So a call with a budget that is hardly more than it needs may
// succeed or fail, unless n is 1.
func WithParallelism(n int) Option { return sandbox.WithParallelism(n) }

// WithMaxWaiters limits how many calls may wait for an instance. One more fails at
// once with [ErrBusy]. The default is no limit.
func WithMaxWaiters(n int) Option { return sandbox.WithMaxWaiters(n) }

// WithCallsPerInstance replaces an instance after n calls. With 1, nothing that a
// guest keeps in its memory outlives a call. The default is no limit. See
// [sandbox.WithCallsPerInstance].
func WithCallsPerInstance(n int) Option { return sandbox.WithCallsPerInstance(n) }

// WithMemoryLimit limits the linear memory of each instance, in MiB from 1 to
// [MaxMemoryLimit]. A guest that needs more fails with [ErrLimit]. The default is 256.
// [sandbox.WithMemoryLimit] says where that memory is.
func WithMemoryLimit(mib int) Option { return sandbox.WithMemoryLimit(mib) }

// WithFuel sets a budget for each call, beyond which it fails with [ErrLimit]. A unit
// is about one WebAssembly instruction, the same on every machine. The default is no
// limit. See [sandbox.WithFuel].
func WithFuel(units uint64) Option { return sandbox.WithFuel(units) }

// WithCallTimeout limits how long a call may run once it has an instance. Beyond that it
// fails with [ErrLimit]. The end of a call's context stops it too. The default is no
// limit. [sandbox.WithCallTimeout] says how often the time is checked; a long list is
// split into chunks, and the time is checked after each.
func WithCallTimeout(d time.Duration) Option { return sandbox.WithCallTimeout(d) }

// WithMaxResult limits the Go memory that is allocated for the result of a call, in MiB
// from 1 to [MaxResultLimit]. A call that needs more fails with [ErrLimit] before
// anything is allocated. Capacity that the caller provides (AppendValidated,
// AppendProcessed) does not count. The default is 256, the limit of the component
// model.
//
// In addition, the input always limits the result: validate-stream returns at most one
// point per 6 bytes of text, process-batch at most the size of its input, fold and
// merge at most 64 KiB.
func WithMaxResult(mib int) Option { return sandbox.WithMaxResult(mib) }

// WithHeapLimit limits the Go memory for the results of all running calls of the engine,
// in MiB from 1 to [MaxHeapLimit]. A call whose result does not fit beside the others
// fails with [ErrLimit]. The default is 1024, which honest modules reach only with 400 MB
// of the shortest JSON in running calls, or 2.5 GB of usual JSON. See
// [sandbox.WithHeapLimit].
func WithHeapLimit(mib int) Option { return sandbox.WithHeapLimit(mib) }

// WithCacheDir stores compiled modules in dir, so that the next process starts in
// milliseconds. It creates dir if needed. Anyone who can write to dir can run code in
// this process: keep it private to the user. [Compile] fills it ahead. Without the option, the
// embedded engine's code is kept in the user's cache directory, if nobody else can change that.
// See [sandbox.WithCacheDir].
func WithCacheDir(dir string) Option { return sandbox.WithCacheDir(dir) }

// WithoutCache keeps nothing on disk, and uses nothing that is kept there: neither a directory
// of [WithCacheDir] nor the default one.
func WithoutCache() Option { return sandbox.WithoutCache() }

// WithInterpreter runs the module in wazero's interpreter, which is 20 to 100 times
// slower than compiled code. It serves to compare results with the compiler's. New
// and Load use it anyway on machines that the compiler does not support.
func WithInterpreter() Option { return sandbox.WithInterpreter() }

// WithDebugInfo adds the source's file and line to the stack of a [TrapError] if the
// module passed to [Load] has debug sections. It is for development with trusted modules
// only, which run without metering: see [sandbox.WithDebugInfo].
func WithDebugInfo() Option { return sandbox.WithDebugInfo() }

// WithCodeOffsets adds to the stack of a [TrapError] what `pipeline symbolize` makes lines of
// the source of: see [sandbox.WithCodeOffsets].
func WithCodeOffsets() Option { return sandbox.WithCodeOffsets() }

// WithLogger sets the logger for the engine's messages: at level Debug when an
// instance starts, at level Warn when one is discarded after a failure. The default
// discards them.
func WithLogger(logger *slog.Logger) Option { return sandbox.WithLogger(logger) }

// WithObserver sets a function to call at the end of each call, for metrics and
// traces. It is not called for calls that fail with [ErrInvalidInput].
func WithObserver(observer Observer) Option { return sandbox.WithObserver(observer) }

// Observer is called at the end of each call, in the caller's goroutine, before the
// method returns. It should be quick. The context is the call's.
type Observer = sandbox.Observer

// CallInfo describes one call to an [Observer].
type CallInfo = sandbox.CallInfo

// Stats has the counters of an engine since it was created.
type Stats = sandbox.Stats

// CompileProcess has the limits of each process of [WithCompileProcess]. A zero field
// means its default.
type CompileProcess = sandbox.CompileProcess

// WithCompileProcess makes [Load] compile each module in a separate process, by starting
// this program again. If a module makes wazero's compiler use unbounded memory or time,
// or crash, only that process fails. The program must call [CompilerMain] first;
// otherwise the option is an [ErrInvalidInput]. The embedded engine compiles in this
// process. See [sandbox.WithCompileProcess].
func WithCompileProcess(p CompileProcess) Option { return sandbox.WithCompileProcess(p) }

// CompilerMain must be the first line of main in a program that uses
// [WithCompileProcess]. It returns at once, unless the process was started to compile a
// module: then it compiles the module and exits.
//
// Package variables and init functions run before it in each of these processes, so
// they must not open or start anything that can exist only once.
func CompilerMain() { sandbox.CompilerMain() }

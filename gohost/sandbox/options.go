package sandbox

import (
	"fmt"
	"log/slog"
	"os"
	"runtime"
)

// Option configures a module. [Load] returns an [ErrInvalidInput] that names the option
// if its value is invalid.
type Option func(*config) error

// MaxMemoryLimit is the max value of [WithMemoryLimit], in MiB: a 32-bit address
// space. Its last page of 64 KiB is never used, since wazero stores the size of a
// memory in 32 bits.
const MaxMemoryLimit = 4096

// MaxInstancesLimit is the max value of [WithMaxInstances].
const MaxInstancesLimit = 1 << 16

type config struct {
	maxInstances   int
	parallelism    int
	memoryLimitMiB int
	memoryOnHeap   bool // as where the system cannot map memory; for tests
	cacheDir       string
	withoutCache   bool
	interpreter    bool
	debugInfo      bool
	codeOffsets    bool
	compileProcess *CompileProcess // nil: compile in this process
	logger         *slog.Logger
	limits         // of calls
	heapLimits     // of their results
	grants         []Grant
	observer       Observer
}

// memoryLimit returns the memory limit in bytes.
func (c config) memoryLimit() uint64 {
	return min(uint64(c.memoryLimitMiB)<<20, 1<<32-pageSize)
}

func newConfig(opts []Option) (config, error) {
	c := config{
		maxInstances:   runtime.GOMAXPROCS(0),
		parallelism:    runtime.GOMAXPROCS(0),
		memoryLimitMiB: 256,
		logger:         slog.New(slog.DiscardHandler),
		limits:         noLimits,
		heapLimits:     defaultHeapLimits,
	}
	for _, opt := range opts {
		if opt == nil {
			return config{}, fmt.Errorf("%w: an Option is nil", ErrInvalidInput)
		}
		if err := opt(&c); err != nil {
			return config{}, fmt.Errorf("%w: %w", ErrInvalidInput, err)
		}
	}
	if c.withoutCache && c.cacheDir != "" {
		return config{}, fmt.Errorf("%w: WithoutCache and WithCacheDir exclude each other", ErrInvalidInput)
	}
	if c.debugInfo && (c.fuel != noLimits.fuel || c.callTimeout != 0) {
		return config{}, fmt.Errorf("%w: WithDebugInfo runs a module without metering, which WithFuel and WithCallTimeout need", ErrInvalidInput)
	}
	if c.codeOffsets && (c.debugInfo || c.compileProcess != nil) {
		return config{}, fmt.Errorf("%w: WithCodeOffsets cannot be combined with WithDebugInfo, which has lines, or WithCompileProcess, whose code has no offsets", ErrInvalidInput)
	}
	return c, nil
}

// WithMaxInstances limits the number of instances of the module, and so of calls
// that run at the same time. Other calls wait until their contexts end. Instances
// start when needed. The default is GOMAXPROCS.
func WithMaxInstances(n int) Option {
	return func(c *config) error {
		if n < 1 || n > MaxInstancesLimit {
			return fmt.Errorf("WithMaxInstances(%d): must be from 1 to %d", n, MaxInstancesLimit)
		}
		c.maxInstances = n
		return nil
	}
}

// WithParallelism limits the number of instances that one call uses at the same time, for
// calls whose work a binding divides into parts ([Instance.Parts]). Beside the call's own,
// these are instances that no call uses or waits for. With 1, each call runs on one
// instance. The default is GOMAXPROCS. [WithMaxInstances] limits them as well.
//
// It changes no result. The budget of [WithFuel] and the time of [WithCallTimeout] are
// those of the whole call.
func WithParallelism(n int) Option {
	return func(c *config) error {
		if n < 1 {
			return fmt.Errorf("WithParallelism(%d): must be at least 1", n)
		}
		c.parallelism = n
		return nil
	}
}

// WithMemoryLimit limits the linear memory of each instance, in MiB from 1 to
// [MaxMemoryLimit]. A guest that needs more fails with [ErrLimit]. The default
// is 256.
//
// On 64-bit Linux and macOS the memory is outside Go's heap. The limit is reserved
// as address space for each instance, a page uses memory when it is first touched,
// and all of it returns to the system when the instance is closed. GOMEMLIMIT does
// not count it. Elsewhere, and if the system refuses to reserve (RLIMIT_AS), it is
// on the heap, where growth copies it and closed memory waits for the collector.
//
// Call stacks are extra, on Go's heap: each function that the host has called has one,
// 10 KiB at first, about 1 MiB after a deep recursion, max 8 MiB. An instance keeps at most
// 42: those of realloc, of the host's module that calls it for lists of strings, of 16
// functions with their post-returns, and of 8 destructors.
func WithMemoryLimit(mib int) Option {
	return func(c *config) error {
		if mib < 1 || mib > MaxMemoryLimit {
			return fmt.Errorf("WithMemoryLimit(%d): must be from 1 to %d MiB", mib, MaxMemoryLimit)
		}
		c.memoryLimitMiB = mib
		return nil
	}
}

// WithCacheDir stores modules in dir, checked and rewritten, and their compiled code, so
// that the next process starts in milliseconds. It creates dir if needed. Anyone who can
// write to dir can run code in this process: keep it private to the user. A directory
// writable by all users is rejected; one writable by a group or owned by another user
// causes a warning in the log. Files that another user owns or can write to do not count. If
// the disk is full, Load continues without the cache and logs a warning; what is damaged is
// made anew. The option has no effect together with [WithInterpreter]. [Compile] fills the
// directory ahead.
//
// The rewritten modules take up to 1 GiB and compiled code up to 2 GiB, and then what was not
// used for the longest time is removed. Everything may be removed at any time.
//
// Without the option, the compiled code of what is part of the program, which is the modules
// of [LoadTrusted] and the one that checks and rewrites those of [Load], is kept in the
// directory compute-pipeline of [os.UserCacheDir], up to 64 MiB. The modules of Load are not.
// There is no such directory if another user could change it, or if it cannot be created, as
// in a service without a home; in tests (see [testing.Testing]); or if the environment
// variable COMPUTE_PIPELINE_CACHE is "off". Then everything is compiled anew. [WithoutCache]
// does that too.
func WithCacheDir(dir string) Option {
	return func(c *config) error {
		if dir == "" {
			return fmt.Errorf("WithCacheDir: the directory's name is empty")
		}
		if info, err := os.Stat(dir); err == nil && !info.IsDir() {
			return fmt.Errorf("WithCacheDir(%q): not a directory", dir)
		}
		c.cacheDir = dir
		return nil
	}
}

// WithoutCache keeps nothing on disk, and uses nothing that is kept there.
func WithoutCache() Option {
	return func(c *config) error {
		c.withoutCache = true
		return nil
	}
}

// WithInterpreter runs the module in wazero's interpreter, which is 20 to 100 times
// slower than compiled code. It serves to compare results with the compiler's. Load
// uses it anyway on machines that the compiler does not support.
func WithInterpreter() Option {
	return func(c *config) error {
		c.interpreter = true
		return nil
	}
}

// WithDebugInfo adds the source's file and line to the stack of a [TrapError] if
// the module passed to [Load] has debug sections. It is for development with
// trusted modules only: wazero reads these sections outside the sandbox, and a
// hostile section can make it use gigabytes. Metering would move the code that they
// describe, so the module runs without it: slower, since wazero's own check for the
// end of a context takes its place, and without [WithFuel] and [WithCallTimeout].
func WithDebugInfo() Option {
	return func(c *config) error {
		c.debugInfo = true
		return nil
	}
}

// WithCodeOffsets adds to each line of the stack of a [TrapError] a line with the offset of
// the instruction in the code that runs, and the beginning of that code's SHA-256:
//
//	.compute_pipeline::validate::validate_stream(i32,i32,i32)
//		0x6871: code 7bcbfdb9caf4
//
// `pipeline symbolize` makes lines of the source of it, with symbols that need not be where
// the program runs. The module stays metered and as fast as without; its compiled code takes
// about a quarter more memory. It cannot be combined with [WithCompileProcess].
func WithCodeOffsets() Option {
	return func(c *config) error {
		c.codeOffsets = true
		return nil
	}
}

// WithLogger sets the logger for the module's messages: at level Debug when an
// instance starts, at level Warn when one is discarded after a failure. The default
// discards them.
func WithLogger(logger *slog.Logger) Option {
	return func(c *config) error {
		if logger == nil {
			return fmt.Errorf("WithLogger: the logger is nil")
		}
		c.logger = logger
		return nil
	}
}

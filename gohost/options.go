package gohost

import (
	"fmt"
	"log/slog"
	"os"
	"runtime"
)

// Option sets something about an engine in [New] or [Load], which return an
// [ErrInvalidInput] that names the option when its value makes no sense.
type Option func(*config) error

// MaxMemoryLimit is the most a memory limit can be, in MiB: all of a 32-bit
// address space, of which the last page of 64 KiB is never given, since wazero
// counts the bytes of a memory in 32 bits.
const MaxMemoryLimit = 4096

// MaxInstancesLimit is the most [WithMaxInstances] takes.
const MaxInstancesLimit = 1 << 16

type config struct {
	maxInstances   int
	memoryLimitMiB int
	memoryOnHeap   bool // as where the system has no better; for tests
	cacheDir       string
	interpreter    bool
	debugInfo      bool
	compileProcess *CompileProcess // nil for this process
	logger         *slog.Logger
	limits         // of calls
	heapLimits     // of what they return
	grants         []Grant
	observer       Observer
}

// memoryLimit is the memory limit in bytes.
func (c config) memoryLimit() uint64 {
	return min(uint64(c.memoryLimitMiB)<<20, 1<<32-pageSize)
}

func newConfig(opts []Option) (config, error) {
	c := config{
		maxInstances:   runtime.GOMAXPROCS(0),
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
	if c.debugInfo && (c.fuel != noLimits.fuel || c.callTimeout != 0) {
		return config{}, fmt.Errorf("%w: WithDebugInfo runs a module without metering, which WithFuel and WithCallTimeout need", ErrInvalidInput)
	}
	return c, nil
}

// WithMaxInstances bounds how many instances of the module there are, and so
// how many calls run at the same time; others wait, as long as their contexts
// let them. Instances are started when needed. The default is GOMAXPROCS.
func WithMaxInstances(n int) Option {
	return func(c *config) error {
		if n < 1 || n > MaxInstancesLimit {
			return fmt.Errorf("WithMaxInstances(%d): from 1 to %d are possible", n, MaxInstancesLimit)
		}
		c.maxInstances = n
		return nil
	}
}

// WithMemoryLimit bounds the linear memory of each instance, in MiB from 1 to
// [MaxMemoryLimit]. A guest that needs more fails with [ErrLimit]. The default
// is 256.
//
// The memory is outside of Go's heap on Linux and macOS with 64 bits: so much address
// space is reserved for each instance, a page takes memory when it is first touched,
// and all of it is the system's again when the instance is closed. GOMEMLIMIT does not
// count it. Elsewhere, and where the system refuses to reserve (RLIMIT_AS), it is on
// the heap, where growth copies it and what is closed waits for the collector.
//
// Call stacks come on top, on Go's heap: each function that the host calls has one
// of its own, of 10 KiB at first, some 1 MiB after a deep recursion, 8 MiB at most.
func WithMemoryLimit(mib int) Option {
	return func(c *config) error {
		if mib < 1 || mib > MaxMemoryLimit {
			return fmt.Errorf("WithMemoryLimit(%d): from 1 to %d MiB are possible", mib, MaxMemoryLimit)
		}
		c.memoryLimitMiB = mib
		return nil
	}
}

// WithCacheDir keeps compiled modules in dir, which is made if it does not
// exist, so that the next process starts in milliseconds. Whoever can write to
// dir can run code in this process: keep it private to the user. One that all
// users can write to is refused, and one that a group can write to or that
// belongs to another user is logged as a warning. When the disk is full or a file
// there is damaged, New and Load do without and log a warning. It has no effect
// together with [WithInterpreter].
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

// WithInterpreter runs the module in wazero's interpreter: 20 to 100 times
// slower than compiled code, for machines that the compiler does not support
// and for a second opinion. Without it, New and Load use the compiler where
// there is one.
func WithInterpreter() Option {
	return func(c *config) error {
		c.interpreter = true
		return nil
	}
}

// WithDebugInfo makes the stack of a [TrapError] name the source's file and line
// where a module given to [Load] has debug sections. Only for development, with
// modules that are trusted: wazero reads the sections outside of the sandbox,
// and a hostile one can make that take gigabytes. Metering would move the code
// that they describe, so the module runs without: slower, since wazero's own
// check for the end of a context takes its place, and without [WithFuel] and
// [WithCallTimeout].
func WithDebugInfo() Option {
	return func(c *config) error {
		c.debugInfo = true
		return nil
	}
}

// WithLogger gets the engine's messages: instances started at level Debug,
// instances discarded after a failure at level Warn. The default is silence.
func WithLogger(logger *slog.Logger) Option {
	return func(c *config) error {
		if logger == nil {
			return fmt.Errorf("WithLogger: the logger is nil")
		}
		c.logger = logger
		return nil
	}
}

package gohost

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/tetratelabs/wazero"

	"example.org/compute-pipeline/gohost/internal/compiler"
)

// CompileProcess bounds each process of [WithCompileProcess]. A zero field stands
// for its default.
type CompileProcess struct {
	// MemoryMiB is how much memory it may use, in MiB from 64 to 1,048,576. The
	// default is 1024. The process watches itself, and may have used some more when
	// it notices; on Linux the kernel does not let it have 128 MiB more.
	MemoryMiB int
	// CPUTime is how much processor time it may use, over all processors, rounded
	// up to seconds; at least a second. The default is two minutes. Only on Linux.
	CPUTime time.Duration
	// Timeout is how long it may take. The default is five minutes.
	Timeout time.Duration
}

// The defaults of [CompileProcess].
const (
	defaultCompileMemoryMiB = 1024
	defaultCompileCPUTime   = 2 * time.Minute
	defaultCompileTimeout   = 5 * time.Minute
)

const (
	minCompileMemoryMiB = 64
	maxCompileMemoryMiB = 1 << 20
)

// limits are those of internal/compiler, with the defaults.
func (p CompileProcess) limits() compiler.Limits {
	return compiler.Limits{
		Memory:  uint64(cmp.Or(p.MemoryMiB, defaultCompileMemoryMiB)) << 20,
		CPU:     (cmp.Or(p.CPUTime, defaultCompileCPUTime) + time.Second - 1).Truncate(time.Second),
		Timeout: cmp.Or(p.Timeout, defaultCompileTimeout),
	}
}

// Check returns what keeps [WithCompileProcess] from taking p, an
// [ErrInvalidInput].
func (p CompileProcess) Check() error {
	if err := p.check(); err != nil {
		return fmt.Errorf("%w: %w", ErrInvalidInput, err)
	}
	return nil
}

func (p CompileProcess) check() error {
	const option = "WithCompileProcess"
	switch {
	case p.MemoryMiB != 0 && (p.MemoryMiB < minCompileMemoryMiB || p.MemoryMiB > maxCompileMemoryMiB):
		return fmt.Errorf("%s: MemoryMiB is %d: from %d to %d are possible", option, p.MemoryMiB, minCompileMemoryMiB, maxCompileMemoryMiB)
	case p.CPUTime != 0 && p.CPUTime < time.Second:
		return fmt.Errorf("%s: CPUTime is %v: at least a second is needed", option, p.CPUTime)
	case p.Timeout < 0:
		return fmt.Errorf("%s: Timeout is %v: it cannot be negative", option, p.Timeout)
	case !compiler.Installed():
		return fmt.Errorf("%s: the program's main function must call gohost.CompilerMain first", option)
	}
	return nil
}

// CompilerMain is for the first line of main in a program that uses
// [WithCompileProcess]. It returns at once, unless the process was started to
// compile a module: then it does that, and ends the process.
//
// What comes before it runs in each of these processes too: package variables and
// init functions, which must not open or start anything that there can be only
// one of.
func CompilerMain() { compiler.Main() }

// WithCompileProcess has [Load] compile each module in a process of its own, this
// program started again: should a module make wazero's compiler take memory or
// time without bound, or crash, then only that process ends. The code comes back
// through the cache directory ([WithCacheDir]), or through a temporary one.
// Where the cache has it already no process is started.
//
// The program must call [CompilerMain] first, or the option is refused
// ([ErrInvalidInput]).
//
// A module that exceeds the bounds is an [ErrLimit], and one that makes the
// compiler crash an [ErrModule]. [ErrCompileProcess] is a failure that says
// nothing about the module. A Load whose context ends while it compiles kills the
// process and ends.
//
// As many processes run at the same time as there are Loads, so Loads times
// MemoryMiB is what they can use at most. On Linux each has a higher
// oom_score_adj and a lower priority than this process, and ends with it. It
// inherits no environment variables and no files that this process has opened.
//
// The embedded engine ([New]) is compiled in this process, as are modules with
// [WithDebugInfo], which are trusted, and those of an interpreter are not
// compiled.
func WithCompileProcess(p CompileProcess) Option {
	return func(c *config) error {
		if err := p.check(); err != nil {
			return err
		}
		c.compileProcess = &p
		return nil
	}
}

// compileOutside has the module compiled in another process, unless it was, and
// maps the code.
func (e *Engine) compileOutside(ctx context.Context, wasm []byte) (err error) {
	cache, limits := compiler.Cache{Dir: e.config.cacheDir}, e.config.compileProcess.limits()
	if cache.Dir != "" {
		// Damaged, or code for another processor: compiled again.
		if cache.Has(wasm) && e.mapCode(ctx, cache.Dir, wasm) == nil {
			return nil
		}
		if err = e.compileVia(ctx, cache, wasm); !errors.Is(err, compiler.ErrDirectory) {
			return compileError(err, limits)
		}
		e.warnOfCache(ctx, err)
	}
	return compileError(e.compileVia(ctx, compiler.Cache{}, wasm), limits)
}

// compileVia has the code come through a directory in the cache's, or through a
// temporary one.
func (e *Engine) compileVia(ctx context.Context, cache compiler.Cache, wasm []byte) (err error) {
	for range 2 { // a second time should the code not arrive whole
		var again bool
		if again, err = e.compileOnce(ctx, cache, wasm); err == nil || !again {
			return err
		}
	}
	return err
}

func (e *Engine) compileOnce(ctx context.Context, cache compiler.Cache, wasm []byte) (again bool, err error) {
	limits := e.config.compileProcess.limits()
	dir, err := cache.Handover(limits.Timeout)
	if err != nil {
		return false, err
	}
	defer func() {
		if err := os.RemoveAll(dir); err != nil {
			e.warnOfCache(ctx, err)
		}
	}()
	begin := time.Now()
	result, err := compiler.Run(ctx, dir, wasm, limits)
	if err != nil {
		return false, err
	}
	e.config.logger.DebugContext(ctx, "compiled in a process", "module", e.name, "duration", time.Since(begin))
	if !result.KernelLimits {
		e.config.logger.InfoContext(ctx, "the kernel does not limit the process that compiles: it watches its memory itself", "module", e.name)
	}
	if err := e.mapCode(ctx, dir, wasm); err != nil {
		return true, fmt.Errorf("the code that it made cannot be used: %w", err)
	}
	if cache.Dir != "" {
		if err := cache.Keep(dir, wasm); err != nil {
			e.warnOfCache(ctx, err)
		}
	}
	return false, nil
}

// mapCode makes the engine's runtime, with code from a directory. It compiles
// nothing.
func (e *Engine) mapCode(ctx context.Context, dir string, wasm []byte) (err error) {
	e.free() // what was tried before
	e.runtime = nil
	if e.cache, err = wazero.NewCompilationCacheWithDir(dir); err != nil {
		return err
	}
	e.runtime = wazero.NewRuntimeWithConfig(ctx, compiler.Config().WithCompilationCache(e.cache))
	e.compiled, err = e.runtime.CompileModule(compiler.OnlyCached(ctx), wasm)
	return err
}

package sandbox

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"example.org/compute-pipeline/gohost/internal/compiler"
)

// CompileProcess has the limits of each process of [WithCompileProcess]. A zero field
// means its default.
type CompileProcess struct {
	// MemoryMiB is the max memory, in MiB from 64 to 1,048,576. The default is 1024.
	// The process watches itself, and may use a little more before it notices; on
	// Linux the kernel enforces 128 MiB more than this.
	MemoryMiB int
	// CPUTime is the max processor time on all processors together, rounded up to
	// seconds; at least a second. The default is two minutes. Linux only.
	CPUTime time.Duration
	// Timeout is the max duration. The default is five minutes.
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

// limits returns the limits for internal/compiler, with the defaults filled in.
func (p CompileProcess) limits() compiler.Limits {
	return compiler.Limits{
		Memory:  uint64(cmp.Or(p.MemoryMiB, defaultCompileMemoryMiB)) << 20,
		CPU:     (cmp.Or(p.CPUTime, defaultCompileCPUTime) + time.Second - 1).Truncate(time.Second),
		Timeout: cmp.Or(p.Timeout, defaultCompileTimeout),
	}
}

// Check returns an [ErrInvalidInput] if [WithCompileProcess] would reject p.
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
		return fmt.Errorf("%s: the program's main function must call CompilerMain first", option)
	}
	return nil
}

// CompilerMain must be the first line of main in a program that uses
// [WithCompileProcess]. It returns at once, unless the process was started to compile a
// module: then it compiles the module and exits.
//
// Package variables and init functions run before it in each of these processes, so
// they must not open or start anything that can exist only once.
func CompilerMain() { compiler.Main() }

// WithCompileProcess makes [Load] compile each module in a separate process, by starting
// this program again. If a module makes wazero's compiler use unbounded memory or time,
// or crash, only that process fails. The code returns through the cache directory
// ([WithCacheDir]) or a temporary one. If the cache already has the code, no process
// starts.
//
// The program must call [CompilerMain] first; otherwise the option is an
// [ErrInvalidInput].
//
// A module that exceeds the bounds is an [ErrLimit], and one that makes the
// compiler crash an [ErrModule]. [ErrCompileProcess] is a failure that says
// nothing about the module. A Load whose context ends while it compiles kills the
// process and ends.
//
// One process runs per concurrent Load, so together they use at most the number of
// Loads times MemoryMiB. On Linux each has a higher oom_score_adj and a lower priority
// than this process, and ends with it. It inherits no environment variables and no open
// files.
//
// Modules of [LoadTrusted] and modules with [WithDebugInfo], which are trusted, compile
// in this process. With [WithInterpreter] nothing is compiled.
func WithCompileProcess(p CompileProcess) Option {
	return func(c *config) error {
		if err := p.check(); err != nil {
			return err
		}
		c.compileProcess = &p
		return nil
	}
}

// compileOutside has the module compiled in another process, unless the cache has the code,
// and maps the code.
func (m *Module) compileOutside(ctx context.Context, wasm []byte) (cached bool, err error) {
	cache, limits := compiler.Cache{Dir: m.config.cacheDir}, m.config.compileProcess.limits()
	if cache.Dir != "" {
		// Damaged, or code for another processor: compiled again.
		if cache.Has(wasm) && m.mapCode(ctx, cache.Dir, wasm) == nil {
			return true, nil
		}
		if err = m.compileVia(ctx, cache, wasm); !errors.Is(err, compiler.ErrDirectory) {
			return false, compileError(err, limits)
		}
		m.warnOfCache(ctx, err)
	}
	return false, compileError(m.compileVia(ctx, compiler.Cache{}, wasm), limits)
}

// compileVia has the code come through a directory in the cache's, or through a
// temporary one.
func (m *Module) compileVia(ctx context.Context, cache compiler.Cache, wasm []byte) (err error) {
	for range 2 { // a second time should the code not arrive whole
		var again bool
		if again, err = m.compileOnce(ctx, cache, wasm); err == nil || !again {
			return err
		}
	}
	return err
}

func (m *Module) compileOnce(ctx context.Context, cache compiler.Cache, wasm []byte) (again bool, err error) {
	limits := m.config.compileProcess.limits()
	dir, err := cache.Handover(limits.Timeout)
	if err != nil {
		return false, err
	}
	defer func() {
		if err := os.RemoveAll(dir); err != nil {
			m.warnOfCache(ctx, err)
		}
	}()
	begin := time.Now()
	result, err := compiler.Run(ctx, dir, wasm, limits)
	if err != nil {
		return false, err
	}
	m.config.logger.DebugContext(ctx, "compiled in a process", "module", m.name, "duration", time.Since(begin))
	if !result.KernelLimits {
		m.config.logger.InfoContext(ctx, "the kernel does not limit the process that compiles: it watches its memory itself", "module", m.name)
	}
	if err := m.mapCode(ctx, dir, wasm); err != nil {
		return true, fmt.Errorf("the code that it made cannot be used: %w", err)
	}
	if cache.Dir != "" {
		if err := cache.Keep(dir, wasm); err != nil {
			m.warnOfCache(ctx, err)
		}
	}
	return false, nil
}

// mapCode maps the module's code from a directory. It compiles nothing.
func (m *Module) mapCode(ctx context.Context, dir string, wasm []byte) (err error) {
	m.free() // what was tried before
	m.code, err = compiler.Map(ctx, dir, compiler.Config(), wasm)
	return err
}

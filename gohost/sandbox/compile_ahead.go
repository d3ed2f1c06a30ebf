package sandbox

import (
	"context"
	"fmt"
	"time"
)

// Compiled is what [Compile] has done.
type Compiled struct {
	Estimate CompileEstimate
	// Cached reports whether the directory had the module and its code already.
	Cached bool
}

// Compile fills the directory of [WithCacheDir], which it needs, so that a later [Load] with
// the same contract, directory and grants neither checks nor compiles the module. It runs
// nothing of the module and needs no imports. A program with another version of this package
// or of wazero, or on a processor with other features, finds nothing and does the work again.
//
// The module compiles in a separate process as with [WithCompileProcess], so the program
// must call [CompilerMain] first. A zero field of that option, or the option's absence, means
// a limit by the estimate: a quarter more memory and 64 MiB, ten times the time and a minute.
//
// It fails as Load does for a module that is rejected, but for what only its first instance
// shows, such as a trap when it starts; and also, unlike Load, if the directory cannot be
// written to.
func Compile(ctx context.Context, wasm []byte, contract *Contract, opts ...Option) (Compiled, error) {
	c, err := compileAhead(ctx, wasm, contract, opts)
	if err != nil {
		return Compiled{}, NewError(moduleName(wasm), "sandbox.Compile", err)
	}
	return c, nil
}

func compileAhead(ctx context.Context, wasm []byte, contract *Contract, opts []Option) (c Compiled, err error) {
	config, err := newConfig(opts)
	if err != nil {
		return c, err
	}
	if !config.usesCache() || config.debugInfo || config.codeOffsets {
		return c, fmt.Errorf("%w: Compile needs WithCacheDir, and none of WithInterpreter, WithDebugInfo and WithCodeOffsets", ErrInvalidInput)
	}
	process := CompileProcess{}
	if config.compileProcess != nil {
		process = *config.compileProcess
	}
	if err := process.Check(); err != nil {
		return c, err
	}
	m := &Module{name: moduleName(wasm), contract: contract, config: config}
	defer func() { m.free() }()
	if err := m.openCache(ctx); err != nil {
		return c, err
	}
	prepared, cached, err := m.prepared(ctx, wasm)
	if err != nil {
		return c, err
	}
	c.Estimate = estimateOf(prepared.Report)
	process = process.within(c.Estimate)
	m.config.compileProcess = &process
	hadCode, err := m.compileOutside(ctx, prepared.Wasm)
	if err != nil {
		return c, err
	}
	c.Cached = cached && hadCode
	if m.cacheFailed != nil {
		return c, fmt.Errorf("the cache directory %s: %w", config.cacheDir, m.cacheFailed)
	}
	return c, nil
}

// within returns the limits with those by the estimate where p has none.
func (p CompileProcess) within(e CompileEstimate) CompileProcess {
	if p.MemoryMiB == 0 {
		p.MemoryMiB = minCompileMemoryMiB + int((e.Memory+e.Memory/4)>>20)
	}
	if p.CPUTime == 0 {
		p.CPUTime = time.Minute + 10*e.Time
	}
	if p.Timeout == 0 {
		p.Timeout = max(defaultCompileTimeout, p.CPUTime)
	}
	return p
}

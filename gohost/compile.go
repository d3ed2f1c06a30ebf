package gohost

import (
	"context"
	"fmt"

	"github.com/tetratelabs/wazero"

	"example.org/compute-pipeline/gohost/internal/compiler"
)

// compile creates the engine's runtime and compiles the module in it.
func (e *Engine) compile(ctx context.Context, wasm []byte, untrusted bool) (err error) {
	if untrusted && e.config.compileProcess != nil && !e.config.interpreter && !e.config.debugInfo {
		return e.compileOutside(ctx, wasm)
	}
	rc := compiler.Config()
	if e.config.interpreter {
		rc = wazero.NewRuntimeConfigInterpreter().WithCoreFeatures(compiler.Features)
	}
	rc = rc.WithCloseOnContextDone(untrusted && !e.metered).WithDebugInfoEnabled(!untrusted || e.config.debugInfo)
	if e.cache == nil {
		e.runtime = wazero.NewRuntimeWithConfig(ctx, rc)
		e.compiled, err = compile(ctx, e.runtime, wasm)
		return err
	}
	e.runtime = wazero.NewRuntimeWithConfig(ctx, rc.WithCompilationCache(e.cache))
	if e.compiled, err = compile(ctx, e.runtime, wasm); err == nil {
		return err
	}
	// A full disk or a damaged file looks like a bad module here, but must not
	// prevent a good one from running.
	e.free()
	e.cache, e.runtime = nil, wazero.NewRuntimeWithConfig(ctx, rc)
	withCache := err
	if e.compiled, err = compile(ctx, e.runtime, wasm); err == nil {
		e.warnOfCache(ctx, withCache)
	}
	return err
}

func compile(ctx context.Context, r wazero.Runtime, wasm []byte) (wazero.CompiledModule, error) {
	compiled, err := compiler.Compile(ctx, r, wasm)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrModule, err)
	}
	return compiled, nil
}

// openCache opens the cache directory, if there is one and it is usable.
func (e *Engine) openCache(ctx context.Context) (err error) {
	dir := e.config.cacheDir
	if dir == "" || e.config.interpreter {
		return nil
	}
	if e.cache, err = wazero.NewCompilationCacheWithDir(dir); err != nil {
		return fmt.Errorf("%w: WithCacheDir(%q): %w", ErrInvalidInput, dir, err)
	}
	warning, err := compiler.Private(dir)
	if err != nil {
		return fmt.Errorf("%w: WithCacheDir(%q): %w", ErrInvalidInput, dir, err)
	}
	if warning != "" {
		e.config.logger.WarnContext(ctx, "whoever can write to the cache directory can run code in this process", "dir", dir, "warning", warning)
	}
	return nil
}

func (e *Engine) warnOfCache(ctx context.Context, err error) {
	e.config.logger.WarnContext(ctx, "the cache directory cannot be used", "dir", e.config.cacheDir, "error", err)
}

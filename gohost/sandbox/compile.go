package sandbox

import (
	"context"
	"errors"
	"fmt"

	"github.com/tetratelabs/wazero"

	"example.org/compute-pipeline/gohost/internal/compiler"
)

// compile creates the module's runtime and compiles the module in it.
func (m *Module) compile(ctx context.Context, wasm []byte, untrusted bool) (err error) {
	if untrusted && m.config.compileProcess != nil && !m.config.interpreter && !m.config.debugInfo {
		_, err = m.compileOutside(ctx, wasm)
		return err
	}
	rc := compiler.Config()
	if m.config.interpreter {
		rc = wazero.NewRuntimeConfigInterpreter().WithCoreFeatures(compiler.Features)
	}
	rc = rc.WithCloseOnContextDone(untrusted && !m.metered).WithDebugInfoEnabled(!untrusted || m.config.debugInfo || m.config.codeOffsets)
	if m.cache == nil {
		m.runtime = wazero.NewRuntimeWithConfig(ctx, rc)
		m.compiled, err = compile(ctx, m.runtime, wasm)
		return err
	}
	m.runtime = wazero.NewRuntimeWithConfig(ctx, rc.WithCompilationCache(m.cache))
	if m.compiled, err = compile(ctx, m.runtime, wasm); err == nil {
		return err
	}
	// A full disk or a damaged file looks like a bad module here, but must not
	// prevent a good one from running.
	m.free()
	m.cache, m.runtime = nil, wazero.NewRuntimeWithConfig(ctx, rc)
	withCache := err
	if m.compiled, err = compile(ctx, m.runtime, wasm); err == nil {
		m.warnOfCache(ctx, withCache)
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
func (m *Module) openCache(ctx context.Context) (err error) {
	if !m.config.usesCache() {
		return nil
	}
	dir := m.config.cacheDir
	if m.cache, err = wazero.NewCompilationCacheWithDir(dir); err != nil {
		return fmt.Errorf("%w: WithCacheDir(%q): %w", ErrInvalidInput, dir, err)
	}
	warning, err := compiler.Private(dir)
	if err != nil {
		return fmt.Errorf("%w: WithCacheDir(%q): %w", ErrInvalidInput, dir, err)
	}
	if warning != "" {
		m.config.logger.WarnContext(ctx, "whoever can write to the cache directory can run code in this process", "dir", dir, "warning", warning)
	}
	return nil
}

func (m *Module) warnOfCache(ctx context.Context, err error) {
	m.cacheFailed = errors.Join(m.cacheFailed, err)
	m.config.logger.WarnContext(ctx, "the cache directory cannot be used", "dir", m.config.cacheDir, "error", err)
}

package sandbox

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/tetratelabs/wazero"

	"example.org/compute-pipeline/gohost/internal/compiler"
)

// compile compiles the module for a runtime of its own.
func (m *Module) compile(ctx context.Context, wasm []byte, untrusted bool) (err error) {
	if untrusted && m.config.compileProcess != nil && !m.config.interpreter && !m.config.debugInfo {
		_, err = m.compileOutside(ctx, wasm)
		return err
	}
	rc := compiler.Config()
	if m.config.interpreter {
		rc = wazero.NewRuntimeConfigInterpreter().WithCoreFeatures(compiler.Features)
	}
	closeOnDone := untrusted && !m.metered
	rc = rc.WithCloseOnContextDone(closeOnDone).WithDebugInfoEnabled(!untrusted || m.config.debugInfo || m.config.codeOffsets)
	cache := m.config.codeCache(untrusted)
	cache.CloseOnDone = closeOnDone
	code, unusable, err := cache.Load(ctx, rc, wasm)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrModule, err)
	}
	m.code = code
	if unusable != nil {
		m.warnOfCache(ctx, unusable)
	}
	return nil
}

// codeCache returns the cache of compiled code. The default directory is for what is part of
// the program: a module of others is kept only where the program says so, since it may be
// confidential, and many of them would remove the engine.
func (c config) codeCache(untrusted bool) compiler.Cache {
	switch {
	case c.interpreter || c.withoutCache:
		return compiler.Cache{}
	case c.cacheDir != "":
		return compiler.Cache{Dir: c.cacheDir}
	case untrusted:
		return compiler.Cache{}
	}
	return compiler.Default()
}

// toolboxCache returns the cache of the prepare module, which is compiled for the interpreter
// too: the default one unless the program chose another or none.
func (c config) toolboxCache() compiler.Cache {
	c.interpreter = false
	return c.codeCache(false)
}

// openCache makes the cache directory that was chosen, if one was, and checks that it is
// private.
func (m *Module) openCache(ctx context.Context) error {
	if !m.config.usesCache() {
		return nil
	}
	dir := m.config.cacheDir
	err, warning := os.MkdirAll(dir, 0o700), ""
	if err == nil {
		warning, err = compiler.Private(dir)
	}
	if err != nil {
		return fmt.Errorf("%w: WithCacheDir(%q): %w", ErrInvalidInput, dir, err)
	}
	if warning != "" {
		m.config.logger.WarnContext(ctx, "whoever can write to the cache directory can run code in this process", "dir", dir, "warning", warning)
	}
	return nil
}

// warnOfCache logs that a cache cannot be used: a warning only where the program chose it.
func (m *Module) warnOfCache(ctx context.Context, err error) {
	m.cacheFailed = errors.Join(m.cacheFailed, err)
	if m.config.cacheDir == "" {
		m.config.logger.DebugContext(ctx, "the default cache directory cannot be used", "error", err)
		return
	}
	m.config.logger.WarnContext(ctx, "the cache directory cannot be used", "dir", m.config.cacheDir, "error", err)
}

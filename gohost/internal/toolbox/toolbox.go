// Package toolbox reads, checks and rewrites modules that arrive at run time,
// before wazero sees them (guest/toolbox).
//
// The toolbox is a WebAssembly module itself, so that it needs no Rust, and so
// that hostile bytes are parsed in a sandbox: what a module could do to its
// reader stays inside.
package toolbox

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"example.org/compute-pipeline/gohost/internal/compiler"
	"example.org/compute-pipeline/gohost/internal/fuel"
)

// wasm is guest/toolbox, built, and hardened by itself, by
// guest/toolbox/build-wasm.sh.
//
//go:embed toolbox.wasm
var wasm []byte

// memoryPages bounds what one run may use: 512 MiB. A module of MaxSize fits
// several times over; one of nothing but instructions to rewrite, which grows
// up to 45 times, need not.
const memoryPages = 1 << 13

// Toolbox works on modules. It is compiled when it is first used and is safe
// for concurrent use: every run gets an instance of its own.
type Toolbox struct {
	mu       sync.Mutex // guards the fields below
	closed   bool
	runtime  wazero.Runtime
	cache    wazero.CompilationCache // nil without a directory
	compiled wazero.CompiledModule
}

// Shared serves the whole process. It is compiled with the first module and kept,
// about 3 MB.
var Shared = New()

// New returns a Toolbox.
func New() *Toolbox { return &Toolbox{} }

// Close frees the compiled toolbox, which is of no more use.
func (t *Toolbox) Close(ctx context.Context) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.closed = true
	if err := t.free(ctx); err != nil {
		return fmt.Errorf("close the toolbox: %w", err)
	}
	return nil
}

func (t *Toolbox) free(ctx context.Context) (err error) {
	if t.runtime != nil {
		err = t.runtime.Close(ctx)
	}
	if t.cache != nil {
		err = errors.Join(err, t.cache.Close(ctx))
	}
	t.runtime, t.cache, t.compiled = nil, nil, nil
	return err
}

// Compile compiles the toolbox, unless that has been done, by way of a cache
// directory, where the next process finds it: milliseconds instead of hundreds
// of them. Without a directory, or with one that cannot be used, it is compiled
// anew.
func (t *Toolbox) Compile(ctx context.Context, cacheDir string) error {
	_, _, err := t.compile(ctx, cacheDir)
	return err
}

func (t *Toolbox) compile(ctx context.Context, cacheDir string) (wazero.Runtime, wazero.CompiledModule, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return nil, nil, errors.New("the toolbox is closed")
	}
	if t.compiled != nil {
		return t.runtime, t.compiled, nil
	}
	if cacheDir != "" {
		if cache, err := wazero.NewCompilationCacheWithDir(cacheDir); err == nil {
			t.cache = cache
		}
	}
	err := t.compileWith(ctx)
	if err != nil && t.cache != nil {
		// A full disk or a damaged file must not keep modules from being loaded.
		err = errors.Join(t.free(context.WithoutCancel(ctx)), t.compileWith(ctx))
	}
	if err != nil {
		return nil, nil, errors.Join(err, t.free(context.WithoutCancel(ctx)))
	}
	return t.runtime, t.compiled, nil
}

func (t *Toolbox) compileWith(ctx context.Context) (err error) {
	config := wazero.NewRuntimeConfig().WithMemoryLimitPages(memoryPages).WithDebugInfoEnabled(false)
	if t.cache != nil {
		config = config.WithCompilationCache(t.cache)
	}
	t.runtime = wazero.NewRuntimeWithConfig(ctx, config)
	if err := fuel.Instantiate(ctx, t.runtime); err != nil {
		return err
	}
	t.compiled, err = compiler.Compile(ctx, t.runtime, wasm)
	return err
}

// isMetered reports whether a module was metered.
func isMetered(compiled wazero.CompiledModule) bool {
	return slices.ContainsFunc(compiled.ImportedFunctions(), func(f api.FunctionDefinition) bool {
		module, _, _ := f.Import()
		return module == fuel.Module
	})
}

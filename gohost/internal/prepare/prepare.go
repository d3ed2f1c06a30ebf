// Package prepare reads, checks and rewrites modules that arrive at run time,
// before wazero sees them (guest/prepare).
//
// The prepare module is a WebAssembly module itself, so that Go programs need no
// Rust, and so that hostile bytes are parsed in a sandbox: what a module could do to
// its reader stays inside.
package prepare

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

// wasm is guest/prepare, built, hardened and metered by itself, by
// scripts/build-module.sh.
//
//go:embed prepare.wasm
var wasm []byte

// memoryPages bounds what one run may use: 512 MiB. A module of MaxSize fits
// several times over; one of nothing but instructions to rewrite, which grows
// up to 45 times, need not.
const memoryPages = 1 << 13

// A Sandbox runs the prepare module, which it compiles when it is first used. It is
// safe for concurrent use: every run gets an instance of its own.
type Sandbox struct {
	mu       sync.Mutex // guards the fields below
	closed   bool
	runtime  wazero.Runtime
	cache    wazero.CompilationCache // nil without a directory
	compiled wazero.CompiledModule
}

// Shared serves the whole process. It is compiled with the first module and kept,
// about 3 MB.
var Shared = New()

// New returns a Sandbox.
func New() *Sandbox { return &Sandbox{} }

// Close frees the compiled module. The sandbox cannot be used any more.
func (s *Sandbox) Close(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	if err := s.free(ctx); err != nil {
		return fmt.Errorf("close the prepare module: %w", err)
	}
	return nil
}

func (s *Sandbox) free(ctx context.Context) (err error) {
	if s.runtime != nil {
		err = s.runtime.Close(ctx)
	}
	if s.cache != nil {
		err = errors.Join(err, s.cache.Close(ctx))
	}
	s.runtime, s.cache, s.compiled = nil, nil, nil
	return err
}

// Compile compiles the prepare module, unless that has been done, with a cache
// directory, where the next process finds it: milliseconds instead of hundreds of
// them. Without a directory, or with one that cannot be used, it is compiled anew.
func (s *Sandbox) Compile(ctx context.Context, cacheDir string) error {
	_, _, err := s.compile(ctx, cacheDir)
	return err
}

func (s *Sandbox) compile(ctx context.Context, cacheDir string) (wazero.Runtime, wazero.CompiledModule, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, nil, errors.New("the prepare module is closed")
	}
	if s.compiled != nil {
		return s.runtime, s.compiled, nil
	}
	if cacheDir != "" {
		if cache, err := wazero.NewCompilationCacheWithDir(cacheDir); err == nil {
			s.cache = cache
		}
	}
	err := s.compileWith(ctx)
	if err != nil && s.cache != nil {
		// A full disk or a damaged file must not keep modules from being loaded.
		err = errors.Join(s.free(context.WithoutCancel(ctx)), s.compileWith(ctx))
	}
	if err != nil {
		return nil, nil, errors.Join(err, s.free(context.WithoutCancel(ctx)))
	}
	return s.runtime, s.compiled, nil
}

func (s *Sandbox) compileWith(ctx context.Context) (err error) {
	config := wazero.NewRuntimeConfig().WithMemoryLimitPages(memoryPages).WithDebugInfoEnabled(false)
	if s.cache != nil {
		config = config.WithCompilationCache(s.cache)
	}
	s.runtime = wazero.NewRuntimeWithConfig(ctx, config)
	if err := fuel.Instantiate(ctx, s.runtime); err != nil {
		return err
	}
	s.compiled, err = compiler.Compile(ctx, s.runtime, wasm)
	return err
}

// isMetered reports whether a module was metered.
func isMetered(compiled wazero.CompiledModule) bool {
	return slices.ContainsFunc(compiled.ImportedFunctions(), func(f api.FunctionDefinition) bool {
		module, _, _ := f.Import()
		return module == fuel.Module
	})
}

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
	mu     sync.Mutex // guards the fields below
	closed bool
	code   compiler.Code // without a module until it is compiled
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
	err := s.code.Close(ctx)
	s.code = compiler.Code{}
	if err != nil {
		return fmt.Errorf("close the prepare module: %w", err)
	}
	return nil
}

// Compile compiles the prepare module, unless that has been done, with a cache, where the
// next process finds it: milliseconds instead of hundreds of them. With one that cannot be
// used, or without a directory, it is compiled anew.
func (s *Sandbox) Compile(ctx context.Context, cache compiler.Cache) error {
	_, err := s.compile(ctx, func() compiler.Cache { return cache })
	return err
}

func (s *Sandbox) compile(ctx context.Context, cache func() compiler.Cache) (compiler.Code, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return compiler.Code{}, errors.New("the prepare module is closed")
	}
	if s.code.Module != nil {
		return s.code, nil
	}
	config := wazero.NewRuntimeConfig().WithMemoryLimitPages(memoryPages).WithDebugInfoEnabled(false)
	// A cache that cannot be used must not keep modules from being loaded.
	code, _, err := cache().Load(ctx, config, wasm)
	if err == nil {
		err = fuel.Instantiate(ctx, code.Runtime)
	}
	if err != nil {
		return compiler.Code{}, errors.Join(err, code.Close(context.WithoutCancel(ctx)))
	}
	s.code = code
	return code, nil
}

// isMetered reports whether a module was metered.
func isMetered(compiled wazero.CompiledModule) bool {
	return slices.ContainsFunc(compiled.ImportedFunctions(), func(f api.FunctionDefinition) bool {
		module, _, _ := f.Import()
		return module == fuel.Module
	})
}

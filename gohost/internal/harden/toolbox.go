// Package harden rewrites the instructions that wazero compiles wrongly (its
// issue 2534; see guest/toolbox) in modules that arrive at run time.
//
// The rewriter is a WebAssembly module itself, so that it needs no Rust, and so
// that hostile bytes are parsed in a sandbox before wazero sees them.
package harden

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"sync"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
)

// wasm is guest/toolbox, built and hardened by guest/toolbox/build-wasm.sh.
//
//go:embed toolbox.wasm
var wasm []byte

// MaxSize is the size in bytes of the largest module that is hardened.
const MaxSize = 32 << 20

// memoryPages bounds what one run may use: 512 MiB. A module of MaxSize fits
// several times over; one of nothing but instructions to rewrite, which grows
// 25 times, need not.
const memoryPages = 1 << 13

// RefusedError says why a module was refused: it is invalid, or needs a feature
// beyond WebAssembly 2.0, or would exceed a limit of the format.
type RefusedError struct{ Reason string }

func (e *RefusedError) Error() string { return e.Reason }

// ErrTooLarge is the error for a module above [MaxSize], or one whose hardening
// needs more memory than a run may use.
var ErrTooLarge = errors.New("module too large to be hardened")

// Toolbox hardens modules. It compiles its rewriter when it is first used and
// is safe for concurrent use: every module gets an instance of its own.
type Toolbox struct {
	cache wazero.CompilationCache

	mu       sync.Mutex // guards the fields below
	closed   bool
	runtime  wazero.Runtime
	compiled wazero.CompiledModule
}

// New returns a Toolbox. The cache may be nil; with one that has a directory,
// the rewriter is compiled once for all processes.
func New(cache wazero.CompilationCache) *Toolbox {
	return &Toolbox{cache: cache}
}

// Harden returns the module without the instructions that are compiled wrongly;
// one that has none comes back as it is. The time it takes is linear in the
// size of the module.
//
// A module that cannot be hardened is a [*RefusedError] or [ErrTooLarge]. The
// context is looked at before the work starts, not during it.
func (t *Toolbox) Harden(ctx context.Context, module []byte) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("harden: %w", err)
	}
	if len(module) > MaxSize {
		return nil, fmt.Errorf("harden: %w: %d bytes, at most %d are accepted", ErrTooLarge, len(module), MaxSize)
	}
	instance, err := t.instantiate(ctx)
	if err != nil {
		return nil, fmt.Errorf("harden: start the toolbox: %w", err)
	}
	hardened, err := run(ctx, instance, module)
	if closeErr := instance.Close(ctx); err == nil && closeErr != nil {
		err = closeErr
	}
	if err != nil {
		return nil, fmt.Errorf("harden: %w", err)
	}
	return hardened, nil
}

// Close frees the compiled rewriter. The Toolbox is of no more use.
func (t *Toolbox) Close(ctx context.Context) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.closed = true
	if t.runtime == nil {
		return nil
	}
	// A shared cache keeps what is compiled until that itself is closed.
	err := errors.Join(t.compiled.Close(ctx), t.runtime.Close(ctx))
	t.runtime, t.compiled = nil, nil
	if err != nil {
		return fmt.Errorf("harden: close the toolbox: %w", err)
	}
	return nil
}

// instantiate compiles the rewriter if need be and starts an instance.
func (t *Toolbox) instantiate(ctx context.Context) (api.Module, error) {
	runtime, compiled, err := t.compile(ctx)
	if err != nil {
		return nil, err
	}
	// Without a name there may be any number of instances.
	return runtime.InstantiateModule(ctx, compiled, wazero.NewModuleConfig().WithName(""))
}

func (t *Toolbox) compile(ctx context.Context) (wazero.Runtime, wazero.CompiledModule, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return nil, nil, errors.New("closed")
	}
	if t.compiled != nil {
		return t.runtime, t.compiled, nil
	}
	config := wazero.NewRuntimeConfig().WithMemoryLimitPages(memoryPages).WithDebugInfoEnabled(false)
	if t.cache != nil {
		config = config.WithCompilationCache(t.cache)
	}
	runtime := wazero.NewRuntimeWithConfig(ctx, config)
	compiled, err := runtime.CompileModule(ctx, wasm)
	if err != nil {
		return nil, nil, errors.Join(err, runtime.Close(ctx))
	}
	t.runtime, t.compiled = runtime, compiled
	return runtime, compiled, nil
}

// run hardens a module in an instance that nobody else uses.
func run(ctx context.Context, instance api.Module, module []byte) ([]byte, error) {
	results, err := call(ctx, instance, "input", uint64(len(module)))
	if err != nil {
		return nil, err
	}
	// The memory is looked up after each call, since a call may grow it.
	if !instance.Memory().Write(uint32(results), module) {
		return nil, fmt.Errorf("the toolbox gave room outside its memory at %#x", results)
	}
	status, err := call(ctx, instance, "harden")
	if err != nil {
		return nil, err
	}
	output, err := call(ctx, instance, "output")
	if err != nil {
		return nil, err
	}
	view, ok := instance.Memory().Read(uint32(output>>32), uint32(output))
	if !ok {
		return nil, fmt.Errorf("the toolbox gave an answer outside its memory: %#x", output)
	}
	if status != 0 {
		return nil, &RefusedError{Reason: string(view)}
	}
	return append([]byte(nil), view...), nil
}

// call calls a function with one result.
func call(ctx context.Context, instance api.Module, name string, args ...uint64) (uint64, error) {
	results, err := instance.ExportedFunction(name).Call(ctx, args...)
	if err == nil {
		return results[0], nil
	}
	// Rust traps when memory runs out. What it then asked for was at most a few
	// times what it had; any other trap is a defect of the toolbox.
	const exhausted = memoryPages / 8 << 16
	if instance.Memory().Size() > exhausted || len(args) > 0 {
		return 0, fmt.Errorf("%w: %w", ErrTooLarge, err)
	}
	return 0, fmt.Errorf("the toolbox failed: %w", err)
}

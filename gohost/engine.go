package gohost

import (
	"bytes"
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"errors"
	"fmt"
	"sync"

	"github.com/tetratelabs/wazero"

	"example.org/compute-pipeline/gohost/cabi"
	"example.org/compute-pipeline/gohost/internal/fuel"
	"example.org/compute-pipeline/gohost/internal/pool"
)

//go:embed engine.wasm
var engineWasm []byte

// EngineHash returns the SHA-256 of the module embedded in this package, in
// hexadecimal. `make guest` writes the same hash into dist/manifest.json.
var EngineHash = sync.OnceValue(func() string {
	sum := sha256.Sum256(engineWasm)
	return hex.EncodeToString(sum[:])
})

// Engine runs one module that implements the contract. It is safe for concurrent use:
// each call gets an instance of its own from a bounded pool.
type Engine struct {
	name     string // for errors and logs
	config   config
	cache    wazero.CompilationCache // nil without a cache directory
	runtime  wazero.Runtime
	compiled wazero.CompiledModule
	contract contract
	pool     *pool.Pool[instance]
	counters counters
	// metered guests are stopped by internal/fuel; wazero's own check for the
	// end of a context stops the others.
	metered bool
	// large modules may have much data, which is copied when an instance starts.
	large bool
}

// largeModule is the min size in bytes of a module whose instances start in large
// pages.
const largeModule = 4 << 20

// New starts the engine embedded in this package. Compiling it takes tens of
// milliseconds, or a few with [WithCacheDir]: create one Engine and share it.
func New(ctx context.Context, opts ...Option) (*Engine, error) {
	const name = "the embedded engine"
	e, err := open(ctx, name, engineWasm, false, opts)
	if err != nil {
		return nil, newError(name, "gohost.New", err)
	}
	return e, nil
}

// Load starts another implementation of the contract: a core WebAssembly module, or a
// component that contains one and imports nothing. Without the optional interface
// summary, [Engine.Fold], [Engine.Merge] and [Engine.Finish] fail with [ErrNoSummary].
//
// Load fails with [ErrModule] if the bytes are not a module, and with a
// [*ContractError] if the module lacks an export or imports something that is not
// granted ([WithGrants]); [Check] reports the same. Load starts one instance at once, so
// that a module that cannot start fails here, with [ErrTrap] or [ErrLimit].
//
// The module is not trusted. Load checks it in a sandbox, rewrites the instructions that
// wazero miscompiles, and meters it: the end of a call's context stops any loop in it,
// and so do [WithCallTimeout] and [WithFuel]. This takes a few hundred milliseconds in
// the first Load of a process (a few with [WithCacheDir]), and then a few milliseconds
// for a module of 200 KB. SECURITY.md says what a module can and cannot do.
//
// Load rejects a module ([ErrLimit]) if by an estimate compiling it takes more than 3 s
// plus 4 µs per byte, or 5 s for one function; more than 1 GiB of memory, or 320 MiB for
// one function; or if the compiled code keeps more than 64 MiB plus 24 bytes per byte.
// [WithCompileProcess] limits the memory and the time of compiling for any module.
// Without it, compiling does not stop when the context ends.
func Load(ctx context.Context, wasm []byte, opts ...Option) (*Engine, error) {
	name := moduleName(wasm)
	e, err := open(ctx, name, wasm, true, opts)
	if err != nil {
		return nil, newError(name, "gohost.Load", err)
	}
	return e, nil
}

// moduleName returns the name of a module in errors and logs.
func moduleName(wasm []byte) string {
	sum := sha256.Sum256(wasm)
	return "module " + hex.EncodeToString(sum[:6])
}

func open(ctx context.Context, name string, wasm []byte, untrusted bool, opts []Option) (_ *Engine, err error) {
	config, err := newConfig(opts)
	if err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	e := &Engine{name: name, config: config}
	e.pool = pool.New(pool.Config[instance]{
		Size: config.maxInstances, MaxWaiters: config.maxWaiters,
		Start: e.start, Close: e.closeInstance, IsSlowToClose: (*instance).isSlowToClose, Drained: e.free,
	})
	defer func() {
		if err != nil {
			_ = e.Close(context.WithoutCancel(ctx)) // which waits for an instance that is being closed
		}
	}()
	if err := e.openCache(ctx); err != nil {
		return nil, err
	}
	if untrusted {
		// For the interpreter too: wazero's decoder allocates what a module says
		// it needs, so only bytes that were validated may reach it.
		if wasm, err = config.prepared(ctx, wasm); err != nil {
			return nil, err
		}
	}
	// The embedded engine is metered at build time, or not. The content of an
	// untrusted module proves nothing.
	e.metered = !untrusted && bytes.Contains(wasm, []byte(fuel.Module)) || untrusted && !config.debugInfo
	e.large = len(wasm) >= largeModule
	if err := e.compile(ctx, wasm, untrusted); err != nil {
		return nil, err
	}
	e.contract = contractOf(e.compiled)
	if err := e.instantiateHost(ctx); err != nil {
		return nil, err
	}
	if err := e.checkMemory(); err != nil {
		return nil, err
	}
	// The first instance, so that a module that cannot start fails here.
	in, err := e.acquire(ctx)
	if err != nil {
		return nil, err
	}
	e.release(ctx, in)
	return e, nil
}

// instantiateHost creates the modules that the guest may import.
func (e *Engine) instantiateHost(ctx context.Context) error {
	if e.metered {
		if err := fuel.Instantiate(ctx, e.runtime); err != nil {
			return err
		}
	}
	return e.instantiateGrants(ctx)
}

// checkMemory rejects a module that starts with more memory than the limit.
func (e *Engine) checkMemory() error {
	least := uint64(e.compiled.ExportedMemories()[cabi.MemoryExport].Min()) * pageSize
	if limit := e.config.memoryLimit(); least > limit {
		return limitError(LimitMemory, limit, "the module starts with %d bytes of memory, and WithMemoryLimit allows %d", least, limit)
	}
	return nil
}

// HasSummary reports whether the module supports [Engine.Fold], [Engine.Merge] and
// [Engine.Finish].
func (e *Engine) HasSummary() bool { return e.contract.has(summaryInterface) }

// CloseIdle closes all idle instances to free their memory. The engine keeps working:
// calls start new instances. Use it for an engine that has no work for a while.
func (e *Engine) CloseIdle() { e.pool.CloseIdle() }

// Close closes the engine. New calls fail with [ErrClosed], and Close waits for running
// calls. If the context ends first, Close returns its error, and the last call frees
// the remaining resources. Closing again only waits.
func (e *Engine) Close(ctx context.Context) error {
	if err := e.pool.Close(ctx); err != nil {
		return e.failed("gohost.Close", fmt.Errorf("calls still run: %w", err))
	}
	return nil
}

// free closes the runtime with all compiled code. It must run after the last instance
// is closed, since code must not be unmapped under a call.
func (e *Engine) free() {
	ctx := context.Background() // freeing waits for nothing
	var err error
	if e.runtime != nil {
		err = e.runtime.Close(ctx)
	}
	if e.cache != nil {
		err = errors.Join(err, e.cache.Close(ctx))
	}
	if err != nil {
		e.config.logger.Warn("closing the engine", "module", e.name, "error", err)
	}
}

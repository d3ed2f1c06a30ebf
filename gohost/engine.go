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

	"example.org/compute-pipeline/gohost/internal/abi"
	"example.org/compute-pipeline/gohost/internal/fuel"
	"example.org/compute-pipeline/gohost/internal/pool"
)

//go:embed engine.wasm
var engineWasm []byte

// EngineHash is the SHA-256 of the module embedded in this package, in
// hexadecimal. `make guest` writes the same into dist/manifest.json.
var EngineHash = sync.OnceValue(func() string {
	sum := sha256.Sum256(engineWasm)
	return hex.EncodeToString(sum[:])
})

// Engine runs one module that implements the contract. It is safe for
// concurrent use: each call takes an instance of a bounded pool for itself.
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

// largeModule is how long a module is, in bytes, whose instances start in large pages.
const largeModule = 4 << 20

// New starts the engine embedded in this package. Compiling it takes tens of
// milliseconds, or few with [WithCacheDir]; make one Engine and share it.
func New(ctx context.Context, opts ...Option) (*Engine, error) {
	const name = "the embedded engine"
	e, err := open(ctx, name, engineWasm, false, opts)
	if err != nil {
		return nil, newError(name, "gohost.New", err)
	}
	return e, nil
}

// Load starts another implementation of the contract: a core WebAssembly
// module, or a component that has one inside and imports nothing. One without
// the interface summary serves all but [Engine.Fold], [Engine.Merge] and
// [Engine.Finish].
//
// It fails with [ErrModule] for bytes that are not a module, and with a
// [*ContractError] for one that lacks an export or imports what is not granted
// ([WithGrants]); [Check] tells the same. One instance is started at once, so that a
// module which cannot start fails here, with [ErrTrap] or [ErrLimit].
//
// The module is not trusted. In a sandbox of its own it is checked, bounded,
// rid of the instructions that wazero's compiler gets wrong, and metered: the
// end of a call's context stops any loop in it, and so do [WithCallTimeout] and
// [WithFuel]. That takes a few hundred milliseconds in the first Load of a
// process (few with [WithCacheDir]), then a few for a module of some 200 KB.
// SECURITY.md says what a module can and cannot do.
//
// A module is refused before ([ErrLimit]) when by an estimate it would take the
// compiler more than 3 s and 4 µs a byte, or 5 s for one function; more than 1 GiB of
// memory, or 320 MiB for one function; or when it would keep more than 64 MiB and 24
// bytes a byte. [WithCompileProcess] bounds the memory and the time that compiling
// takes, whatever the module; without it, compiling does not stop when the context
// ends.
func Load(ctx context.Context, wasm []byte, opts ...Option) (*Engine, error) {
	name := moduleName(wasm)
	e, err := open(ctx, name, wasm, true, opts)
	if err != nil {
		return nil, newError(name, "gohost.Load", err)
	}
	return e, nil
}

// moduleName names a module in errors and logs.
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
	// The embedded engine is metered when it is built, or not; what is in an
	// untrusted module says nothing.
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
	// The first instance, so that a module which cannot start fails here.
	in, err := e.acquire(ctx)
	if err != nil {
		return nil, err
	}
	e.release(ctx, in)
	return e, nil
}

// instantiateHost makes the modules that the guest may import.
func (e *Engine) instantiateHost(ctx context.Context) error {
	if e.metered {
		if err := fuel.Instantiate(ctx, e.runtime); err != nil {
			return err
		}
	}
	return e.instantiateGrants(ctx)
}

// checkMemory refuses a module that starts with more memory than is allowed.
func (e *Engine) checkMemory() error {
	least := uint64(e.compiled.ExportedMemories()[abi.MemoryExport].Min()) * pageSize
	if limit := e.config.memoryLimit(); least > limit {
		return limitError(LimitMemory, limit, "the module starts with %d bytes of memory, and WithMemoryLimit allows %d", least, limit)
	}
	return nil
}

// HasSummary reports whether the module has the foldable form of the
// aggregate: [Engine.Fold], [Engine.Merge] and [Engine.Finish].
func (e *Engine) HasSummary() bool { return e.contract.has(summaryInterface) }

// CloseIdle closes the instances that wait for a call, and so frees their
// memory. The engine goes on working: calls start new instances. It is for one
// that is kept although it has nothing to do.
func (e *Engine) CloseIdle() { e.pool.CloseIdle() }

// Close ends the engine: new calls fail with [ErrClosed], calls that run are
// waited for. When the context ends first, Close returns its error, and the
// last call frees what is left. Closing again only waits.
func (e *Engine) Close(ctx context.Context) error {
	if err := e.pool.Close(ctx); err != nil {
		return e.failed("gohost.Close", fmt.Errorf("calls still run: %w", err))
	}
	return nil
}

// free lets go of the runtime with all that was compiled in it: of an engine once its
// last instance is closed, since code must not be unmapped under a call.
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

package sandbox

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"example.org/compute-pipeline/gohost/cabi"
	"example.org/compute-pipeline/gohost/internal/compiler"
	"example.org/compute-pipeline/gohost/internal/fuel"
	"example.org/compute-pipeline/gohost/internal/pool"
)

// Module runs one WebAssembly module that implements a contract. It is safe for
// concurrent use: each call gets an instance of its own from a bounded pool.
type Module struct {
	name     string // for errors and logs
	contract *Contract
	config   config
	// cacheFailed is why the cache directory could not be used, or nil.
	cacheFailed error
	code        compiler.Code
	exports
	pool     *pool.Pool[Instance]
	counters counters
	tallies  tallies
	held     held
	reallocs *cabi.Reallocs
	imports  bool // whether it imports functions of the contract
	// metered guests are stopped by internal/fuel; wazero's own check for the
	// end of a context stops the others.
	metered bool
	// large modules may have much data, which is copied when an instance starts.
	large   bool
	trusted bool
	// quick modules start so quickly that a running call may start another instance.
	quick bool
}

// largeModule is the min size in bytes of a module whose instances start in large
// pages.
const largeModule = 4 << 20

// Load starts a module: a core WebAssembly module, or a component that contains one.
// imports are the functions that the contract lets the module import, as generated code
// makes them.
//
// Load fails with [ErrModule] if the bytes are not a module, and with a
// [*ContractError] if the module lacks an export or imports something that neither the
// contract nor a grant has ([WithGrants]); [Check] reports the same. Load starts one
// instance at once, so that a module that cannot start fails here, with [ErrTrap] or
// [ErrLimit].
//
// The module is not trusted. Load checks it in a sandbox, rewrites the instructions that
// wazero miscompiles, and meters it: the end of a call's context stops any loop in it,
// and so do [WithCallTimeout] and [WithFuel]. This takes a few hundred milliseconds in
// the first Load of a process, and then a few milliseconds for a module of 200 KB; with
// [WithCacheDir] it is done once for a module and contract, not in each process.
// SECURITY.md says what a module can and cannot do.
//
// Load rejects a module ([ErrLimit]) if by an estimate compiling it takes more than 3 s
// plus 4 µs per byte, or 5 s for one function; more than 1 GiB of memory, or 320 MiB for
// one function; or if the compiled code keeps more than 64 MiB plus 24 bytes per byte.
// [WithCompileProcess] limits the memory and the time of compiling for any module.
// Without it, compiling does not stop when the context ends.
func Load(ctx context.Context, wasm []byte, contract *Contract, imports []cabi.HostFunction, opts ...Option) (*Module, error) {
	return load(ctx, moduleName(wasm), wasm, contract, imports, true, opts)
}

// LoadTrusted starts a module that the program trusts as it trusts itself: one that is
// part of the program, and was checked, hardened and metered when that was built. The
// name is for errors and logs.
func LoadTrusted(ctx context.Context, name string, wasm []byte, contract *Contract, imports []cabi.HostFunction, opts ...Option) (*Module, error) {
	return load(ctx, name, wasm, contract, imports, false, opts)
}

// IsTrusted reports whether the module was started by [LoadTrusted].
func (m *Module) IsTrusted() bool { return m.trusted }

func load(ctx context.Context, name string, wasm []byte, contract *Contract, imports []cabi.HostFunction, untrusted bool, opts []Option) (*Module, error) {
	m, err := open(ctx, name, wasm, contract, imports, untrusted, opts)
	if err != nil {
		return nil, NewError(name, "sandbox.Load", err)
	}
	return m, nil
}

// moduleName returns the name of a module in errors and logs.
func moduleName(wasm []byte) string {
	sum := sha256.Sum256(wasm)
	return "module " + hex.EncodeToString(sum[:6])
}

func open(ctx context.Context, name string, wasm []byte, contract *Contract, imports []cabi.HostFunction, untrusted bool, opts []Option) (_ *Module, err error) {
	config, err := newConfig(opts)
	if err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	m := &Module{name: name, contract: contract, config: config, trusted: !untrusted}
	m.pool = pool.New(pool.Config[Instance]{
		Size: config.maxInstances, MaxWaiters: config.maxWaiters,
		Start: m.start, Close: m.closeInstance, IsSlowToClose: (*Instance).isSlowToClose, Drained: m.free,
	})
	defer func() {
		if err != nil {
			_ = m.Close(context.WithoutCancel(ctx)) // which waits for an instance that is being closed
		}
	}()
	if err := m.openCache(ctx); err != nil {
		return nil, err
	}
	if untrusted {
		// For the interpreter too: wazero's decoder allocates what a module says
		// it needs, so only bytes that were validated may reach it.
		prepared, _, err := m.prepared(ctx, wasm)
		if err != nil {
			return nil, err
		}
		wasm = prepared.Wasm
	}
	// A trusted module is metered at build time, or not. The content of an
	// untrusted module proves nothing.
	m.metered = !untrusted && bytes.Contains(wasm, []byte(fuel.Module)) || untrusted && !config.debugInfo
	m.large = len(wasm) >= largeModule
	if config.codeOffsets {
		wasm = withOffsets(wasm)
	}
	if err := m.compile(ctx, wasm, untrusted); err != nil {
		return nil, err
	}
	m.reallocs = cabi.NewReallocs(m.code.Runtime)
	m.exports = contract.resolve(m.code.Module.ExportedFunctions(), m.trusted)
	if err := m.instantiateHost(ctx, imports); err != nil {
		return nil, err
	}
	if err := m.checkMemory(); err != nil {
		return nil, err
	}
	// The first instance, so that a module that cannot start fails here.
	in, err := m.acquire(ctx)
	if err != nil {
		return nil, err
	}
	m.quick = !m.large && in.startFuel <= fuel.Slice
	m.release(ctx, in)
	return m, nil
}

// instantiateHost creates the modules that the guest may import.
func (m *Module) instantiateHost(ctx context.Context, imports []cabi.HostFunction) error {
	if m.metered {
		if err := fuel.Instantiate(ctx, m.code.Runtime); err != nil {
			return err
		}
	}
	if err := m.instantiateGrants(ctx); err != nil {
		return err
	}
	return m.instantiateImports(ctx, imports)
}

// checkMemory rejects a module that starts with more memory than the limit.
func (m *Module) checkMemory() error {
	memory, ok := m.code.Module.ExportedMemories()[cabi.MemoryExport]
	if !ok {
		return nil
	}
	least := uint64(memory.Min()) * pageSize
	if limit := m.config.memoryLimit(); least > limit {
		return limitError(LimitMemory, limit, "the module starts with %d bytes of memory, and WithMemoryLimit allows %d", least, limit)
	}
	return nil
}

// Exports implements [Caller].
func (m *Module) Exports(function int) bool { return m.functions[function].export != "" }

// ExportsAll reports whether the module exports all optional interfaces of the contract, or
// what the program can call instead.
func (m *Module) ExportsAll() bool {
	for number, f := range m.functions {
		if f.iface.Optional && !m.serves(number) {
			return false
		}
	}
	return true
}

// CloseIdle closes all idle instances to free their memory. The module keeps working:
// calls start new instances. Use it for a module that has no work for a while.
func (m *Module) CloseIdle() { m.pool.CloseIdle() }

// Close closes the module. New calls fail with [ErrClosed], and Close waits for running
// calls. Resources of the guest are lost. If the context ends first, Close returns its error, and the last call frees
// the remaining resources. Closing again only waits.
func (m *Module) Close(ctx context.Context) error {
	m.closeHeld(true)
	if err := m.pool.Close(ctx); err != nil {
		return m.failed("sandbox.Close", fmt.Errorf("calls still run: %w", err))
	}
	return nil
}

// free closes the runtime with all compiled code. It must run after the last instance
// is closed, since code must not be unmapped under a call.
func (m *Module) free() {
	if err := m.code.Close(context.Background()); err != nil { // freeing waits for nothing
		m.config.logger.Warn("closing a module", "module", m.name, "error", err)
	}
}

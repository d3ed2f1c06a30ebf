package gohost

import (
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"errors"
	"strings"
	"sync"

	"example.org/compute-pipeline/gohost/cabi"
	"example.org/compute-pipeline/gohost/sandbox"
)

//go:embed engine.wasm
var engineWasm []byte

// embedded is the name of the embedded engine in errors and logs.
const embedded = "the embedded engine"

// EngineHash returns the SHA-256 of the module embedded in this package, in
// hexadecimal. `make guest` writes the same hash into dist/manifest.json.
var EngineHash = sync.OnceValue(func() string {
	sum := sha256.Sum256(engineWasm)
	return hex.EncodeToString(sum[:])
})

// Engine runs one module that implements the contract. It is safe for concurrent use:
// each call gets an instance of its own from a bounded pool.
type Engine struct {
	caller   sandbox.Caller
	embedded bool
}

// New starts the engine embedded in this package. Compiling it takes tens of milliseconds;
// the code is kept in the user's cache directory or that of [WithCacheDir], and starting from
// there takes a few. Create one Engine and share it.
func New(ctx context.Context, opts ...Option) (*Engine, error) {
	m, err := sandbox.LoadTrusted(ctx, embedded, engineWasm, contract, accumulator.Functions(), opts...)
	e, err := engineOf(m, renamed(err, "gohost.New"))
	if err == nil {
		e.embedded = true
	}
	return e, err
}

// Load starts another implementation of the contract: a core WebAssembly module, or a
// component that contains one. It has org:analytics in version 0.1 or 0.2, and of both the
// higher serves; see [Engine.Versions]. With neither of the optional interfaces summary and
// accumulators, [Engine.Fold], [Engine.Merge] and [Engine.Finish] fail with [ErrNoSummary].
//
// Load fails with [ErrModule] if the bytes are not a module, and with a
// [*ContractError] if the module lacks an export or imports something that is not
// granted ([WithGrants]); [Check] reports the same. Load starts one instance at once, so
// that a module that cannot start fails here, with [ErrTrap] or [ErrLimit].
//
// The module is not trusted: [sandbox.Load] says how it is checked, what that takes, and
// which modules are rejected ([ErrLimit]) since compiling them would take too long.
func Load(ctx context.Context, wasm []byte, opts ...Option) (*Engine, error) {
	m, err := sandbox.Load(ctx, wasm, contract, accumulator.Functions(), opts...)
	return engineOf(m, renamed(err, "gohost.Load"))
}

// Check returns the error with which [Load] would reject a module or component with the
// same options, or nil. It does not start the module, so only Load finds that it needs
// more memory than allowed, or that its start function fails. A [*ContractError] lists
// all problems.
func Check(ctx context.Context, wasm []byte, opts ...Option) error {
	return renamed(sandbox.Check(ctx, wasm, contract, opts...), "gohost.Check")
}

// EstimateCompile returns what compiling a module would take in [Load] with the same options,
// or the error with which Load would reject it. See [sandbox.EstimateCompile].
func EstimateCompile(ctx context.Context, wasm []byte, opts ...Option) (CompileEstimate, error) {
	e, err := sandbox.EstimateCompile(ctx, wasm, contract, opts...)
	return e, renamed(err, "gohost.EstimateCompile")
}

// CompileEstimate is what compiling a module takes, and the limits of that.
type CompileEstimate = sandbox.CompileEstimate

// Compile fills the directory of [WithCacheDir], so that a later [Load] with the same
// directory and grants neither checks nor compiles the module. It compiles in a separate
// process, so the program must call [CompilerMain] first. See [sandbox.Compile].
func Compile(ctx context.Context, wasm []byte, opts ...Option) (Compiled, error) {
	c, err := sandbox.Compile(ctx, wasm, contract, opts...)
	return c, renamed(err, "gohost.Compile")
}

// Compiled is what [Compile] has done.
type Compiled = sandbox.Compiled

func engineOf(m *sandbox.Module, err error) (*Engine, error) {
	if err != nil {
		return nil, err
	}
	return &Engine{caller: m}, nil
}

// renamed returns an error of package sandbox as one of a function of this package.
func renamed(err error, function string) error {
	if e := (*Error)(nil); errors.As(err, &e) && strings.HasPrefix(e.Function, "sandbox.") {
		e.Function = function
	}
	return err
}

// Binding returns what a registry of plugins needs to load modules of the contract; see
// plugin.NewRegistry. The embedded engine is one of them.
func Binding() sandbox.Binding[Functions] {
	return sandbox.Binding[Functions]{
		Contract: contract,
		Imports:  func() ([]cabi.HostFunction, error) { return accumulator.Functions(), nil },
		Bind:     func(caller sandbox.Caller) Functions { return &Engine{caller: caller} },
		Embedded: &sandbox.Embedded{Name: embedded, Hash: EngineHash(), Wasm: engineWasm},
	}
}

// HasSummary reports whether the module supports [Engine.Fold], [Engine.Merge] and
// [Engine.Finish].
func (e *Engine) HasSummary() bool {
	return e.caller.Exports(fnFold) || e.caller.Exports(fnNewAccumulator)
}

// IsEmbedded reports whether the module is the one embedded in this package: whether [New] made the engine.
func (e *Engine) IsEmbedded() bool { return e.embedded }

// Stats returns the engine's counters. Each is exact, but while calls run they may be
// read at slightly different moments. It works on a closed engine too.
func (e *Engine) Stats() Stats { return sandbox.StatsOf(e.caller) }

// CloseIdle closes all idle instances to free their memory. The engine keeps working:
// calls start new instances. Use it for an engine that has no work for a while.
func (e *Engine) CloseIdle() { sandbox.CloseIdle(e.caller) }

// Close closes the engine. New calls fail with [ErrClosed], and Close waits for running
// calls. If the context ends first, Close returns its error, and the last call frees
// the remaining resources. Closing again only waits.
func (e *Engine) Close(ctx context.Context) error {
	return renamed(sandbox.Close(ctx, e.caller), "gohost.Close")
}

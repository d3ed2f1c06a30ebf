package compiler

import (
	"context"
	"errors"
	"runtime"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"
)

// Features is WebAssembly 2.0: what the tools emit by default, and no proposals
// beyond it.
const Features = api.CoreFeaturesV2

// Config is how a module is compiled on both sides: what one writes, the other
// finds.
func Config() wazero.RuntimeConfig {
	return wazero.NewRuntimeConfig().WithCoreFeatures(Features).WithDebugInfoEnabled(false)
}

// Compile compiles a module for a runtime. The end of the context does not stop it:
// wazero v1.12.0 would never unmap the code that calls the module's functions, which
// comes first.
func Compile(ctx context.Context, r wazero.Runtime, wasm []byte) (wazero.CompiledModule, error) {
	return r.CompileModule(experimental.WithCompilationWorkers(context.WithoutCancel(ctx), workers()), wasm)
}

// workers is how many threads compile one module.
func workers() int { return min(runtime.GOMAXPROCS(0), 4) }

// errNotCached is the end of a context that only allows to find code.
var errNotCached = errors.New("the compiled code is not in the directory")

// Map is Compile for a runtime whose cache directory has the code already. Where it
// does not, Map fails, and the page that Compile avoids to leave is left.
//
// wazero looks into the cache without a look at the context, and each of several
// workers looks at the context before each function.
func Map(ctx context.Context, r wazero.Runtime, wasm []byte) (wazero.CompiledModule, error) {
	ctx, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	cancel(errNotCached)
	return r.CompileModule(experimental.WithCompilationWorkers(ctx, 2), wasm)
}

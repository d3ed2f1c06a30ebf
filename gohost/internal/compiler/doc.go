// Package compiler compiles modules in processes of their own, so that a module
// that makes wazero's compiler take all memory, loop or crash costs a process
// and not the host.
//
// The host starts its own program again, which becomes a compiler when it calls
// [Main]. The two talk through three pipes and a directory:
//
//   - The environment has one variable, the [task].
//   - The child limits itself, says that it is ready on its standard output, and
//     reads the module from its standard input. When that ends later, the host
//     is gone, and so the child goes.
//   - wazero in the child writes the compiled code into its working directory, a
//     private one that the host made, where wazero in the host then finds it.
//   - The exit status says what became of it, and standard error why.
//
// [Cache] takes the code over into a directory where later loads find it.
package compiler

import (
	"context"
	"errors"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"
)

// Why compiling in a process failed. Any other failure is the process's own.
var (
	// ErrMemory: it needs more memory than allowed.
	ErrMemory = errors.New("out of memory")
	// ErrTime: it needs more time than Limits.Timeout allows.
	ErrTime = errors.New("out of time")
	// ErrCPU: it needs more processor time than allowed.
	ErrCPU = errors.New("out of processor time")
	// ErrModule: the compiler refused the module, or crashed on it.
	ErrModule = errors.New("the compiler refused it")
	// ErrDirectory: the code could not be written.
	ErrDirectory = errors.New("the compiled code could not be written")
)

// Features is WebAssembly 2.0: what the tools emit by default, and no proposals
// beyond it.
const Features = api.CoreFeaturesV2

// Config is how a module is compiled on both sides: what one writes, the other
// finds.
func Config() wazero.RuntimeConfig {
	return wazero.NewRuntimeConfig().WithCoreFeatures(Features).WithDebugInfoEnabled(false)
}

// errNotCached is the end of a context that only allows to find code.
var errNotCached = errors.New("the compiled code is not in the directory")

// OnlyCached returns a context with which wazero's CompileModule maps code from
// the cache directory but compiles nothing: it fails instead.
//
// wazero looks into the cache without a look at the context, and each of several
// workers looks at the context before each function.
func OnlyCached(ctx context.Context) context.Context {
	ctx, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	cancel(errNotCached)
	return experimental.WithCompilationWorkers(ctx, 2)
}

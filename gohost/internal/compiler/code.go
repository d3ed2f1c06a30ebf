package compiler

import (
	"context"
	"errors"
	"os"
	"runtime"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/experimental"
)

// Code is a compiled module and the runtime that it was compiled for.
type Code struct {
	Runtime wazero.Runtime
	Module  wazero.CompiledModule
	cache   wazero.CompilationCache // nil without a directory
}

// Close frees the code, also of a Code that could not be made.
func (c Code) Close(ctx context.Context) (err error) {
	if c.Runtime != nil {
		err = c.Runtime.Close(ctx)
	}
	if c.cache != nil {
		err = errors.Join(err, c.cache.Close(ctx))
	}
	return err
}

// Load maps the code of a module from the cache, or compiles it here and keeps it. unusable
// says why the cache could not be used; the module is compiled all the same. The context does
// not stop it, see [Compile].
func (c Cache) Load(ctx context.Context, config wazero.RuntimeConfig, wasm []byte) (code Code, unusable, err error) {
	if c.Dir != "" {
		if c.Has(wasm) {
			if code, err = Map(ctx, c.Dir, config, wasm); err == nil {
				return code, nil, nil
			}
		}
	}
	heap := largerHeap()
	defer runtime.KeepAlive(heap)
	if c.Dir != "" {
		if unusable = c.fill(ctx, config, wasm); unusable == nil {
			if code, unusable = Map(ctx, c.Dir, config, wasm); unusable == nil {
				return code, nil, nil
			}
		}
	}
	// A full disk looks like a bad module to fill, but must not prevent a good one from running.
	code, err = Compile(ctx, nil, config, wasm)
	if errors.Is(unusable, errNoCode) {
		unusable = nil
	}
	return code, unusable, err
}

// abandoned is the age of a directory in which the code of a killed host was to arrive.
const abandoned = time.Hour

// fill compiles a module here and keeps its code. The code that runs is mapped from the cache,
// since the runtime would go on to write into the handover directory.
func (c Cache) fill(ctx context.Context, config wazero.RuntimeConfig, wasm []byte) (err error) {
	dir, err := c.Handover(abandoned)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	cache, err := wazero.NewCompilationCacheWithDir(dir)
	if err != nil {
		return err
	}
	code, err := Compile(ctx, cache, config, wasm)
	if err != nil {
		return err
	}
	return errors.Join(c.Keep(dir, wasm), code.Close(context.WithoutCancel(ctx)))
}

// errNotCached is the end of a context that only allows to find code.
var errNotCached = errors.New("the compiled code is not in the directory")

// Map maps the code of a module from a directory, for a runtime of its own. It compiles
// nothing: wazero looks for the code before it looks at the context, and with more than one
// worker it looks at the context before each function.
func Map(ctx context.Context, dir string, config wazero.RuntimeConfig, wasm []byte) (Code, error) {
	cache, err := wazero.NewCompilationCacheWithDir(dir)
	if err != nil {
		return Code{}, err
	}
	ctx, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	cancel(errNotCached)
	return compileFor(experimental.WithCompilationWorkers(ctx, 2), cache, config, wasm)
}

// Compile compiles a module for a runtime of its own, with a cache unless that is nil. The
// end of the context does not stop it: wazero v1.12.0 would never unmap the code that calls
// the module's functions, which comes first.
func Compile(ctx context.Context, cache wazero.CompilationCache, config wazero.RuntimeConfig, wasm []byte) (Code, error) {
	return compileFor(experimental.WithCompilationWorkers(context.WithoutCancel(ctx), workers()), cache, config, wasm)
}

func compileFor(ctx context.Context, cache wazero.CompilationCache, config wazero.RuntimeConfig, wasm []byte) (code Code, err error) {
	if cache != nil {
		config = config.WithCompilationCache(cache)
	}
	code = Code{Runtime: wazero.NewRuntimeWithConfig(ctx, config), cache: cache}
	if code.Module, err = code.Runtime.CompileModule(ctx, wasm); err != nil {
		return Code{}, errors.Join(err, code.Close(context.WithoutCancel(ctx)))
	}
	return code, nil
}

package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/internal/regular"
	"example.org/compute-pipeline/gohost/sandbox"
)

type compileCommand struct {
	Files    []string `arg:"" name:"file" help:"WebAssembly modules or components."`
	CacheDir string   `required:"" name:"cache-dir" aliases:"cache" env:"PIPELINE_CACHE_DIR" placeholder:"DIR" help:"Directory for compiled modules, as for run and serve."`
	witFlags
	grantFlags
	Memory  int           `group:"Limits" name:"compile-memory" placeholder:"MIB" help:"Memory for compiling a module. The default is by the estimate."`
	Timeout time.Duration `group:"Limits" name:"compile-timeout" placeholder:"TIME" help:"Time for compiling a module. The default is by the estimate, at least five minutes."`
}

// Help implements kong.HelpProvider.
func (*compileCommand) Help() string {
	return `Checks, rewrites and compiles modules, and stores the results in a directory, so that run and serve with the same --cache-dir and --grant start in a fraction of the time and memory. A program with a generated package does so with sandbox.WithCacheDir; give the world of that with --wit. The default is the engine's contract.

Nothing of a module runs. A module that takes more time or memory than the limits is rejected before it is compiled, by an estimate; the others are compiled all the same. Each compiles in a process of its own, whose limits follow from the estimate.

The results are for this version of the program and this kind of processor; others find nothing there and compile themselves. Whoever can write to the directory can run code in the programs that use it. What is there already is not done again.

Examples:

  pipeline compile plugin.wasm --cache-dir cache
  pipeline compile rules.wasm --cache-dir cache --wit wit --world rules
  pipeline compile plugins/*.wasm --cache-dir cache --grant clock,random,output`
}

// Run compiles the files one after the other.
func (c *compileCommand) Run(ctx context.Context, std streams) error {
	contract := gohost.Binding().Contract
	if described, err := c.contract(ctx); err != nil {
		return err
	} else if described != nil {
		contract = described
	}
	grants, err := c.grants()
	if err != nil {
		return err
	}
	process := gohost.CompileProcess{MemoryMiB: c.Memory, Timeout: c.Timeout}
	if err := process.Check(); err != nil {
		return usageError{err}
	}
	opts := []gohost.Option{gohost.WithCacheDir(c.CacheDir), gohost.WithGrants(grants...), gohost.WithCompileProcess(process)}
	refused := false
	for _, file := range c.Files {
		if err := c.compile(ctx, std, file, contract, opts); err != nil {
			switch {
			case ctx.Err() != nil:
				return ctx.Err()
			case errors.Is(err, gohost.ErrInvalidInput): // an option
				return usageError{err}
			}
			fmt.Fprintf(std.err, "pipeline: %s: %v\n", file, err)
			refused = true
		}
	}
	if refused {
		return errReported
	}
	return nil
}

func (c *compileCommand) compile(ctx context.Context, std streams, file string, contract *sandbox.Contract, opts []gohost.Option) error {
	wasm, err := regular.Read(file, maxModule)
	if path := (*fs.PathError)(nil); errors.As(err, &path) {
		return fmt.Errorf("cannot be read: %w", path.Err)
	}
	if err != nil {
		return err
	}
	begin := time.Now()
	compiled, err := sandbox.Compile(ctx, wasm, contract, opts...)
	if failure := (*gohost.Error)(nil); errors.As(err, &failure) {
		return failure.Err // the file says more than the module's name
	}
	if err != nil {
		return err
	}
	done := fmt.Sprintf("compiled in %.1f s", time.Since(begin).Seconds())
	if compiled.Cached {
		done = "is there already"
	}
	_, err = fmt.Fprintf(std.out, "%s: %s; estimated at %v\n", file, done, compiled.Estimate)
	return err
}

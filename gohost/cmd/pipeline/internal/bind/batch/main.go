// Batch generates bindings of many groups of worlds in one process, for tests/worlds.
//
// It reads DIR/NUMBER/world.wit, or DIR/NUMBER/component.wasm if that is not there, for each
// NUMBER below COUNT, and writes the package gNUMBER, of the world group, into
// DIR/NUMBER/bindings.
package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"

	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/bind"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/bind/wit"
)

func main() {
	if err := run(context.Background(), os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "batch:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) != 2 {
		return fmt.Errorf("expected DIR and COUNT, got %d arguments", len(args))
	}
	count, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var next atomic.Int64
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for ctx.Err() == nil {
				number := int(next.Add(1)) - 1
				if number >= count {
					return
				}
				dir := filepath.Join(args[0], strconv.Itoa(number))
				if err := generate(ctx, dir, fmt.Sprintf("g%d", number)); err != nil {
					cancel(err)
				}
			}
		})
	}
	workers.Wait()
	return context.Cause(ctx)
}

func generate(ctx context.Context, dir, pkg string) error {
	source := filepath.Join(dir, "world.wit")
	if _, err := os.Stat(source); errors.Is(err, fs.ErrNotExist) {
		source = filepath.Join(dir, "component.wasm")
	}
	world, err := wit.Describe(ctx, source, wit.Options{World: "group", Many: true})
	if err != nil {
		return err
	}
	files, err := bind.Generate(world, bind.Options{Package: pkg})
	if err != nil {
		return fmt.Errorf("%s: %w", dir, err)
	}
	dir = filepath.Join(dir, "bindings")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for _, file := range files {
		if err := os.WriteFile(filepath.Join(dir, file.Name), file.Content, 0o644); err != nil {
			return err
		}
	}
	return nil
}

package main

import (
	"context"
	"io"
	"iter"
	"os"
	"slices"
	"time"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/internal/regular"
	"example.org/compute-pipeline/gohost/sandbox"
)

// modelFlags are the flags of commands that run a model: of the world ${world}, for ${one} at a
// time.
type modelFlags struct {
	Plugin string `required:"" placeholder:"FILE" help:"WebAssembly module or component of the world ${world}, with its model."`

	Memory   int           `group:"Limits" default:"256" placeholder:"MIB" help:"Max memory of an instance, in MiB (default ${default})."`
	Timeout  time.Duration `group:"Limits" name:"call-timeout" default:"30s" placeholder:"TIME" help:"Max time of the model for ${one} (default ${default})."`
	Fuel     uint64        `group:"Limits" default:"${fuel}" placeholder:"UNITS" help:"Max fuel for ${one}; a unit is about one instruction (default ${default})."`
	CacheDir string        `group:"Limits" env:"PIPELINE_CACHE_DIR" placeholder:"DIR" help:"Directory for compiled modules, for a faster start."`
}

// read reads the module, once the limits are checked.
func (f *modelFlags) read() ([]byte, error) {
	if f.Memory < 1 || f.Memory > gohost.MaxMemoryLimit {
		return nil, badUse("--memory %d: expected 1 to %d MiB", f.Memory, gohost.MaxMemoryLimit)
	}
	wasm, err := regular.Read(f.Plugin, maxModule)
	if err != nil {
		return nil, badUse("--plugin: %w", plainPathError(err))
	}
	return wasm, nil
}

// options returns the options of the module, for so many calls at the same time.
func (f *modelFlags) options(instances int) []sandbox.Option {
	opts := []sandbox.Option{
		sandbox.WithMaxInstances(instances), sandbox.WithMemoryLimit(f.Memory),
		sandbox.WithCallTimeout(f.Timeout), sandbox.WithFuel(f.Fuel),
	}
	if f.CacheDir != "" {
		opts = append(opts, sandbox.WithCacheDir(f.CacheDir))
	}
	return opts
}

// limit is the max length of an input, in bytes.
func (f *modelFlags) limit() int64 { return int64(f.Memory) << 20 }

// wholeFiles returns the files of a command that reads each from its beginning to its end: standard
// input if files is empty.
func wholeFiles(files []string) ([]string, error) {
	if len(files) == 0 {
		return []string{"-"}, nil
	}
	if first := slices.Index(files, "-"); first >= 0 && slices.Contains(files[first+1:], "-") {
		return nil, badUse("- is there twice: standard input can be read once")
	}
	return files, nil
}

// readInput reads a file, or its ends ([readEnds]), or returns when the context ends: a terminal and a
// pipe can keep their readers waiting. Nothing can end such a read, so it is left behind, for the
// program ends.
func readInput(ctx context.Context, stdin io.Reader, file string, ends, limit int64) ([]byte, error) {
	type contents struct {
		data []byte
		err  error
	}
	done := make(chan contents, 1)
	go func() {
		in := stdin
		if file != "-" {
			f, err := os.Open(file)
			if err != nil {
				done <- contents{nil, err}
				return
			}
			defer f.Close()
			in = f
		}
		data, err := readEnds(in, ends, limit)
		done <- contents{data, err}
	}()
	select {
	case got := <-done:
		return got.data, got.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// inOrder calls work for each item, for some at the same time, and yields what it returns in the order
// of the items. It ends with the context, and may leave behind what waits for its input, as
// [readInput] does.
func inOrder[T, R any](ctx context.Context, items iter.Seq[T], workers int, work func(context.Context, T) R) iter.Seq[R] {
	return func(yield func(R) bool) {
		ctx, stop := context.WithCancel(ctx)
		defer stop()
		results := make(chan chan R, workers)
		go func() { // ends with the items or the context
			defer close(results)
			for item := range items {
				result := make(chan R, 1)
				select {
				case results <- result:
				case <-ctx.Done():
					return
				}
				go func() { result <- work(ctx, item) }() // ends with its call, which the context ends
			}
		}()
		for ctx.Err() == nil {
			select {
			case result, ok := <-results:
				if !ok {
					return
				}
				select {
				case r := <-result:
					if !yield(r) {
						return
					}
				case <-ctx.Done():
				}
			case <-ctx.Done():
			}
		}
	}
}

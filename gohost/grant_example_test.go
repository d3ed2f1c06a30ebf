package gohost_test

import (
	"context"
	"fmt"
	"log"
	"log/slog"
	"os"
	"testing/fstest"

	"example.org/compute-pipeline/gohost"
)

// A module gets what it needs by name, and no more.
func ExampleWithGrants() {
	ctx := context.Background()
	wasm, err := os.ReadFile("testdata/wasi.wasm")
	if err != nil {
		log.Fatal(err)
	}
	logger := slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey || a.Key == "module" {
				return slog.Attr{}
			}
			return a
		},
	}))
	eng, err := gohost.Load(ctx, wasm, gohost.WithLogger(logger), gohost.WithGrants(
		gohost.GrantClock(),
		gohost.GrantSeededRandom(1),
		gohost.GrantOutput(gohost.OutputLimits{LinesPerSecond: 5}),
		gohost.GrantFiles(fstest.MapFS{"greeting.txt": {Data: []byte("good day")}}),
	))
	if err != nil {
		log.Fatal(err)
	}
	defer eng.Close(ctx)

	// This module's way to write to its standard output.
	if _, err := eng.ProcessBatch(ctx, []byte("one line of text\n0123456789abcde")); err != nil {
		log.Fatal(err)
	}
	// And to read eight bytes of a file.
	out, err := eng.ProcessBatch(ctx, []byte("f123456789abcdef"))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s\n", out[8:])
	// Output:
	// level=INFO msg="output of a guest" stream=stdout line="one line of text"
	// good day
}

// A directory of the system is granted by way of an os.Root, which no link leads
// out of; os.DirFS would follow it.
func ExampleGrantFiles() {
	ctx := context.Background()
	wasm, err := os.ReadFile("testdata/wasi.wasm")
	if err != nil {
		log.Fatal(err)
	}
	root, err := os.OpenRoot("testdata/files")
	if err != nil {
		log.Fatal(err)
	}
	defer root.Close() // after the engine
	eng, err := gohost.Load(ctx, wasm, gohost.WithGrants(
		gohost.GrantClock(), gohost.GrantRandom(nil), // which this module imports too
		gohost.GrantFiles(root.FS()),
	))
	if err != nil {
		log.Fatal(err)
	}
	defer eng.Close(ctx)

	out, err := eng.ProcessBatch(ctx, []byte("f123456789abcdef"))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s\n", out[8:])
	// Output: good day
}

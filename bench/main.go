// Command bench compares the library with its alternatives on the same work, in one process, by
// turns, and writes docs/benchmarks.md with its plots. Each answer is compared with the engine's
// before it is measured. `make bench-peers` builds what it needs.
//
// It is a module of its own that is not in the workspace, so nobody who uses or builds the
// library downloads the alternatives.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"time"

	"example.org/compute-pipeline/bench/measure"
	"example.org/compute-pipeline/bench/peer"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("bench: ")
	if len(os.Args) > 1 && os.Args[1] == peer.ServeArgument {
		peer.ServePlugin()
		return
	}
	if len(os.Args) == 4 && os.Args[1] == startArgument {
		if err := printStart(os.Args[2], os.Args[3]); err != nil {
			log.Fatal(err)
		}
		return
	}
	root := flag.String("root", "..", "the repository")
	quick := flag.Bool("quick", false, "call each peer once, check the answers, and measure nothing")
	try := flag.Bool("short", false, "measure a few rounds only, to try the program")
	render := flag.Bool("render", false, "write the document from the results of the last run")
	flag.Parse()
	var files peer.Files
	files.Core = filepath.Join(*root, "dist/compute-pipeline.core.wasm")
	files.Component = filepath.Join(*root, "dist/compute-pipeline.component.wasm")
	files.Extism = filepath.Join(*root, "dist/bench/extism.wasm")
	files.Protobuf = filepath.Join(*root, "dist/bench/protobuf.wasm")
	files.Wasmtime = filepath.Join(*root, "dist/bench/wasmtime")
	if err := run(*root, files, *quick, *try, *render); err != nil {
		log.Fatal(err)
	}
}

func run(root string, files peer.Files, quick, try, render bool) error {
	saved := filepath.Join(root, "dist/bench.json")
	if render {
		r, err := load(saved)
		if err != nil {
			return err
		}
		return r.write(root)
	}
	cache, err := os.MkdirTemp("", "bench-cache")
	if err != nil {
		return err
	}
	defer os.RemoveAll(cache)
	files.Cache = cache
	began := time.Now()
	all, left, err := openAll(peer.All(), files)
	if err != nil {
		return err
	}
	r := results{Machine: measure.Machine(), Left: left, When: measure.Today(), Load: measure.Load(), Plan: full}
	if try {
		r.Plan = short
	}
	if quick {
		if err := check(all); err != nil {
			return err
		}
		fmt.Printf("%d peers gave the right answers\n", len(all))
		return closeAll(all)
	}
	// What was measured before a failure can be written too, with -render.
	measured := r.measure(root, all, files)
	progress("done in %s", time.Since(began).Round(time.Second))
	data, err := json.MarshalIndent(r, "", " ")
	if err := errors.Join(measured, err); err != nil {
		return errors.Join(err, os.WriteFile(saved, data, 0o644))
	}
	if err := os.WriteFile(saved, data, 0o644); err != nil {
		return err
	}
	return r.write(root)
}

// check calls each peer once on each size but the longest.
func check(all []opened) error {
	for _, parse := range []bool{false, true} {
		for _, n := range []int{1, 100, 10_000} {
			if _, err := compare(all, parse, n, 0, 0); err != nil {
				return err
			}
		}
	}
	return nil
}

// printStart is the program that measures the start of one peer.
func printStart(name, arguments string) error {
	var files peer.Files
	if err := json.Unmarshal([]byte(arguments), &files); err != nil {
		return err
	}
	s, err := measureStart(name, files)
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(s)
}

func progress(format string, args ...any) {
	fmt.Fprintf(os.Stderr, time.Now().Format(time.TimeOnly)+" "+format+"\n", args...)
}

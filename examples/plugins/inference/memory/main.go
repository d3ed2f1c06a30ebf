// Command memory prints how much memory N instances of a model take: `memory magika 8`, or silero.
// It reads what the process has of its own, so each run is a process (Linux).
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"

	"example.org/compute-pipeline/examples/plugins/inference/magika"
	"example.org/compute-pipeline/examples/plugins/inference/silero"
	"example.org/compute-pipeline/gohost/inference/detector"
	"example.org/compute-pipeline/gohost/sandbox"
)

func main() {
	if err := measure(context.Background(), os.Args[1:]); err != nil {
		log.Fatal(err)
	}
}

func measure(ctx context.Context, args []string) error {
	if len(args) != 2 {
		return fmt.Errorf("usage: memory magika|silero INSTANCES")
	}
	n, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	limits := []sandbox.Option{sandbox.WithMaxInstances(n), sandbox.WithFuel(1_000_000_000)}
	var call func() error
	var stats func() sandbox.Stats
	switch args[0] {
	case "magika":
		model, err := magika.Load(ctx, limits...)
		if err != nil {
			return err
		}
		defer model.Close(ctx)
		input := make([]byte, 8192)
		call = func() error { _, err := model.Classify(ctx, input, 1); return err }
		stats = model.Stats
	case "silero":
		model, err := silero.Load(ctx, limits...)
		if err != nil {
			return err
		}
		defer model.Close(ctx)
		points := make([]detector.Datapoint, 8192)
		call = func() error { _, err := model.Detect(ctx, nil, points); return err }
		stats = model.Stats
	default:
		return fmt.Errorf("there is no model %q", args[0])
	}
	debug.FreeOSMemory()
	before, err := own()
	if err != nil {
		return err
	}
	for round := 0; round < 3 || stats().Instances < n; round++ {
		errs := make(chan error, 2*n)
		var calls sync.WaitGroup
		for range 2 * n {
			calls.Go(func() { errs <- call() })
		}
		calls.Wait()
		close(errs)
		for err := range errs {
			if err != nil {
				return err
			}
		}
	}
	debug.FreeOSMemory()
	after, err := own()
	if err != nil {
		return err
	}
	fmt.Printf("%s, instances: %d, linear memory: %.1f MiB, process when loaded: %.1f MiB, after calls: %.1f MiB more\n",
		args[0], n, float64(stats().MemoryBytes)/(1<<20), before/1024, (after-before)/1024)
	return nil
}

// own returns the memory that only this process has, in KiB.
func own() (float64, error) {
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(text), "RssAnon:")
	var size float64
	_, err = fmt.Sscan(rest, &size)
	return size, err
}

// Command untrusted runs code that it does not trust on a file of measurements: a plugin, within
// limits, or with -process a program, which does the same over its standard input and output.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"time"

	"example.org/compute-pipeline/examples/matrix/job"
	"example.org/compute-pipeline/gohost"
)

func main() {
	if err := run(context.Background(), os.Stdin, os.Stdout, os.Args[1:]); err != nil {
		log.Fatal(err)
	}
}

// An aggregator is somebody else's code.
type aggregator interface {
	ComputeAggregate(ctx context.Context, points []gohost.Datapoint) (gohost.Aggregate, error)
	Close(ctx context.Context) error
}

func run(ctx context.Context, in io.Reader, out io.Writer, args []string) (err error) {
	flags := flag.NewFlagSet("untrusted", flag.ContinueOnError)
	asPlugin := flags.String("plugin", "", "a module that implements the contract, of this `file`")
	asProcess := flags.String("process", "", "a `program` that is run with the argument -serve")
	serve := flags.Bool("serve", false, "be such a program")
	cache := flags.String("cache", "", "keep what is compiled in this `directory`")
	rounds := flags.Int("rounds", 1, "do it so often, and print the median times")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *serve {
		return serveRequests(in, out)
	}
	if *rounds < 1 {
		return fmt.Errorf("%d rounds", *rounds)
	}
	var start func(opts ...gohost.Option) (aggregator, error)
	switch {
	case *asPlugin != "":
		start = func(opts ...gohost.Option) (aggregator, error) { return loadPlugin(ctx, *asPlugin, *cache, opts...) }
	case *asProcess != "":
		start = func(...gohost.Option) (aggregator, error) { return startProcess(*asProcess) }
	default:
		return errors.New("neither -plugin nor -process")
	}
	code, err := start()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, code.Close(ctx)) }()

	raw, err := os.ReadFile(flags.Arg(0))
	if err != nil {
		return err
	}
	var points []gohost.Datapoint // parsed here, so that the times are of the calls
	if err := json.Unmarshal(raw, &points); err != nil {
		return err
	}
	agg, err := code.ComputeAggregate(ctx, points)
	if err != nil {
		return err
	}
	answer := job.Of(len(points), agg)
	if eng, ok := code.(*gohost.Engine); ok {
		answer.Memory = eng.Stats().MemoryBytes
	}
	if *rounds > 1 {
		answer.Nanoseconds, err = times(ctx, code, start, points, *rounds)
		if err != nil {
			return err
		}
	}
	return answer.Print(out)
}

// loadPlugin loads a module, with what it may use. It has no files, no network, no clock and no
// random numbers, since nothing is granted.
func loadPlugin(ctx context.Context, path, cache string, more ...gohost.Option) (*gohost.Engine, error) {
	wasm, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	opts := []gohost.Option{
		gohost.WithMemoryLimit(64),                        // MiB
		gohost.WithCallTimeout(callLimit),                 // ends an endless loop
		gohost.WithFuel(10_000_000_000),                   // the same on every machine
		gohost.WithMaxInstances(2),                        // calls at the same time
		gohost.WithMaxWaiters(100),                        // calls that wait
		gohost.WithMaxResult(1), gohost.WithHeapLimit(64), // MiB of this process's own
	}
	if cache != "" {
		opts = append(opts, gohost.WithCacheDir(cache))
	}
	return gohost.Load(ctx, wasm, append(opts, more...)...)
}

// callLimit is the time of a call.
const callLimit = time.Second

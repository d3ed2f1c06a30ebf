// Command soak puts the engine, the plugin host and the service under load for
// minutes, checks every answer, and judges whether memory, goroutines and
// instances stay flat. It exits with status 1 when anything is not as it must
// be.
//
//	go run ./tests/soak [flags] engine
//
// With -docs the figures and plots go into docs/soak.md and docs/images.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "soak:", err)
		os.Exit(1)
	}
}

// extent is how much of a scenario is run.
type extent struct {
	duration time.Duration // at least
	calls    uint64        // at least, of the engine
	swaps    int
}

// scenario makes the outcome of one run.
type scenario struct {
	name string
	run  func(ctx context.Context, extent extent) (*outcome, error)
}

var scenarios = []scenario{
	{"engine", func(ctx context.Context, e extent) (*outcome, error) {
		return engineSoak{duration: e.duration, calls: e.calls, interval: time.Second, largest: 100_000, trend: true}.run(ctx)
	}},
	{"swaps", func(ctx context.Context, e extent) (*outcome, error) {
		return swapSoak{swaps: e.swaps, interval: time.Second / 4, largest: 10_000, trend: true}.run(ctx)
	}},
	{"deadlines", func(ctx context.Context, e extent) (*outcome, error) {
		return deadlineSoak{duration: e.duration / 5, interval: time.Second / 4, alones: 500, trend: true}.run(ctx)
	}},
	{"serve", func(ctx context.Context, e extent) (*outcome, error) {
		// 20 rows of measuring, about.
		return serveBench{row: e.duration / 20, connections: []int{1, 8, 64}, callTimeout: 100 * time.Millisecond}.run(ctx)
	}},
}

func run(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("soak", flag.ContinueOnError)
	minutes := flags.Float64("minutes", 10, "how long the engine is called, at least; deadlines take a fifth of it")
	calls := flags.Uint64("calls", 10_000_000, "how many calls of the engine are made, at least")
	swaps := flags.Int("swaps", 1000, "how often the plugin is swapped")
	out := flags.String("out", "dist/soak", "directory for samples, plots and tables")
	docs := flags.String("docs", "", "directory of the documents that get plots and tables, such as docs")
	if err := flags.Parse(args); err != nil {
		return err
	}
	var chosen []scenario
	for _, name := range flags.Args() {
		i := slices.IndexFunc(scenarios, func(s scenario) bool { return s.name == name })
		if i < 0 {
			return fmt.Errorf("there is no scenario %q, only %s", name, names())
		}
		chosen = append(chosen, scenarios[i])
	}
	if len(chosen) == 0 {
		return fmt.Errorf("which scenarios? There are %s", names())
	}
	var failures []error
	for _, s := range chosen {
		fmt.Printf("## %s\n\n", s.name)
		o, err := s.run(ctx, extent{
			duration: time.Duration(*minutes * float64(time.Minute)), calls: *calls, swaps: *swaps,
		})
		if err != nil {
			failures = append(failures, fmt.Errorf("%s: %w", s.name, err))
			continue
		}
		fmt.Println(o.text.String())
		if err := o.err(); err != nil {
			// A failed run is for reading, not for the documents.
			failures = append(failures, err, o.save(*out, ""))
			continue
		}
		failures = append(failures, o.save(*out, *docs))
	}
	return errors.Join(failures...)
}

func names() string {
	var all []string
	for _, s := range scenarios {
		all = append(all, s.name)
	}
	return strings.Join(all, ", ")
}

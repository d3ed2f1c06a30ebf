// Command serve compares `pipeline serve` with Go services without its limits and without a
// sandbox: mean, variance and sum of 100 points in JSON, over 8 connections.
//
//	go run ./serve -pipeline PATH [-requests 4000] [-rounds 11] [-out FILE]
//
// All services run all the time, each a process; they are called by turns. In a turn each
// connection sends its next request when the last is answered, until there are enough requests or
// the turn has taken its most. It prints the median requests a second of each service and the
// median of the ratios to the first in the same round. Every response is
// compared with the first one of its service, and that with what was computed here.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"time"

	"example.org/compute-pipeline/bench/load"
	"example.org/compute-pipeline/bench/measure"
	"example.org/compute-pipeline/bench/work"
)

const (
	connections = 8
	points      = 100
	// most is how long a turn takes at most.
	most = 5 * time.Second
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if len(os.Args) == 3 && os.Args[1] == serveArgument {
		if err := serve(ctx, os.Args[2]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			stop()
			os.Exit(1)
		}
		return
	}
	b := bench{}
	flag.StringVar(&b.pipeline, "pipeline", "pipeline", "the command line to measure")
	flag.IntVar(&b.requests, "requests", 4000, "requests of a turn")
	flag.IntVar(&b.rounds, "rounds", 11, "rounds")
	flag.StringVar(&b.out, "out", "", "a file for the result as JSON, which docs/benchmarks.md is written from")
	flag.Parse()
	if err := b.run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, err)
		stop()
		os.Exit(1)
	}
}

type bench struct {
	pipeline, out    string
	requests, rounds int
}

func (b *bench) run(ctx context.Context) error {
	list := work.Temperatures(points)
	body, want := work.Text(list), work.TwoPasses(list)
	services, err := startAll(ctx, b.pipeline)
	defer stopAll(services)
	if err != nil {
		return err
	}
	for _, s := range services {
		if s.client, err = load.Dial(s.address, s.path, body, connections); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		var got work.Moments
		if err := json.Unmarshal(s.client.Answer, &got); err != nil {
			return fmt.Errorf("%s: %q: %w", s.name, s.client.Answer, err)
		}
		if err := work.Same(got, want, false); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		if _, err := s.client.Turn(ctx, b.requests/4, most); err != nil { // to warm up
			return fmt.Errorf("%s: %w", s.name, err)
		}
	}
	rates, ratios := make([][]float64, len(services)), make([][]float64, len(services))
	for round := range b.rounds {
		row := make([]float64, len(services))
		for k := range services {
			i := (k + round) % len(services)
			if row[i], err = services[i].client.Turn(ctx, b.requests, most); err != nil {
				return fmt.Errorf("%s: %w", services[i].name, err)
			}
		}
		for i, rate := range row {
			rates[i], ratios[i] = append(rates[i], rate), append(ratios[i], rate/row[0])
		}
	}
	outcome := measure.NewOutcome(fmt.Sprintf("%d points in JSON (%d bytes), %d connections, %d rounds of %d requests", points, len(body), connections, b.rounds, b.requests))
	for i, s := range services {
		row := measure.Row{Task: "aggregate", Name: s.name, Value: measure.Median(rates[i]), Ratio: measure.Median(ratios[i])}
		outcome.Rows = append(outcome.Rows, row)
		fmt.Printf("%-32s %8.0f requests a second  %5.2f times those of the first\n", s.name, row.Value, row.Ratio)
	}
	if b.out == "" {
		return nil
	}
	return outcome.Save(b.out)
}

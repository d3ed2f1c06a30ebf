// Command measure runs all examples of the matrix by turns on the same data, checks that all
// answers of the engine are the same, and writes the figures of docs/choosing.md. It runs in the
// root of the repository; `make matrix` prepares what it needs.
package main

import (
	"context"
	"flag"
	"log"
	"os"
	"os/signal"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("measure", flag.ContinueOnError)
	rounds := flags.Int("rounds", 7, "how often every example runs; the figures are medians")
	points := flags.Int("points", 200_000, "the length of the generated file")
	out := flags.String("out", "docs/choosing.md", "the `page` that gets the figures")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if _, _, err := aroundFigures(*out); err != nil {
		return err // now, and not after some minutes
	}
	dir, err := os.MkdirTemp("", "compute-pipeline-matrix-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	began := time.Now()
	loadBefore := load()
	e, err := prepare(ctx, ".", dir, *points)
	if err != nil {
		return err
	}
	measured, err := e.measure(ctx, append(waysInGo(e), waysElsewhere(e)...), *rounds)
	if err != nil {
		return err
	}
	if err := e.measureEdge(ctx, append(serversInGo(e), serversElsewhere(e)...), *rounds, measured); err != nil {
		return err
	}
	if err := sameBits(measured); err != nil {
		return err
	}
	text, err := render(measured, machine{
		Date: began.Format("2 January 2006"), Processor: processor(), LoadBefore: loadBefore, LoadAfter: load(),
		Versions: e.versions(ctx), Points: *points, Rounds: *rounds,
	})
	if err != nil {
		return err
	}
	if err := replaceFigures(*out, text); err != nil {
		return err
	}
	log.Printf("%s: written after %v", *out, time.Since(began).Round(time.Second))
	return nil
}

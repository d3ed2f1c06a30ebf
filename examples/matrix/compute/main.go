// Command compute parses a file of measurements and aggregates them in the engine, within this
// process. With -plain it does the same in plain Go.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"log"
	"os"

	"example.org/compute-pipeline/examples/matrix/job"
	"example.org/compute-pipeline/gohost"
)

func main() {
	if err := run(context.Background(), os.Stdout, os.Args[1:]); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, w io.Writer, args []string) error {
	flags := flag.NewFlagSet("compute", flag.ContinueOnError)
	plain := flags.Bool("plain", false, "without the engine")
	cache := flags.String("cache", "", "keep what is compiled in this `directory`")
	rounds := flags.Int("rounds", 1, "do it so often, and print the median times")
	if err := flags.Parse(args); err != nil {
		return err
	}
	raw, err := os.ReadFile(flags.Arg(0))
	if err != nil {
		return err
	}
	work := inEngine
	if *plain {
		work = inGo
	}
	answer, err := work(ctx, raw, *cache, *rounds)
	if err != nil {
		return err
	}
	return answer.Print(w)
}

func inEngine(ctx context.Context, raw []byte, cache string, rounds int) (answer job.Answer, err error) {
	var opts []gohost.Option
	if cache != "" {
		opts = append(opts, gohost.WithCacheDir(cache))
	}
	eng, err := gohost.New(ctx, opts...)
	if err != nil {
		return answer, err
	}
	defer func() { err = errors.Join(err, eng.Close(ctx)) }()

	var points []gohost.Datapoint
	var agg gohost.Aggregate
	parse := func() error {
		points, err = eng.AppendValidated(ctx, points[:0], raw)
		return err
	}
	aggregate := func() error {
		agg, err = eng.ComputeAggregate(ctx, points)
		return err
	}
	if err := parse(); err != nil {
		return answer, err // with line and column
	}
	if err := aggregate(); err != nil {
		return answer, err
	}
	answer = job.Of(len(points), agg)
	answer.Memory = eng.Stats().MemoryBytes
	answer.Nanoseconds, err = times(rounds, len(points), parse, aggregate)
	return answer, err
}

func inGo(_ context.Context, raw []byte, _ string, rounds int) (answer job.Answer, err error) {
	var points []gohost.Datapoint
	var agg gohost.Aggregate
	parse := func() error {
		points = points[:0]
		return json.Unmarshal(raw, &points) // matches names without regard to case
	}
	aggregate := func() error {
		agg = job.Plain(points)
		return nil
	}
	if err := parse(); err != nil {
		return answer, err
	}
	if err := aggregate(); err != nil {
		return answer, err
	}
	answer = job.Of(len(points), agg)
	answer.Nanoseconds, err = times(rounds, len(points), parse, aggregate)
	return answer, err
}

// times returns the times of the steps, if there is more than one round.
func times(rounds, points int, parse, aggregate func() error) (map[string]float64, error) {
	if rounds == 1 {
		return nil, nil
	}
	parsing, err := job.Nanoseconds(rounds, points, parse)
	if err != nil {
		return nil, err
	}
	aggregating, err := job.Nanoseconds(rounds, points, aggregate)
	return map[string]float64{"parse": parsing, "aggregate": aggregating}, err
}

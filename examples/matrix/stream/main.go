// Command stream folds measurements as a stream delivers them, in batches, into a state of less
// than a hundred bytes. With -plain it keeps Welford's sums instead, in plain Go.
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

	"example.org/compute-pipeline/examples/matrix/job"
	"example.org/compute-pipeline/gohost"
)

func main() {
	if err := run(context.Background(), os.Stdout, os.Args[1:]); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, w io.Writer, args []string) (err error) {
	flags := flag.NewFlagSet("stream", flag.ContinueOnError)
	batch := flags.Int("batch", 1024, "the `points` of a call")
	plain := flags.Bool("plain", false, "without the engine")
	rounds := flags.Int("rounds", 1, "do it so often, and print the median times for batches of 1 to 8192")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *batch < 1 {
		return fmt.Errorf("a batch of %d points", *batch)
	}
	raw, err := os.ReadFile(flags.Arg(0))
	if err != nil {
		return err
	}
	var points []gohost.Datapoint
	if err := json.Unmarshal(raw, &points); err != nil {
		return err
	}
	if *plain {
		return welford(w, points, *rounds)
	}

	eng, err := gohost.New(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, eng.Close(ctx)) }()
	answer, err := fold(ctx, eng, points, *batch)
	if err != nil {
		return err
	}
	if *rounds > 1 {
		answer.Nanoseconds = map[string]float64{}
		for batch := 1; batch <= 8192; batch *= 2 {
			answer.Nanoseconds[fmt.Sprint(batch)], err = job.Nanoseconds(*rounds, len(points), func() error {
				_, err := fold(ctx, eng, points, batch)
				return err
			})
			if err != nil {
				return err
			}
		}
	}
	answer.Memory = eng.Stats().MemoryBytes
	return answer.Print(w)
}

// fold folds the points into one state, whose memory it uses again.
func fold(ctx context.Context, eng *gohost.Engine, points []gohost.Datapoint, batch int) (answer job.Answer, err error) {
	var state []byte
	for len(points) > 0 {
		n := min(batch, len(points))
		state, err = eng.AppendFold(ctx, state[:0], state, points[:n])
		if err != nil {
			return answer, err
		}
		points = points[n:]
	}
	s, err := eng.Finish(ctx, state)
	return job.Of(int(s.Count), gohost.Aggregate{Mean: s.Mean, Variance: s.Variance, Sum: s.Sum}), err
}

// welford updates mean and variance by each point, as Welford does in "Note on a method for
// calculating corrected sums of squares and products", Technometrics 4, 1962.
func welford(w io.Writer, points []gohost.Datapoint, rounds int) error {
	var agg gohost.Aggregate
	pass := func() error {
		var n, mean, squares, sum float64
		for _, p := range points {
			n++
			delta := p.Value - mean
			mean += delta / n
			squares += delta * (p.Value - mean)
			sum += p.Value
		}
		agg = gohost.Aggregate{Mean: mean, Variance: squares / max(n, 1), Sum: sum}
		return nil
	}
	ns, err := job.Nanoseconds(rounds, max(len(points), 1), pass)
	if err != nil {
		return err
	}
	answer := job.Of(len(points), agg)
	if rounds > 1 {
		answer.Nanoseconds = map[string]float64{"1": ns}
	}
	return answer.Print(w)
}

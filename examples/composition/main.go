// Command composition flags the months of the measurements in a file whose mean is above a
// limit, on the embedded engine: by the rule of rules.py in Go, or by the rule in Python itself,
// if it is given as a component.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"maps"
	"math"
	"os"
	"slices"
	"strconv"
	"time"

	"example.org/compute-pipeline/gohost"
)

func main() {
	if err := run(context.Background(), os.Stdout, os.Args[1:]); err != nil {
		log.Fatal(err)
	}
}

// run writes the flagged months of a file: start, number of measurements, mean, and the bits
// of the mean.
func run(ctx context.Context, w io.Writer, args []string) (err error) {
	if len(args) != 2 && len(args) != 3 {
		return errors.New("usage: composition FILE LIMIT [rules.wasm]")
	}
	limit, err := strconv.ParseFloat(args[1], 64)
	if err != nil {
		return fmt.Errorf("the limit: %w", err)
	}
	raw, err := os.ReadFile(args[0])
	if err != nil {
		return err
	}
	eng, err := gohost.New(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, eng.Close(ctx)) }()
	var flagged []month
	if len(args) == 2 {
		flagged, err = flag(ctx, eng, raw, limit)
	} else {
		flagged, err = loadAndFlag(ctx, eng, args[2], raw, limit)
	}
	if err != nil {
		return err
	}
	for _, m := range flagged {
		if _, err := fmt.Fprintf(w, "%d %d %.4f %016x\n", m.start, m.points, m.mean, math.Float64bits(m.mean)); err != nil {
			return err
		}
	}
	return nil
}

// A month is a calendar month in UTC.
type month struct {
	start  int64
	points int
	mean   float64
}

// flag returns the months whose mean is above the limit, in order.
func flag(ctx context.Context, eng *gohost.Engine, raw []byte, limit float64) ([]month, error) {
	points, err := eng.ValidateStream(ctx, raw)
	if err != nil {
		return nil, err
	}
	months := map[int64][]gohost.Datapoint{}
	for _, p := range points {
		start := startOfMonth(p.Timestamp)
		months[start] = append(months[start], p)
	}
	var flagged []month
	for _, start := range slices.Sorted(maps.Keys(months)) {
		agg, err := eng.ComputeAggregate(ctx, months[start])
		if err != nil {
			return nil, err
		}
		if agg.Mean > limit {
			flagged = append(flagged, month{start: start, points: len(months[start]), mean: agg.Mean})
		}
	}
	return flagged, nil
}

func startOfMonth(seconds uint64) int64 {
	at := time.Unix(int64(seconds), 0).UTC()
	return time.Date(at.Year(), at.Month(), 1, 0, 0, 0, 0, time.UTC).Unix()
}

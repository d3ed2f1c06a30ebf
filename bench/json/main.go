// Command json compares ValidateStream with Go's decoders of JSON, for texts of many kinds: how
// the records are written, and how the numbers are.
//
//	go run ./json [-bytes 8000000] [-rounds 11] [-kinds REGEXP] [-before FILE]
//
// Each decoder reads into a slice with room for all points; the points of each are compared with
// those that the text was made of before it is measured. All take turns in this process, and the
// engine runs on one processor. The table has the median time of a record in the engine, and the
// medians of the others' ratios to it within a round. Times are those of the processor. -before adds an engine from a file of
// another build, such as dist/compute-pipeline.core.wasm.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"time"

	"example.org/compute-pipeline/bench/measure"
	"example.org/compute-pipeline/bench/peer"
	"example.org/compute-pipeline/bench/work"
	"example.org/compute-pipeline/gohost"
)

func main() {
	size := flag.Int("bytes", 8_000_000, "size of a text")
	rounds := flag.Int("rounds", 11, "rounds")
	kinds := flag.String("kinds", "", "only the kinds whose name this regular expression matches")
	before := flag.String("before", "", "a file with another engine")
	flag.Parse()
	if err := run(os.Stdout, *size, *rounds, *kinds, *before); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// decoder reads the points of a text.
type decoder struct {
	name string
	peer.Service
}

func run(out io.Writer, size, rounds int, kinds, before string) error {
	wanted, err := regexp.Compile(kinds)
	if err != nil {
		return err
	}
	decoders, err := open(before)
	for _, d := range decoders {
		defer d.Close()
	}
	if err != nil {
		return err
	}
	fmt.Fprint(out, "| text | ns a record | MB/s |")
	for _, d := range decoders[1:] {
		fmt.Fprintf(out, " %s |", d.name)
	}
	fmt.Fprintln(out, "\n| --- | ---: | ---: |"+strings.Repeat(" ---: |", len(decoders)-1))
	for _, s := range shapes {
		for _, n := range numbers {
			if kind := s.name + ", " + n.name; wanted.MatchString(kind) {
				raw, points := text(s, n, size)
				if err := compare(out, kind, decoders, raw, points, rounds); err != nil {
					return fmt.Errorf("%s: %w", kind, err)
				}
			}
		}
	}
	return nil
}

// open opens the decoders, the engine first.
func open(before string) (decoders []decoder, err error) {
	peers := []peer.Peer{peer.Engines()[0]}
	for _, p := range peer.Native() {
		if p.Parses {
			peers = append(peers, p)
		}
	}
	for _, p := range peers {
		host, err := p.Open(peer.Files{})
		if err != nil {
			return decoders, fmt.Errorf("%s: %w", p.Name, err)
		}
		s, err := host.Service()
		if err != nil {
			return decoders, errors.Join(fmt.Errorf("%s: %w", p.Name, err), host.Close())
		}
		decoders = append(decoders, decoder{p.Name, s})
	}
	if before != "" {
		wasm, err := os.ReadFile(before)
		if err != nil {
			return decoders, err
		}
		engine, err := gohost.Load(context.Background(), wasm, gohost.WithParallelism(1), gohost.WithoutCache())
		if err != nil {
			return decoders, fmt.Errorf("%s: %w", before, err)
		}
		decoders = slices.Insert(decoders, 1, decoder{"before", other{engine}})
	}
	return decoders, nil
}

// other is an engine from a file.
type other struct{ *gohost.Engine }

func (o other) Aggregate(ctx context.Context, points []work.Point) (work.Moments, error) {
	return o.ComputeAggregate(ctx, points)
}

func (o other) Parse(ctx context.Context, dst []work.Point, text []byte) ([]work.Point, error) {
	return o.AppendValidated(ctx, dst, text)
}

func (o other) Close() error { return o.Engine.Close(context.Background()) }

// compare checks and measures all decoders on one text, and writes its row.
func compare(out io.Writer, kind string, decoders []decoder, raw []byte, points []work.Point, rounds int) error {
	ctx, room := context.Background(), make([]work.Point, 0, len(points))
	contenders := make([]measure.Contender, len(decoders))
	for i, d := range decoders {
		got, err := d.Parse(ctx, room, raw)
		if err == nil && !slices.Equal(got, points) {
			err = errors.New("the points are others")
		}
		if err != nil {
			return fmt.Errorf("%s: %w", d.name, err)
		}
		contenders[i] = measure.Contender{Name: d.name, Time: func(calls int) (time.Duration, error) {
			began, err := processorTime()
			for range calls {
				if err == nil {
					_, err = d.Parse(ctx, room, raw)
				}
			}
			if err != nil {
				return 0, err
			}
			now, err := processorTime()
			return now - began, err
		}}
	}
	timings, err := measure.Rounds(contenders, rounds, 1)
	if err != nil {
		return err
	}
	ours := timings[0].Median
	fmt.Fprintf(out, "| %s | %.0f | %.0f |", kind, ours/float64(len(points)), float64(len(raw))*1e3/ours)
	for _, t := range timings[1:] {
		fmt.Fprintf(out, " %.2f |", t.Ratio)
	}
	fmt.Fprintln(out)
	return nil
}

// processorTime returns how long this process has computed: what else runs on the machine counts
// less than in the time of a clock.
func processorTime() (time.Duration, error) {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0, err
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()), nil
}

package main

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/sources"
	"example.org/compute-pipeline/gohost/input"
	"example.org/compute-pipeline/gohost/window"
)

// A folding adds every point of all inputs to its window.
type folding struct {
	engine *gohost.Engine
	series *window.Series
	bar    *progress

	counting sync.Mutex // for the bar, and the number of windows
}

// maxParallel is the max number of pieces at the same time. The goroutine that reads and cuts
// cannot serve many more, and it bounds the memory.
const maxParallel = 16

// pieces returns how many pieces are worked on at the same time.
func (c *runCommand) pieces() int {
	if c.Parallel > 0 {
		return c.Parallel
	}
	return min(runtime.GOMAXPROCS(0), maxParallel)
}

func (c *runCommand) fold(ctx context.Context, engine *runEngine, set *sources.Set, std streams, bar *progress) (result, error) {
	if w := c.grid.Spec(); c.GroupBy != "" || w.Sliding() || w.Sessions() {
		rows, keys, err := c.groups(ctx, engine, set, std, bar)
		if c.GroupBy != "" {
			return result{grouped: rows, keys: keys}, err
		}
		plain := make([]window.Row, len(rows))
		for i, r := range rows {
			plain[i] = r.Row
		}
		return result{rows: plain}, err
	}
	f := &folding{
		engine: engine.Engine, bar: bar,
		series: window.NewSeries(engine.Engine, c.grid),
	}
	how := sources.Reading{Options: c.readerOptions(engine.Engine), InOrder: !engine.exact, Read: f.inOrder}
	switch {
	case c.Normalize:
		how.Read = f.normalize
	case engine.exact:
		how.Read = f.inAnyOrder
	}
	valueName := ""
	how.Begin = func(r *input.Reader) error {
		valueName = strings.Join(r.ValueNames(), ", ")
		return nil
	}
	if err := c.readInputs(ctx, set, std, how); err != nil {
		return result{}, err
	}
	rows, err := f.series.Rows(ctx)
	if err != nil {
		return result{}, fmt.Errorf("%s: %w", set.Name(), err)
	}
	return result{rows: rows, valueName: valueName}, nil
}

// inAnyOrder folds pieces as they are parsed. If the engine is exact, the order does not matter.
func (f *folding) inAnyOrder(ctx context.Context, r *input.Reader, pieces int) error {
	return input.Each(ctx, r, pieces,
		func(ctx context.Context, p *input.Piece) (window.Added, error) {
			added, err := f.series.Add(ctx, p.Points)
			return added, located(p, err)
		},
		func(_ *input.Piece, added window.Added) error {
			f.counting.Lock()
			defer f.counting.Unlock()
			f.bar.update()
			return f.series.Count(added)
		})
}

// inOrder parses pieces in parallel, and folds them one after the other.
func (f *folding) inOrder(ctx context.Context, r *input.Reader, pieces int) error {
	return input.Each(ctx, r, pieces, nothing, func(p *input.Piece, _ struct{}) error {
		f.bar.update()
		return located(p, f.add(ctx, p.Points))
	})
}

func (f *folding) add(ctx context.Context, points []gohost.Datapoint) error {
	added, err := f.series.Add(ctx, points)
	if tooMany := f.series.Count(added); tooMany != nil {
		return tooMany
	}
	return err
}

// nothing is the work on a piece that only has to be parsed.
func nothing(context.Context, *input.Piece) (struct{}, error) { return struct{}{}, nil }

// located adds the position to an error about one of the points of a piece.
func located(p *input.Piece, err error) error {
	var outside *window.RangeError
	if errors.As(err, &outside) {
		return &input.DataError{Position: p.Locate(outside.Index), Message: outside.Message}
	}
	return err
}

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"sync"

	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/sources"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/spool"
	"example.org/compute-pipeline/gohost/input"
	"example.org/compute-pipeline/gohost/window"
)

// A folding adds every point of all inputs to its window.
type folding struct {
	*runCommand
	engine *runEngine
	table  *window.Table
	bar    *progress

	counting sync.Mutex          // for the bar
	keys     map[string]struct{} // with --max-keys
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

func (c *runCommand) fold(ctx context.Context, engine *runEngine, set *sources.Set, out *spool.Spool, std streams, bar *progress) (res result, err error) {
	w := c.windows
	if (c.GroupBy != "" || w.Sliding() || w.Sessions()) && !engine.HasSummary() {
		return result{}, fmt.Errorf("%s: --group-by, sliding windows and sessions need a module that exports the summary interface", c.Module)
	}
	if w.Sessions() {
		return c.sessions(ctx, engine, set, out, std, bar)
	}
	res.out = out
	f := &folding{runCommand: c, engine: engine, bar: bar, keys: map[string]struct{}{}}
	how := sources.Reading{Options: c.keyedOptions(engine), Read: f.inOrder, InOrder: true}
	switch {
	case c.Normalize:
		how.Read = f.normalize
	case engine.exact && c.MaxKeys == notGiven:
		how.Read, how.InOrder = f.inAnyOrder, false
	}
	how.Begin = func(r *input.Reader) error {
		res.columns = r.ValueNames()
		f.table = window.NewTable(engine.Engine, c.grid, c.tableOptions(engine))
		return nil
	}
	defer func() {
		if f.table != nil {
			err = errors.Join(err, f.table.Close())
		}
	}()
	if err := c.readInputs(ctx, set, std, how); err != nil {
		return result{}, err
	}
	stats := f.table.Stats()
	if stats.Memory >= largeTable && os.Getenv("GOGC") == "" {
		defer debug.SetGCPercent(debug.SetGCPercent(largeTableGC))
	}
	res.keys = c.keyCount(stats.Keys, stats.Estimated)
	c.noteLoneKeys(std.err, stats, max(len(res.columns), 1))
	err = c.write(&res, f.table.Rows(ctx), std)
	return res, err
}

// Windows of largeTable and more are much to keep and little to mark for the garbage collector, which would let
// the heap grow to twice that before it frees what rows leave behind.
const (
	largeTable   = 64 << 20
	largeTableGC = 20 // per cent
)

// tableShare is the part of --memory that windows may use before they go to a file.
const tableShare = 2

// tableOptions are those of the windows.
func (c *runCommand) tableOptions(engine *runEngine) window.TableOptions {
	options := window.TableOptions{
		Set: c.statistics, Memory: int64(c.Memory) << 20 / tableShare, SpillDir: c.SpillDir,
		Ordered: !engine.exact, Parallel: c.pieces(),
	}
	if !c.labelled() {
		options.MaxWindows = window.MaxWindows
	}
	return options
}

// inAnyOrder adds pieces as they are parsed. If the engine is exact, the order does not matter.
func (f *folding) inAnyOrder(ctx context.Context, r *input.Reader, pieces int) error {
	return input.Each(ctx, r, pieces,
		func(ctx context.Context, p *input.Piece) (struct{}, error) { return struct{}{}, f.addPiece(ctx, p) },
		func(*input.Piece, struct{}) error {
			f.counting.Lock()
			defer f.counting.Unlock()
			f.bar.update()
			return nil
		})
}

// inOrder parses pieces in parallel, and adds them one after the other.
func (f *folding) inOrder(ctx context.Context, r *input.Reader, pieces int) error {
	return input.Each(ctx, r, pieces, nothing, func(p *input.Piece, _ struct{}) error {
		f.bar.update()
		if err := f.checkKeys(p); err != nil {
			return err
		}
		return f.addPiece(ctx, p)
	})
}

// addPiece adds the points of a piece before the first fault.
func (f *folding) addPiece(ctx context.Context, p *input.Piece) error {
	if !f.labelled() {
		return located(p, f.table.Add(ctx, p.Points, nil))
	}
	n, fault := f.usable(p)
	if err := f.table.Add(ctx, p.Points[:n], p); err != nil {
		return located(p, err)
	}
	return fault
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

package window

import (
	"context"
	"errors"
	"io"
	"iter"
	"math"
	"sync"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/stream"
)

// A Cell is a window of a series with its statistics.
type Cell struct {
	Key    string
	Column int
	Span   stream.Span
	Stat   gohost.Statistics
	// State is the engine's, with [TableOptions].States.
	State []byte
	// FirstValue and LastValue are those of the first and the last point, with [TableOptions].Ends. If
	// several points have that timestamp, they are the smallest and the largest value.
	FirstValue, LastValue float64
	// Ranked are the values at [TableOptions].Ranks, in the total order of IEEE 754.
	Ranked []float64
}

const (
	// batchCells and batchPoints bound what is made into cells by one goroutine at a time.
	batchCells  = 1024
	batchPoints = 64 << 10
)

// A batch has what cells are made of, and then the cells.
type batch struct {
	keys   []byte
	works  []work
	points []gohost.Datapoint
	states []byte
	cells  []Cell
	err    error
	ready  chan struct{}
}

// A work is what a cell is made of: parts of the room of its batch.
type work struct {
	cell   Cell
	key    int // the end of the key
	points int // the end of the points
	states []int
}

// Cells returns all windows, sorted by their starts, then by key, then by column. It ends the table:
// nothing can be added any more. It stops with the context or the first error.
func (t *Table) Cells(ctx context.Context) iter.Seq2[Cell, error] {
	return func(yield func(Cell, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		var running sync.WaitGroup
		defer running.Wait()
		defer cancel()
		n := max(1, t.options.Parallel)
		jobs := 2 * n
		free, made, ordered := make(chan *batch, jobs), make(chan *batch, jobs), make(chan *batch, jobs)
		for range jobs {
			free <- &batch{ready: make(chan struct{}, 1)}
		}
		running.Go(func() {
			defer close(ordered)
			defer close(made)
			t.produce(ctx, free, made, ordered)
		})
		for range n {
			running.Go(func() {
				for b := range made {
					if b.err = ctx.Err(); b.err == nil {
						b.err = t.finish(ctx, b)
					}
					b.ready <- struct{}{}
				}
			})
		}
		count := 0
		for b := range ordered {
			<-b.ready
			for _, c := range b.cells {
				if count++; t.options.MaxCells > 0 && count > t.options.MaxCells {
					yield(Cell{}, ErrTooManyWindows)
					return
				}
				if !yield(c, nil) {
					return
				}
			}
			if b.err != nil {
				yield(Cell{}, b.err)
				return
			}
			free <- b
		}
		if err := ctx.Err(); err != nil {
			yield(Cell{}, err)
		}
	}
}

// produce fills batches. The last has the error that ended it, if there was one.
func (t *Table) produce(ctx context.Context, free <-chan *batch, made, ordered chan<- *batch) {
	m := newMerger(t.sources())
	for {
		var b *batch
		select {
		case b = <-free:
		case <-ctx.Done():
			return
		}
		b.begin()
		err := t.fill(b, m)
		if err != nil && !errors.Is(err, io.EOF) {
			b.cells, b.err = nil, err
			b.ready <- struct{}{}
			ordered <- b
			return
		}
		made <- b
		ordered <- b
		if err != nil {
			return
		}
	}
}

// sources returns everything that there is, in memory and in files.
func (t *Table) sources() []source {
	cursors := make([]source, shards)
	work := make(chan int, shards)
	for i := range shards {
		work <- i
	}
	close(work)
	var running sync.WaitGroup
	for range max(1, t.options.Parallel) {
		running.Go(func() {
			for i := range work {
				cursors[i] = t.shards[i].cursor()
			}
		})
	}
	running.Wait()
	var all []source
	for i := range t.shards {
		all = append(all, t.shards[i].written.sources(t)...)
	}
	return append(all, cursors...)
}

func (b *batch) begin() {
	b.keys, b.works, b.points, b.states, b.cells, b.err = b.keys[:0], b.works[:0], b.points[:0], b.states[:0], nil, nil
}

// fill copies records to a batch. It returns io.EOF with the last.
func (t *Table) fill(b *batch, m *merger) error {
	for len(b.works) < batchCells && len(b.points) < batchPoints {
		group, err := m.next()
		if err != nil {
			return err
		}
		first := &group[0].rec
		w := work{cell: Cell{Column: int(first.column), Span: first.span}}
		b.keys = append(b.keys, first.key...)
		both := first.ends
		for i, s := range group {
			b.points = append(b.points, s.rec.points...)
			if len(s.rec.state) > 0 {
				b.states = append(b.states, s.rec.state...)
				w.states = append(w.states, len(b.states))
			}
			if i > 0 {
				both.join(s.rec.ends)
			}
		}
		w.key, w.points = len(b.keys), len(b.points)
		w.cell.FirstValue, w.cell.LastValue = both.firstValue, both.lastValue
		if t.options.Ranks != nil {
			if w.cell.Ranked, err = t.ranked(group); err != nil {
				return err
			}
		}
		b.works = append(b.works, w)
	}
	return nil
}

// ranked returns the values of a group at the ranks that are asked for.
func (t *Table) ranked(group []*lane) ([]float64, error) {
	all := newMergedValues(group)
	ranks := t.options.Ranks(all.count())
	found, err := all.at(ranks)
	if err != nil {
		return nil, err
	}
	values := make([]float64, len(ranks))
	for i, r := range ranks {
		values[i] = found[r]
	}
	return values, nil
}

// finish makes the cells of a batch.
func (t *Table) finish(ctx context.Context, b *batch) error {
	keys := string(b.keys)
	b.cells = make([]Cell, 0, len(b.works))
	key, point, state := 0, 0, 0
	for i := range b.works {
		w := &b.works[i]
		w.cell.Key = keys[key:w.key]
		var merged []byte
		for _, end := range w.states {
			part := b.states[state:end]
			state = end
			var err error
			if merged == nil {
				merged = part
			} else if merged, err = t.engine.Merge(ctx, merged, part); err != nil {
				return err
			}
		}
		if err := t.statistics(ctx, &w.cell, merged, b.points[point:w.points]); err != nil {
			return err
		}
		key, point = w.key, w.points
		b.cells = append(b.cells, w.cell)
	}
	return nil
}

// statistics computes the statistics of the points of a state and others.
func (t *Table) statistics(ctx context.Context, c *Cell, state []byte, points []gohost.Datapoint) (err error) {
	if !t.engine.HasSummary() || len(state) == 0 && !t.options.States {
		c.Stat, err = aggregate(ctx, t.engine, points)
		return err
	}
	if len(points) > 0 {
		if state, err = t.engine.Fold(ctx, state, points); err != nil {
			return err
		}
	}
	if t.options.States {
		c.State = append([]byte(nil), state...)
	}
	c.Stat, err = t.engine.Finish(ctx, state)
	return err
}

// aggregate computes the statistics of points, which are not none, without a state.
func aggregate(ctx context.Context, engine *gohost.Engine, points []gohost.Datapoint) (gohost.Statistics, error) {
	agg, err := engine.ComputeAggregate(ctx, points)
	if err != nil {
		return gohost.Statistics{}, err
	}
	stat := gohost.Statistics{
		Count: uint64(len(points)),
		Mean:  agg.Mean, Variance: agg.Variance, Sum: agg.Sum,
		Min: points[0].Value, Max: points[0].Value,
		First: points[0].Timestamp, Last: points[0].Timestamp,
	}
	for _, p := range points[1:] {
		stat.Min, stat.Max = min(stat.Min, p.Value), max(stat.Max, p.Value)
		stat.First, stat.Last = min(stat.First, p.Timestamp), max(stat.Last, p.Timestamp)
	}
	if math.IsNaN(stat.Min) {
		stat.Min = math.Float64frombits(0x7ff8_0000_0000_0000) // the one NaN of all results
		stat.Max = stat.Min
	}
	return stat, nil
}

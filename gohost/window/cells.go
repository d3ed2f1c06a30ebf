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

// A result is a window of a series with its statistics.
type result struct {
	Key    string
	Column int
	Span   stream.Span
	Stat   gohost.Statistics
	Extra
	// Ranked are the values at the ranks that the table needs.
	Ranked map[uint64]float64
}

const (
	// batchCells, batchPoints and batchKeys, in bytes, bound what is made into cells by one goroutine at a time.
	batchCells  = 1024
	batchPoints = 64 << 10
	batchKeys   = 256 << 10
)

// A batch has what cells are made of, and then the cells.
type batch struct {
	keys    []byte
	works   []work
	points  []gohost.Datapoint
	states  []byte
	results []result
	rows    []Row
	err     error
	ready   chan struct{}
}

// A work is what a cell is made of: parts of the room of its batch.
type work struct {
	result result
	key    int // the end of the key
	points int // the end of the points
	states []int
}

// Rows returns all windows, sorted by their starts, then by key, then by column. It ends the table: nothing
// can be added any more, and the rows are there once; after that there is [ErrTableEnded]. It stops with the context or
// the first error.
func (t *Table) Rows(ctx context.Context) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		for b, err := range t.batches(ctx) {
			if err != nil {
				yield(Row{}, err)
				return
			}
			for i := range b.rows {
				if !yield(b.rows[i], nil) {
					return
				}
			}
		}
	}
}

// batches returns the windows in batches. After an error there are no more.
func (t *Table) batches(ctx context.Context) iter.Seq2[*batch, error] {
	return func(yield func(*batch, error) bool) {
		if t.ended.Swap(true) {
			yield(nil, ErrTableEnded)
			return
		}
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
			if count += len(b.results); b.err == nil && t.options.MaxWindows > 0 && count > t.options.MaxWindows {
				b.err = ErrTooManyWindows
			}
			if b.err != nil {
				yield(nil, b.err)
				return
			}
			if !yield(b, nil) {
				return
			}
			free <- b
		}
		if err := ctx.Err(); err != nil {
			yield(nil, err)
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
			b.err = err
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
	b.keys, b.works, b.points, b.states, b.err = b.keys[:0], b.works[:0], b.points[:0], b.states[:0], nil
	b.results, b.rows = b.results[:0], b.rows[:0]
}

// fill copies records to a batch. It returns io.EOF with the last.
func (t *Table) fill(b *batch, m *merger) error {
	for len(b.works) < batchCells && len(b.points) < batchPoints && len(b.keys) < batchKeys {
		group, err := m.next()
		if err != nil {
			return err
		}
		first := &group[0].rec
		w := work{result: result{Column: int(first.column), Span: first.span}}
		b.keys = append(b.keys, first.key...)
		both := first.ends
		for _, s := range group[1:] {
			both.Merge(s.rec.ends)
		}
		if all, whole := t.gather(group); whole {
			b.states = all.appendState(b.states)
			w.states = append(w.states, len(b.states))
		} else {
			b.addParts(&w, group)
		}
		w.key, w.points = len(b.keys), len(b.points)
		w.result.Ends = both
		if t.needs.ranks != nil {
			if w.result.Ranked, err = t.ranked(group); err != nil {
				return err
			}
		}
		b.works = append(b.works, w)
	}
	return nil
}

// addParts copies the states and points of a group.
func (b *batch) addParts(w *work, group []*lane) {
	for _, s := range group {
		s.rec.settle()
		b.points = append(b.points, s.rec.points...)
		if len(s.rec.state) > 0 {
			b.states = append(b.states, s.rec.state...)
			w.states = append(w.states, len(b.states))
		}
	}
}

// ranked returns the values of a group at the ranks that are needed.
func (t *Table) ranked(group []*lane) (map[uint64]float64, error) {
	all := newMergedValues(group)
	return all.at(t.needs.ranks(all.count()))
}

// finish makes the results and rows of a batch.
func (t *Table) finish(ctx context.Context, b *batch) error {
	keys := string(b.keys)
	key, point, state := 0, 0, 0
	for i := range b.works {
		w := &b.works[i]
		w.result.Key = keys[key:w.key]
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
		if err := t.statistics(ctx, &w.result, merged, b.points[point:w.points]); err != nil {
			return err
		}
		key, point = w.key, w.points
		b.results = append(b.results, w.result)
		if t.grid == nil {
			continue
		}
		row, err := t.row(&w.result)
		if err != nil {
			return err
		}
		b.rows = append(b.rows, row)
	}
	return nil
}

// row makes the row of a result.
func (t *Table) row(r *result) (Row, error) {
	row, err := t.grid.Row(r.Span, r.Stat)
	if err != nil {
		return Row{}, err
	}
	row.Key, row.Column = r.Key, r.Column
	extra := r.Extra
	extra.Sorted = func(i uint64) float64 { return r.Ranked[i] }
	err = t.options.Set.Complete(&row, t.grid.Clock(), extra)
	return row, err
}

// statistics computes the statistics of the points of a state and others.
func (t *Table) statistics(ctx context.Context, c *result, state []byte, points []gohost.Datapoint) (err error) {
	if !t.engine.HasSummary() || len(state) == 0 && !t.needs.states {
		c.Stat, err = aggregate(ctx, t.engine, points)
		return err
	}
	if len(points) > 0 {
		if state, err = t.engine.Fold(ctx, state, points); err != nil {
			return err
		}
	}
	if t.needs.states {
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

package window

import (
	"bytes"
	"context"
	"errors"
	"hash/maphash"
	"slices"
	"sync"
	"sync/atomic"

	"example.org/compute-pipeline/gohost"
)

// Labels say of which series points are. An input.Piece has them.
type Labels interface {
	// Key returns the key of the i-th point. It is not kept.
	Key(i int) []byte
	// Column returns the number of the column of the i-th value.
	Column(i int) int
}

// A division divides time into windows. A [Grid] does.
type division interface {
	AppendSpans(dst []Span, timestamp uint64) []Span
}

// TableOptions configure a [Table].
type TableOptions struct {
	// Set are the statistics of the rows. Some need more memory: all values of each window for
	// quantiles, 40 bytes a window for the first and the last value.
	Set Set
	// Memory is the max number of bytes that the windows use before they are written to a file;
	// 0 means DefaultMemory. What is being added and read back comes on top, a few MiB.
	Memory int64
	// SpillDir is the directory of that file, which has no name where the system allows that. The
	// default is that of [os.TempDir].
	SpillDir string
	// MaxWindows is the max number of windows of all series together; 0 means no limit.
	MaxWindows int
	// Ordered keeps the order of the points of a window in the calls of the engine, if one goroutine
	// adds them. It is for engines whose answers are not exact.
	Ordered bool
	// Parallel is how many goroutines make the rows; 0 means 1.
	Parallel int
}

// needs are what is kept of the points of a window beside the state: see [Extra]. The ranks, from 0, are
// those that are asked for of n values.
type needs struct {
	states, ends bool
	ranks        func(n uint64) []uint64
}

// needsOf returns what a set needs.
func needsOf(s Set) needs {
	n := needs{states: s.NeedsState(), ends: s.NeedsEnds()}
	if quantiles := s.Quantiles(); len(quantiles) > 0 {
		n.ranks = func(n uint64) (ranks []uint64) {
			for _, q := range quantiles {
				// Which ranks a quantile looks at does not depend on the values.
				q.Of(n, func(i uint64) float64 {
					ranks = append(ranks, i)
					return 0
				})
			}
			return ranks
		}
	}
	return n
}

// DefaultMemory is the default of [TableOptions].Memory.
const DefaultMemory = 256 << 20

// A Table has a state for each window of each series: of a key and a column. What it returns does not
// depend on the order of the points, on how many goroutines add them, or on what was spilled, if the
// answers of the engine are exact.
//
// The embedded engine gets long runs of points. Of short ones the table adds the values and their squares
// itself, exactly, to integers that become a state of the engine in the end. Where those are too small, and
// for another module, points wait until a window has some, so that few calls add many points. A window takes
// about 140 bytes, and its key if that has more than 16. When the windows of a table use more memory than
// allowed they are sorted and written to a file, from where [Table.Rows] merges them.
type Table struct {
	engine   *gohost.Engine
	grid     *Grid // nil in tests of other divisions
	division division
	disjoint bool // each timestamp is in one window
	summing  bool // short runs are added here, not by the engine
	options  TableOptions
	needs    needs
	seed     maphash.Seed
	shards   [shards]shard
	keys     keySet
	adders   sync.Pool // of *adder
	create   func() (spillFile, error)

	used    atomic.Int64 // bytes of all shards
	cells   atomic.Int64 // windows in all shards, without those that were spilled
	points  atomic.Int64
	spilled atomic.Int64 // bytes that were written

	ended    atomic.Bool
	spilling sync.Mutex // for the choice of the shard
}

const (
	shardBits = 5
	// shards is how many parts a table has, each with a lock.
	shards = 1 << shardBits
	// longRun is from how many points on a run of one window goes to the engine at once.
	longRun = 64
)

// NewTable returns a table without points. The windows are no sessions. Close ends the table.
func NewTable(engine *gohost.Engine, grid *Grid, options TableOptions) *Table {
	t := newTable(engine, grid, !grid.Spec().Sliding(), options, needsOf(options.Set))
	t.grid = grid
	return t
}

func newTable(engine *gohost.Engine, d division, disjoint bool, options TableOptions, n needs) *Table {
	if options.Memory <= 0 {
		options.Memory = DefaultMemory
	}
	t := &Table{engine: engine, division: d, disjoint: disjoint, options: options, needs: n, seed: maphash.MakeSeed()}
	t.summing = engine.IsEmbedded() // of another module the answers are wanted
	t.keys.exact = exactKeys
	t.adders.New = func() any { return &adder{} }
	t.create = func() (spillFile, error) { return createSpill(options.SpillDir) }
	for i := range t.shards {
		t.shards[i].table = t
	}
	return t
}

// Close gives the memory and the files of the table back.
func (t *Table) Close() error {
	t.ended.Store(true)
	var err error
	for i := range t.shards {
		err = errors.Join(err, t.shards[i].close())
	}
	return err
}

// TableStats are what a table has so far.
type TableStats struct {
	Points uint64
	// Keys is the number of keys. With more than a million it is an estimate, within a few per cent.
	Keys      uint64
	Estimated bool
	// Memory is how many bytes the windows use, Spilled how many were written.
	Memory, Spilled int64
}

// Stats returns what the table has.
func (t *Table) Stats() TableStats {
	n, exact := t.keys.count()
	return TableStats{Points: uint64(t.points.Load()), Keys: n, Estimated: !exact, Memory: t.used.Load(), Spilled: t.spilled.Load()}
}

// Add adds points to their windows, with labels, or nil for a table of one series. Several goroutines may
// call it at the same time. For a timestamp that is in no window it returns a *RangeError, and adds the
// points before that. After another error the table is of no use. A table that has ended returns [ErrTableEnded].
func (t *Table) Add(ctx context.Context, points []gohost.Datapoint, labels Labels) error {
	if t.ended.Load() {
		return ErrTableEnded
	}
	outside := t.outside(points)
	if outside != nil {
		points = points[:outside.Index]
	}
	if err := t.add(ctx, points, labels); err != nil || outside == nil {
		return err
	}
	return outside
}

// outside returns the error of the first timestamp that is in no window.
func (t *Table) outside(points []gohost.Datapoint) *RangeError {
	if t.grid == nil {
		return nil
	}
	for i, p := range points {
		if !t.grid.Valid(p.Timestamp) {
			return &RangeError{Index: i, Message: t.grid.Clock().Explain(p.Timestamp)}
		}
	}
	return nil
}

func (t *Table) add(ctx context.Context, points []gohost.Datapoint, labels Labels) error {
	if !t.engine.HasSummary() && t.points.Load()+int64(len(points)) > MaxHeld {
		return ErrTooManyPoints
	}
	a := t.adders.Get().(*adder)
	defer t.adders.Put(a)
	a.divide(t, points, labels)
	if err := a.add(ctx, t); err != nil {
		return err
	}
	t.points.Add(int64(len(points)))
	if t.options.MaxWindows > 0 && t.cells.Load() > int64(t.options.MaxWindows) {
		return ErrTooManyWindows
	}
	return t.relieve(ctx)
}

// A run is points in a row that are of one window of one series.
type run struct {
	hash     uint64
	span     Span
	from, to int
}

// An adder is room for the work of Add.
type adder struct {
	points []gohost.Datapoint
	labels Labels
	runs   []run
	open   []run // those that end with the last point
	spans  []Span
	order  []int32 // runs by their shards
	counts [shards + 1]int32

	touched uint32 // so that touching is work
}

func (a *adder) key(i int) []byte {
	if a.labels == nil {
		return nil
	}
	return a.labels.Key(i)
}

func (a *adder) column(i int) int {
	if a.labels == nil {
		return 0
	}
	return a.labels.Column(i)
}

// divide finds the runs.
func (a *adder) divide(t *Table, points []gohost.Datapoint, labels Labels) {
	a.points, a.labels, a.runs, a.open = points, labels, a.runs[:0], a.open[:0]
	var key []byte
	column, series, disjoint := 0, uint64(0), t.disjoint
	for i, p := range points {
		if k, c := a.key(i), a.column(i); i == 0 || c != column || !bytes.Equal(k, key) {
			a.runs, a.open = append(a.runs, a.open...), a.open[:0]
			key, column = k, c
			series = maphash.Bytes(t.seed, k) + uint64(c)*0x9e3779b97f4a7c15
		}
		if disjoint && len(a.open) == 1 && has(a.open[0].span, p.Timestamp) {
			a.open[0].to = i + 1
			continue
		}
		if !disjoint || len(a.spans) == 0 || !has(a.spans[0], p.Timestamp) {
			a.spans = t.division.AppendSpans(a.spans[:0], p.Timestamp)
		}
		a.reopen(i, series)
	}
	a.runs, a.open = append(a.runs, a.open...), a.open[:0]
	a.spans = a.spans[:0]
}

func has(s Span, t uint64) bool { return s.Start <= t && t <= s.Last }

// reopen goes on with the runs of the windows that the i-th point is in, and ends the others.
func (a *adder) reopen(i int, series uint64) {
	n := 0
	for _, r := range a.open {
		if slices.Contains(a.spans, r.span) {
			r.to = i + 1
			a.open[n] = r
			n++
		} else {
			a.runs = append(a.runs, r)
		}
	}
	a.open = a.open[:n]
	for _, span := range a.spans {
		if !slices.ContainsFunc(a.open[:n], func(r run) bool { return r.span == span }) {
			a.open = append(a.open, run{hash: mix(series, span.Start), span: span, from: i, to: i + 1})
		}
	}
}

// mix returns a hash of two numbers, the first of which is a hash.
func mix(a, b uint64) uint64 {
	h := a ^ b*0x9e3779b97f4a7c15
	h ^= h >> 32
	h *= 0xd6e8feb86659fd93
	return h ^ h>>32
}

func shardOf(hash uint64) int { return int(hash >> (64 - shardBits)) }

// add adds the runs to their shards, one shard after the other. Different goroutines begin with
// different ones.
func (a *adder) add(ctx context.Context, t *Table) error {
	a.counts = [shards + 1]int32{}
	for _, r := range a.runs {
		a.counts[shardOf(r.hash)+1]++
	}
	for i := range shards {
		a.counts[i+1] += a.counts[i]
	}
	a.order = slices.Grow(a.order[:0], len(a.runs))[:len(a.runs)]
	next := a.counts
	for i, r := range a.runs {
		s := shardOf(r.hash)
		a.order[next[s]] = int32(i)
		next[s]++
	}
	for i := range t.shards {
		if runs := a.order[a.counts[i]:a.counts[i+1]]; len(runs) > 0 {
			if err := t.shards[i].add(ctx, a, runs); err != nil {
				return err
			}
		}
	}
	return nil
}

// relieve writes the largest shards to files until the table uses less memory than allowed.
func (t *Table) relieve(ctx context.Context) error {
	for t.used.Load() > t.options.Memory {
		s := t.largest()
		if s == nil {
			return nil // others write them
		}
		err := s.spill(ctx)
		s.writing.Store(false)
		if err != nil {
			return err
		}
	}
	return nil
}

// largest returns the largest shard that nobody writes yet.
func (t *Table) largest() *shard {
	t.spilling.Lock()
	defer t.spilling.Unlock()
	var largest *shard
	most := int64(0)
	for i := range t.shards {
		s := &t.shards[i]
		if size := s.used.Load(); !s.writing.Load() && size > most {
			largest, most = s, size
		}
	}
	if largest != nil {
		largest.writing.Store(true)
	}
	return largest
}

// hashOf is a hash of a key alone.
func (t *Table) hashOf(key []byte) uint64 { return maphash.Bytes(t.seed, key) }

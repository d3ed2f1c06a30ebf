package window

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/internal/reference"
	"example.org/compute-pipeline/gohost/stream"
)

// steps are windows of a length that begin every step.
type steps struct{ size, step uint64 }

func (s steps) AppendSpans(dst []stream.Span, t uint64) []stream.Span {
	for start := t - t%s.step; ; start -= s.step {
		if start+s.size <= t {
			return dst
		}
		dst = append(dst, stream.Span{Start: start, Last: start + s.size - 1})
		if start < s.step {
			return dst
		}
	}
}

// labelled are points with their labels.
type labelled struct {
	points  []gohost.Datapoint
	keys    []string
	columns []int
}

func (l *labelled) Key(i int) []byte { return []byte(l.keys[i]) }
func (l *labelled) Column(i int) int { return l.columns[i] }

func (l *labelled) part(from, to int) *labelled {
	return &labelled{l.points[from:to], l.keys[from:to], l.columns[from:to]}
}

// somePoints returns points of a few keys and columns: some values have unusual bits, and some come
// many times in a row.
func somePoints(random *rand.Rand, n, keys int) *labelled {
	l := &labelled{}
	unusual := []float64{0, math.Copysign(0, -1), math.MaxFloat64, 5e-324, -1e-300, 1e17, 0.1}
	for len(l.points) < n {
		run := 1
		if random.IntN(10) == 0 {
			run = random.IntN(200)
		}
		key, column, at := fmt.Sprintf("k%d", random.IntN(keys)), random.IntN(2), uint64(random.IntN(3000))
		for range run {
			value := float64(random.IntN(20000)-5000) / 100
			if random.IntN(20) == 0 {
				value = unusual[random.IntN(len(unusual))]
			}
			if random.IntN(2000) == 0 {
				value = []float64{math.NaN(), math.Inf(1), math.Inf(-1)}[random.IntN(3)]
			}
			l.points = append(l.points, gohost.Datapoint{Timestamp: at + uint64(random.IntN(30)), Value: value})
			l.keys = append(l.keys, key)
			l.columns = append(l.columns, column)
		}
	}
	return l
}

// model returns the cells of points by definition.
func model(l *labelled, d division, ranks func(uint64) []uint64) []result {
	type id struct {
		key    string
		column int
		span   stream.Span
	}
	all := map[id][]gohost.Datapoint{}
	for i, p := range l.points {
		for _, span := range d.AppendSpans(nil, p.Timestamp) {
			of := id{l.keys[i], l.columns[i], span}
			all[of] = append(all[of], p)
		}
	}
	var cells []result
	for of, points := range all {
		c := result{Key: of.key, Column: of.column, Span: of.span, Stat: reference.Statistics(points), Ranked: map[uint64]float64{}}
		c.State = reference.State(points)
		order := func(a, b gohost.Datapoint) int {
			return cmp.Or(cmp.Compare(a.Timestamp, b.Timestamp), cmp.Compare(total(a.Value), total(b.Value)))
		}
		c.Ends.First, c.Ends.Last = slices.MinFunc(points, order).Value, slices.MaxFunc(points, order).Value
		values := make([]float64, len(points))
		for i, p := range points {
			values[i] = p.Value
		}
		slices.SortFunc(values, func(a, b float64) int { return cmp.Compare(total(a), total(b)) })
		for _, r := range ranks(uint64(len(points))) {
			c.Ranked[r] = values[r]
		}
		cells = append(cells, c)
	}
	slices.SortFunc(cells, func(a, b result) int {
		return cmp.Or(cmp.Compare(a.Span.Start, b.Span.Start), strings.Compare(a.Key, b.Key), cmp.Compare(a.Column, b.Column))
	})
	return cells
}

// total is the total order of doubles by its definition, of those that are tested.
func total(x float64) int64 {
	bits := int64(math.Float64bits(x))
	if bits < 0 {
		return math.MinInt64 - bits // larger magnitudes are smaller
	}
	return bits
}

func someRanks(n uint64) []uint64 { return []uint64{n / 2, 0, n - 1, (n - 1) / 2, n / 10} }

// bitsOf makes cells comparable: NaN differs from itself.
func bitsOf(cells []result) []string {
	lines := make([]string, len(cells))
	for i, c := range cells {
		b := math.Float64bits
		lines[i] = fmt.Sprintf("%q %d %v n=%d %x %x %x %x %x %d %d ends %x %x state %x ranked", c.Key, c.Column, c.Span, c.Stat.Count, b(c.Stat.Mean), b(c.Stat.Variance),
			b(c.Stat.Sum), b(c.Stat.Min), b(c.Stat.Max), c.Stat.First, c.Stat.Last, b(c.Ends.First), b(c.Ends.Last), c.State)
		for _, r := range slices.Sorted(maps.Keys(c.Ranked)) {
			lines[i] += fmt.Sprintf(" %d: %x", r, b(c.Ranked[r]))
		}
	}
	return lines
}

func requireLines(t *testing.T, want, got []string) {
	t.Helper()
	require.Len(t, got, len(want))
	for i, line := range want {
		require.Equal(t, line, got[i])
	}
}

// tableOf returns a table that needs everything.
func tableOf(engine *gohost.Engine, s steps, options TableOptions) *Table {
	return newTable(engine, s, s.size == s.step, options, needs{states: true, ends: true, ranks: someRanks})
}

func cellsOf(t *testing.T, table *Table) []result {
	t.Helper()
	var cells []result
	for b, err := range table.batches(t.Context()) {
		require.NoError(t, err)
		cells = append(cells, b.results...)
	}
	return cells
}

func end(t *testing.T, table *Table) { require.NoError(t, table.Close()) }

// What a table returns is what the definition says: for any bound of memory, any order and any pieces, and
// any number of goroutines.
func TestTableIsWhatTheDefinitionSays(t *testing.T) {
	engines := engines(t)
	for name, test := range map[string]struct {
		engine  string
		keys    int
		windows steps
		memory  int64
	}{
		"in memory":        {"full", 40, steps{100, 100}, 0},
		"written":          {"full", 40, steps{100, 100}, 1},
		"written at times": {"full", 40, steps{100, 100}, 600 << 10},
		"one series":       {"full", 1, steps{100, 100}, 1},
		"one window":       {"full", 40, steps{1 << 40, 1 << 40}, 60 << 10},
		"sliding windows":  {"full", 3, steps{600, 100}, 1 << 20},
		"of a module":      {"loaded", 40, steps{100, 100}, 600 << 10},
		"in one window":    {"loaded", 40, steps{1 << 40, 1 << 40}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			random := rand.New(rand.NewPCG(7, uint64(test.keys)))
			l := somePoints(random, 6000, test.keys)
			table := tableOf(engines[test.engine], test.windows, TableOptions{
				Memory: test.memory, SpillDir: t.TempDir(), Parallel: 3,
			})
			defer end(t, table)
			want := bitsOf(model(l, test.windows, someRanks))
			shuffle(random, l)
			var running sync.WaitGroup
			pieces := make(chan *labelled)
			for range 4 {
				running.Go(func() {
					for p := range pieces {
						assert.NoError(t, table.Add(t.Context(), p.points, p))
					}
				})
			}
			for at := 0; at < len(l.points); {
				next := min(at+1+random.IntN(900), len(l.points))
				pieces <- l.part(at, next)
				at = next
			}
			close(pieces)
			running.Wait()
			requireLines(t, want, bitsOf(cellsOf(t, table)))
			stats := table.Stats()
			require.Equal(t, uint64(len(l.points)), stats.Points)
			require.Equal(t, uint64(len(slices.Compact(slices.Sorted(slices.Values(l.keys))))), stats.Keys)
			require.False(t, stats.Estimated)
			require.Equal(t, test.memory > 0, stats.Spilled > 0)
		})
	}
}

// shuffle puts points into another order, but leaves some of them in a row.
func shuffle(random *rand.Rand, l *labelled) {
	n := len(l.points)
	var parts []*labelled
	for at := 0; at < n; {
		next := min(at+1+random.IntN(300), n)
		parts = append(parts, l.part(at, next))
		at = next
	}
	random.Shuffle(len(parts), func(i, j int) { parts[i], parts[j] = parts[j], parts[i] })
	mixed := labelled{}
	for _, p := range parts {
		mixed.points, mixed.keys, mixed.columns = append(mixed.points, p.points...), append(mixed.keys, p.keys...), append(mixed.columns, p.columns...)
	}
	*l = mixed
}

// An engine without the summary interface gives the same.
func TestTableOfAnEngineWithoutSummary(t *testing.T) {
	engine := engines(t)["lesser"]
	l := somePoints(rand.New(rand.NewPCG(1, 1)), 4000, 5)
	for _, memory := range []int64{0, 1} {
		table := tableOf(engine, steps{100, 100}, TableOptions{Memory: memory, SpillDir: t.TempDir()})
		for at := 0; at < len(l.points); at += 500 {
			p := l.part(at, min(at+500, len(l.points)))
			require.NoError(t, table.Add(t.Context(), p.points, p))
		}
		want := model(l, steps{100, 100}, someRanks)
		for i := range want {
			want[i].State = nil
		}
		require.Equal(t, bitsOf(want), bitsOf(cellsOf(t, table)))
		end(t, table)
	}
}

func TestTableRefusesTooManyWindows(t *testing.T) {
	engine := engines(t)["full"]
	l := somePoints(rand.New(rand.NewPCG(1, 1)), 1000, 50)
	for _, memory := range []int64{0, 1} {
		table := tableOf(engine, steps{100, 100}, TableOptions{MaxWindows: 30, Memory: memory})
		defer end(t, table)
		err := table.Add(t.Context(), l.points, l)
		for _, failed := range table.batches(t.Context()) {
			err = errors.Join(err, failed)
		}
		require.ErrorIs(t, err, ErrTooManyWindows)
	}
}

// brokenFile fails after some bytes were written, or returns other bytes than were written.
type brokenFile struct {
	bytes.Buffer
	room  int
	short bool
	flip  int
}

func (f *brokenFile) Write(p []byte) (int, error) {
	if f.room -= len(p); f.room < 0 {
		if f.short {
			return len(p) / 2, nil
		}
		return 0, syscall.ENOSPC
	}
	return f.Buffer.Write(p)
}

func (f *brokenFile) ReadAt(p []byte, at int64) (int, error) {
	data := slices.Clone(f.Bytes())
	if f.flip > 0 && len(data) > 0 {
		data[f.flip%len(data)] ^= 4
	}
	return bytes.NewReader(data).ReadAt(p, at)
}

func (f *brokenFile) Close() error { return nil }

func TestFaultsOfTheSpillFileAreErrors(t *testing.T) {
	engine := engines(t)["full"]
	l := somePoints(rand.New(rand.NewPCG(1, 1)), 5000, 50)
	run := func(create func() (spillFile, error)) (cells int, err error) {
		table := tableOf(engine, steps{100, 100}, TableOptions{Memory: 1})
		defer end(t, table)
		table.create = create
		for at := 0; at < len(l.points); at += 500 {
			p := l.part(at, min(at+500, len(l.points)))
			if err := table.Add(t.Context(), p.points, p); err != nil {
				return 0, err
			}
		}
		for b, err := range table.batches(t.Context()) {
			if err != nil {
				return cells, err
			}
			cells += len(b.results)
		}
		return cells, nil
	}
	whole, err := run(func() (spillFile, error) { return &brokenFile{room: math.MaxInt}, nil })
	require.NoError(t, err)
	_, err = run(func() (spillFile, error) { return &brokenFile{room: 1000}, nil })
	require.ErrorIs(t, err, syscall.ENOSPC)
	_, err = run(func() (spillFile, error) { return &brokenFile{room: 1000, short: true}, nil })
	require.ErrorIs(t, err, io.ErrShortWrite)
	_, err = run(func() (spillFile, error) { return nil, os.ErrPermission })
	require.ErrorIs(t, err, os.ErrPermission)
	for flip := 1; flip < 3000; flip += 91 {
		cells, err := run(func() (spillFile, error) { return &brokenFile{room: math.MaxInt, flip: flip}, nil })
		require.Error(t, err, "%d of %d", cells, whole)
	}
}

// No file with a name is there, whatever happens.
func TestSpillFilesHaveNoNames(t *testing.T) {
	dir := t.TempDir()
	l := somePoints(rand.New(rand.NewPCG(1, 1)), 3000, 50)
	table := tableOf(engines(t)["full"], steps{100, 100}, TableOptions{Memory: 1, SpillDir: dir})
	require.NoError(t, table.Add(t.Context(), l.points, l))
	require.NotZero(t, table.Stats().Spilled)
	if _, err := os.Stat("/proc/self"); err == nil {
		left, err := os.ReadDir(dir)
		require.NoError(t, err)
		require.Empty(t, left)
	}
	end(t, table)
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Empty(t, left)

	table = tableOf(engines(t)["full"], steps{100, 100}, TableOptions{Memory: 1, SpillDir: dir + "/none"})
	defer end(t, table)
	require.ErrorIs(t, table.Add(t.Context(), l.points, l), os.ErrNotExist)
}

func TestCellsStop(t *testing.T) {
	l := somePoints(rand.New(rand.NewPCG(1, 1)), 9000, 500)
	table := tableOf(engines(t)["full"], steps{10, 10}, TableOptions{Parallel: 2})
	defer end(t, table)
	require.NoError(t, table.Add(t.Context(), l.points, l))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	n := 0
	for _, err := range table.batches(ctx) {
		if n++; n == 2 {
			cancel()
		}
		if err != nil {
			require.ErrorIs(t, err, context.Canceled)
			return
		}
	}
	t.Fatal("no error")
}

// The number of keys is exact up to a number, and then near it.
func TestNumberOfKeys(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	const exact, all = 1 << 16, 200_000
	k := keySet{exact: exact}
	for n := range uint64(all) {
		h := random.Uint64()
		k.add(h)
		k.add(h)
		if n+1 == exact {
			got, whole := k.count()
			require.True(t, whole)
			require.Equal(t, n+1, got)
		}
	}
	got, whole := k.count()
	require.False(t, whole)
	require.InEpsilon(t, all, got, 0.03)
}

func TestRanksAreInTheTotalOrder(t *testing.T) {
	values := []float64{math.Float64frombits(0xfff8_0000_0000_0001), math.Inf(-1), -1, -5e-324, math.Copysign(0, -1), 0, 5e-324, 1, math.Inf(1), math.NaN()}
	ranks := map[uint64]bool{}
	for i, v := range values {
		ranks[rank(v)] = true
		require.Equal(t, math.Float64bits(v), math.Float64bits(unrank(rank(v))))
		if i > 0 {
			require.Less(t, rank(values[i-1]), rank(v))
		}
	}
	require.Len(t, slices.Collect(maps.Keys(ranks)), len(values))
}

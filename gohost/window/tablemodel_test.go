package window

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

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

package window

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/internal/epoch"
	"example.org/compute-pipeline/gohost/stream"
)

// everyStatistic needs all that can be needed.
const everyStatistic = "count,mean,variance,stddev,sum,min,max,first,last,first_value,last_value,rate,median,p0,p99.9,q0.25,q1"

// The row of a stream is that of a table, however the points come and whatever was merged.
func TestSummariesAreTheRowsOfATable(t *testing.T) {
	engine := engines(t)["full"]
	grid := gridOf(t, All, epoch.Second)
	random := rand.New(rand.NewPCG(9, 9))
	for round := range 60 {
		points := make([]gohost.Datapoint, 1+random.IntN(300))
		for i := range points {
			points[i] = gohost.Datapoint{Timestamp: random.Uint64N(50), Value: random.NormFloat64() * math.Pow(10, float64(random.IntN(9)))}
			if random.IntN(20*(1+round%3)) == 0 {
				points[i].Value = []float64{math.NaN(), math.Inf(1), math.Inf(-1), math.Copysign(0, -1), 0, 5e-324}[random.IntN(6)]
			}
		}
		for _, names := range []string{everyStatistic, "count", "rate", "median", "first_value,p50", "variance"} {
			set, err := ParseSet(names, random.IntN(2) == 0 && names != "count" && names != "rate" && names != "median" && names != "first_value,p50")
			require.NoError(t, err)
			table := NewTable(engine, grid, TableOptions{Set: set})
			require.NoError(t, table.Add(t.Context(), points, nil))
			var want Row
			for row, err := range table.Rows(t.Context()) {
				require.NoError(t, err)
				want = row
			}
			require.NoError(t, table.Close())

			e := set.Engine(engine)
			var a, b []byte
			rest := slices.Clone(points)
			random.Shuffle(len(rest), func(i, j int) { rest[i], rest[j] = rest[j], rest[i] })
			for len(rest) > 0 {
				n := min(1+random.IntN(60), len(rest))
				to := &a
				if random.IntN(3) == 0 {
					to = &b
				}
				*to, err = e.AppendFold(t.Context(), (*to)[:0], *to, rest[:n]) // in place
				require.NoError(t, err)
				rest = rest[n:]
			}
			a, err = e.AppendMerge(t.Context(), a[:0], a, b)
			require.NoError(t, err)
			summary, err := e.Finish(t.Context(), a)
			require.NoError(t, err)
			got, err := set.Row(grid, Span{Last: math.MaxUint64}, summary)
			require.NoError(t, err)
			require.Equal(t, bitsOfRow(set, &want), bitsOfRow(set, &got), names)
		}
	}
}

// bitsOfRow are the values of a row, as texts that differ if their bits do.
func bitsOfRow(s Set, row *Row) (texts []string) {
	for _, v := range s.Values(nil, row) {
		if v, ok := v.(float64); ok {
			texts = append(texts, fmt.Sprintf("%x", math.Float64bits(v)))
			continue
		}
		texts = append(texts, fmt.Sprint(v))
	}
	return texts
}

// A state that somebody has forged is refused, or used, but breaks nothing.
func TestForgedSummaries(t *testing.T) {
	engine := engines(t)["full"]
	for _, names := range []string{"median", "rate", "median,rate"} {
		set, err := ParseSet(names, false)
		require.NoError(t, err)
		e := set.Engine(engine)
		good, err := e.AppendFold(t.Context(), nil, nil, []gohost.Datapoint{{Timestamp: 1, Value: 2}, {Timestamp: 2, Value: 3}})
		require.NoError(t, err)
		for i := range good {
			for _, forged := range [][]byte{good[:i], append(slices.Clone(good[:i]), good[i:]...)} {
				if len(forged) == len(good) {
					forged[i] ^= 0x81
				}
				_, finishErr := e.Finish(t.Context(), forged)
				_, mergeErr := e.AppendMerge(t.Context(), nil, forged, good)
				_, foldErr := e.AppendFold(t.Context(), nil, forged, []gohost.Datapoint{{Timestamp: 1}})
				for _, err := range []error{finishErr, mergeErr, foldErr} {
					if err != nil {
						require.ErrorIs(t, err, gohost.ErrGuest)
					}
				}
				require.False(t, len(forged) > 0 && len(forged) < len(good) && finishErr == nil, "%d of %d bytes", i, len(good))
			}
		}
		if names == "median" {
			for _, n := range []uint64{0, 1, 3, 1 << 61, math.MaxUint64} {
				_, err := e.Finish(t.Context(), binary.LittleEndian.AppendUint64(slices.Clone(good[:len(good)-8]), n))
				require.ErrorIs(t, err, gohost.ErrGuest)
			}
		}
	}
}

// Windows of a stream are those of a table, also sliding ones of the calendar and of a zone.
func TestSlidingWindowsOfAStream(t *testing.T) {
	engine := engines(t)["full"]
	random := rand.New(rand.NewPCG(3, 1))

	for _, text := range []string{"7d/1d", "3h/1h", "3mo/1mo", "90m/45m", "2y/1y"} {
		grid := gridOf(t, parsed(t, text, "Europe/Berlin"), epoch.Second)
		table := NewTable(engine, grid, TableOptions{})
		op, err := stream.New(engine, grid.Windows(), stream.WithDisorder(400*daySeconds))
		require.NoError(t, err)
		for range 300 {
			p := gohost.Datapoint{Timestamp: 1_700_000_000 + random.Uint64N(366*daySeconds), Value: random.Float64()}
			_, err := op.Push(t.Context(), []stream.Point{{Datapoint: p}}, nil)
			require.NoError(t, err)
			require.NoError(t, table.Add(t.Context(), []gohost.Datapoint{p}, nil))
		}
		saved, err := op.Snapshot(t.Context())
		require.NoError(t, err)
		op, err = stream.Restore(t.Context(), engine, grid.Windows(), saved, stream.WithDisorder(400*daySeconds))
		require.NoError(t, err)
		got := map[string]string{}
		require.NoError(t, op.Finish(t.Context(), func(r stream.Result[gohost.Statistics]) error {
			row, err := grid.Row(r.Span, r.Value)
			got[fmt.Sprint(row.Start, row.End)] = fmt.Sprint(row.Stat)
			return err
		}))
		want := map[string]string{}
		for row, err := range table.Rows(t.Context()) {
			require.NoError(t, err)
			want[fmt.Sprint(row.Start, row.End)] = fmt.Sprint(row.Stat)
		}
		require.NoError(t, table.Close())
		require.Equal(t, want, got, text)
		require.Greater(t, len(want), 1)
	}
}

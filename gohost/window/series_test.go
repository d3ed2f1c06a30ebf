package window

import (
	"bytes"
	"context"
	"math"
	"os"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/internal/epoch"
	"example.org/compute-pipeline/gohost/stream"
)

// engines returns the embedded engine and one without the summary interface.
func engines(t *testing.T) map[string]*gohost.Engine {
	t.Helper()
	wasm, err := os.ReadFile("../plugin/testdata/engine.core.wasm")
	require.NoError(t, err)
	full, err := gohost.New(t.Context())
	require.NoError(t, err)
	lesser, err := gohost.Load(t.Context(), bytes.ReplaceAll(wasm, []byte("compute-pipeline/summary@"), []byte("compute-pipeline/another@")))
	require.NoError(t, err)
	require.False(t, lesser.HasSummary())
	t.Cleanup(func() {
		require.NoError(t, full.Close(context.Background()))
		require.NoError(t, lesser.Close(context.Background()))
	})
	return map[string]*gohost.Engine{"full": full, "lesser": lesser}
}

func gridOf(t *testing.T, s Spec, unit epoch.Unit) *Grid {
	t.Helper()
	grid, err := s.Grid(Clock{Unit: unit})
	require.NoError(t, err)
	return grid
}

func TestTooManyWindowsOrPointsAreRefused(t *testing.T) {
	both := engines(t)
	s := NewSeries(both["full"], gridOf(t, Hour, epoch.Second))
	s.limits.windows = 3
	require.NoError(t, addAll(t, s, []gohost.Datapoint{{Timestamp: 0}, {Timestamp: 3600}, {Timestamp: 7200}, {Timestamp: 1}}))
	require.ErrorIs(t, addAll(t, s, []gohost.Datapoint{{Timestamp: 10800}}), ErrTooManyWindows)

	s = NewSeries(both["lesser"], gridOf(t, Hour, epoch.Second))
	s.limits.held = 3
	require.NoError(t, addAll(t, s, make([]gohost.Datapoint, 3)))
	require.ErrorIs(t, addAll(t, s, make([]gohost.Datapoint, 1)), ErrTooManyPoints)
}

// addAll adds points and counts them.
func addAll(t *testing.T, s *Series, points []gohost.Datapoint) error {
	t.Helper()
	added, err := s.Add(t.Context(), points)
	require.NoError(t, err)
	return s.Count(added)
}

func TestOnlyPointsBeforeATimestampOutOfRangeAreAdded(t *testing.T) {
	s := NewSeries(engines(t)["full"], gridOf(t, Day, epoch.Second))
	_, err := s.Add(t.Context(), []gohost.Datapoint{{Timestamp: 2}, {Timestamp: 1}, {Timestamp: math.MaxUint64}, {Timestamp: 3}})
	var outside *RangeError
	require.ErrorAs(t, err, &outside)
	require.Equal(t, 2, outside.Index)
	rows, err := s.Rows(t.Context())
	require.NoError(t, err)
	require.Len(t, rows, 1)
	require.Equal(t, uint64(2), rows[0].Stat.Count)
}

// Windows are counted in the order of the input, whatever was added first.
func TestWindowsCountWhereTheyAreFirstInTheInput(t *testing.T) {
	s := NewSeries(engines(t)["full"], gridOf(t, Hour, epoch.Second))
	s.limits.windows = 2
	later, err := s.Add(t.Context(), []gohost.Datapoint{{Timestamp: 3600}, {Timestamp: 7200}})
	require.NoError(t, err)
	earlier, err := s.Add(t.Context(), []gohost.Datapoint{{Timestamp: 0}, {Timestamp: 3600}})
	require.NoError(t, err)
	require.NoError(t, s.Count(earlier))
	require.ErrorIs(t, s.Count(later), ErrTooManyWindows)
}

// What several goroutines add is what one adds.
func TestPointsAddedAtTheSameTime(t *testing.T) {
	for name, engine := range engines(t) {
		for _, w := range []Spec{Hour, All} {
			one, several := NewSeries(engine, gridOf(t, w, epoch.Second)), NewSeries(engine, gridOf(t, w, epoch.Second))
			var running sync.WaitGroup
			for piece := range 16 {
				points := make([]gohost.Datapoint, 200)
				for i := range points {
					points[i] = gohost.Datapoint{Timestamp: uint64((piece*7919 + i*104729) % 50_000), Value: math.Exp2(float64(i%100)) / 3}
				}
				copied := slices.Clone(points)
				running.Go(func() {
					_, err := several.Add(t.Context(), copied)
					assert.NoError(t, err)
				})
				require.NoError(t, addAll(t, one, points))
			}
			running.Wait()
			want, err := one.Rows(t.Context())
			require.NoError(t, err)
			got, err := several.Rows(t.Context())
			require.NoError(t, err)
			require.Equal(t, want, got, "%s, %s", name, w)
		}
	}
}

func TestAnEngineWithoutSummaryGivesTheSameRows(t *testing.T) {
	var points []gohost.Datapoint
	for i := range 5000 {
		points = append(points, gohost.Datapoint{Timestamp: uint64(i * 7919 % 100_000), Value: math.Sin(float64(i)) * 1e3})
	}
	points = append(points, gohost.Datapoint{Timestamp: 5, Value: math.NaN()}, gohost.Datapoint{Timestamp: 99_999, Value: math.Inf(1)})
	rows := map[string][]Row{}
	for name, engine := range engines(t) {
		s := NewSeries(engine, gridOf(t, Hour, epoch.Second))
		for start := 0; start < len(points); start += 777 {
			require.NoError(t, addAll(t, s, slices.Clone(points[start:min(start+777, len(points))])))
		}
		var err error
		rows[name], err = s.Rows(t.Context())
		require.NoError(t, err)
		for i := range rows[name] {
			// NaN differs from itself.
			row := &rows[name][i]
			for _, v := range []*float64{&row.Stat.Mean, &row.Stat.Variance, &row.Stat.Sum, &row.Stat.Min, &row.Stat.Max, &row.StdDev} {
				if math.IsNaN(*v) {
					*v = -12345
				}
			}
		}
	}
	require.Len(t, rows["full"], 28)
	require.Equal(t, rows["full"], rows["lesser"])
}

// Windows of a stream are those of a series, in every unit up to its last timestamp.
func TestWindowsOfAStream(t *testing.T) {
	engine := engines(t)["full"]
	for _, w := range []Spec{Hour, Day, Week, Month} {
		for _, unit := range []epoch.Unit{epoch.Second, epoch.Millisecond, epoch.Microsecond, epoch.Nanosecond} {
			grid := gridOf(t, w, unit)
			windows, err := grid.Windows()
			require.NoError(t, err)
			op, err := stream.New(engine, windows, stream.WithDisorder(math.MaxUint64))
			require.NoError(t, err)
			s := NewSeries(engine, grid)
			last := uint64(math.MaxUint64)
			if !unit.Valid(last) {
				last = uint64(253402300800)*unit.PerSecond() - 1 // of the year 9999
			}
			for _, at := range []uint64{0, 1, 3599, 3600, 4*daySeconds - 1, 4 * daySeconds, 31*daySeconds - 1, 31 * daySeconds, 1e9} {
				points := []gohost.Datapoint{{Timestamp: at * unit.PerSecond()}, {Timestamp: (at+1)*unit.PerSecond() - 1}, {Timestamp: last - at}}
				for _, p := range points {
					_, err := op.Push(t.Context(), []stream.Point{{Datapoint: p}}, nil)
					require.NoError(t, err)
				}
				require.NoError(t, addAll(t, s, points))
			}
			want, err := s.Rows(t.Context())
			require.NoError(t, err)
			var got []Row
			require.NoError(t, op.Finish(t.Context(), func(r stream.Result[gohost.Statistics]) error {
				row, err := grid.Row(r.Span, r.Value)
				got = append(got, row)
				return err
			}))
			require.Equal(t, want, got, "%s, %s", w, unit)
		}
	}
}

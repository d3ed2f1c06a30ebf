package window

import (
	"bytes"
	"context"
	"math"
	"os"
	"testing"

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

// loaded returns an engine like the embedded one that was loaded, to which the table gives all points.
func loaded(t *testing.T) *gohost.Engine {
	t.Helper()
	wasm, err := os.ReadFile("../plugin/testdata/engine.core.wasm")
	require.NoError(t, err)
	engine, err := gohost.Load(t.Context(), wasm)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, engine.Close(context.Background())) })
	require.True(t, engine.HasSummary())
	require.False(t, engine.IsEmbedded())
	return engine
}

func gridOf(t *testing.T, s Spec, unit epoch.Unit) *Grid {
	t.Helper()
	grid, err := s.Grid(Clock{Unit: unit})
	require.NoError(t, err)
	return grid
}

// Windows of a stream are those of a table, in every unit up to its last timestamp.
func TestWindowsOfAStream(t *testing.T) {
	engine := engines(t)["full"]
	for _, w := range []Spec{Hour, Day, Week, Month} {
		for _, unit := range []epoch.Unit{epoch.Second, epoch.Millisecond, epoch.Microsecond, epoch.Nanosecond} {
			grid := gridOf(t, w, unit)
			op, err := stream.New(engine, grid.Windows(), stream.WithDisorder(math.MaxUint64))
			require.NoError(t, err)
			table := NewTable(engine, grid, TableOptions{})
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
				require.NoError(t, table.Add(t.Context(), points, nil))
			}
			var want, got []Row
			for row, err := range table.Rows(t.Context()) {
				require.NoError(t, err)
				want = append(want, row)
			}
			require.NoError(t, table.Close())
			require.NoError(t, op.Finish(t.Context(), func(r stream.Result[gohost.Statistics]) error {
				row, err := grid.Row(r.Span, r.Value)
				got = append(got, row)
				return err
			}))
			require.Equal(t, want, got, "%s, %s", w, unit)
		}
	}
}

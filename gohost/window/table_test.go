package window

import (
	"context"
	"errors"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
)

// What a table returns is what the definition says: for any bound of memory, any order and any pieces, and
// any number of goroutines.
func TestTableIsWhatTheDefinitionSays(t *testing.T) {
	engines := map[string]*gohost.Engine{"embedded": engines(t)["full"], "loaded": loaded(t)}
	for name, test := range map[string]struct {
		engine  string
		keys    int
		windows steps
		memory  int64
	}{
		"in memory":        {"embedded", 40, steps{100, 100}, 0},
		"written":          {"embedded", 40, steps{100, 100}, 1},
		"written at times": {"embedded", 40, steps{100, 100}, 600 << 10},
		"one series":       {"embedded", 1, steps{100, 100}, 1},
		"one window":       {"embedded", 40, steps{1 << 40, 1 << 40}, 60 << 10},
		"sliding windows":  {"embedded", 3, steps{600, 100}, 1 << 20},
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

// Keys of any bytes are in their order, also where they begin alike.
func TestKeysAreInOrder(t *testing.T) {
	keys := []string{"", "\x00", "\x00\x00", "a", "a\x00", "a\x00b", "aaaaaaaa", "aaaaaaaa\x00", "aaaaaaaab", "\xff", strings.Repeat("a", 16), strings.Repeat("a", 17), strings.Repeat("a", 500) + "b"}
	table := tableOf(engines(t)["full"], steps{100, 100}, TableOptions{})
	defer end(t, table)
	l := &labelled{}
	for _, at := range []uint64{150, 50} {
		for _, key := range keys {
			l.points, l.keys, l.columns = append(l.points, gohost.Datapoint{Timestamp: at}), append(l.keys, key), append(l.columns, 0)
		}
	}
	require.NoError(t, table.Add(t.Context(), l.points, l))
	slices.Sort(keys)
	var got []string
	for _, c := range cellsOf(t, table) {
		got = append(got, c.Key)
	}
	require.Equal(t, slices.Concat(keys, keys), got)
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

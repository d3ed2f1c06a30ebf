package transform

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
)

// kinds are kinds of values, from harmless to what no float can add up.
var kinds = map[string]func(*rand.Rand) float64{
	"decimals": func(r *rand.Rand) float64 { return math.Round(r.NormFloat64()*1000) / 10 },
	"all bits": func(r *rand.Rand) float64 { return finite(math.Float64frombits(r.Uint64())) },
	"cancel":   func(r *rand.Rand) float64 { return []float64{1e300, -1e300, 1e-300, 1}[r.IntN(4)] },
	"not finite": func(r *rand.Rand) float64 {
		return []float64{1, 2, 3, math.Inf(1), math.Copysign(0, -1), math.NaN()}[min(r.IntN(400), 5)]
	},
}

func finite(v float64) float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return 1
	}
	return v
}

func randomPoints(r *rand.Rand, n int, value func(*rand.Rand) float64) []gohost.Datapoint {
	points := make([]gohost.Datapoint, n)
	for i := range points {
		points[i] = gohost.Datapoint{Timestamp: r.Uint64N(1 << 40), Value: value(r)}
	}
	return points
}

// The tests share an engine, which would be compiled for each of them otherwise.
func TestMain(m *testing.M) {
	beam.Init()
	if _, err := acquire(context.Background(), Engine{}); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

// setUp returns a function that has an engine, until the test ends.
func setUp(t testing.TB, engine Engine) *AggregatePackedFn {
	t.Helper()
	f := &AggregatePackedFn{AggregateFn{Engine: engine}}
	require.NoError(t, f.Setup(t.Context()))
	t.Cleanup(func() { require.NoError(t, f.Teardown(t.Context())) })
	return f
}

// A batch of any length is folded in the same steps, and takes no more memory.
func TestALongBatch(t *testing.T) {
	r := rand.New(rand.NewPCG(19, 20))
	f := setUp(t, Engine{})
	for _, n := range []int{1, maxPending - 1, maxPending, 5000} {
		points := randomPoints(r, n, kinds["cancel"])
		want, err := f.shared.Fold(t.Context(), nil, points)
		require.NoError(t, err)
		a := f.CreateAccumulator()
		require.NoError(t, a.addOne(f.shared, points[0]))
		_, err = f.AddInput(a, gohost.AppendPacked(nil, points[1:]...))
		require.NoError(t, err)
		require.Less(t, len(a.pending), maxPending)
		require.LessOrEqual(t, cap(a.pending), 2*maxPending)
		got, err := encodeAccumulator(a)
		require.NoError(t, err)
		require.Equal(t, want, got)
		_, err = f.AddInput(a, make([]byte, 17))
		require.ErrorIs(t, err, gohost.ErrInvalidInput)
	}
}

// moved returns an accumulator as another worker gets it.
func moved(t *testing.T, a *Accumulator) *Accumulator {
	t.Helper()
	encoded, err := encodeAccumulator(a)
	require.NoError(t, err)
	return decodeAccumulator(encoded)
}

// aRunner aggregates points as a runner may: in bundles of any size, of which some fail in the
// middle and run again, with batches of any size, and merges in any order, on any worker.
func aRunner(t *testing.T, r *rand.Rand, f *AggregatePackedFn, points []gohost.Datapoint) *Accumulator {
	t.Helper()
	points = slices.Clone(points)
	r.Shuffle(len(points), func(i, j int) { points[i], points[j] = points[j], points[i] })
	done := []*Accumulator{f.CreateAccumulator()}
	for len(points) > 0 {
		bundle := points[:1+r.IntN(min(len(points), 700))]
		for r.IntN(4) == 0 { // an attempt that is lost
			_ = aBundle(t, r, f, bundle[:r.IntN(len(bundle)+1)])
		}
		done = append(done, aBundle(t, r, f, bundle))
		points = points[len(bundle):]
	}
	for len(done) > 1 {
		r.Shuffle(len(done), func(i, j int) { done[i], done[j] = done[j], done[i] })
		last := len(done) - 1
		a, b := done[last-1], done[last]
		if r.IntN(2) == 0 {
			b = moved(t, b)
		}
		merged, err := f.MergeAccumulators(a, b)
		require.NoError(t, err)
		done = append(done[:last-1], merged)
	}
	return done[0]
}

func aBundle(t *testing.T, r *rand.Rand, f *AggregatePackedFn, points []gohost.Datapoint) *Accumulator {
	t.Helper()
	a := f.CreateAccumulator()
	for len(points) > 0 {
		n := 1 + r.IntN(min(len(points), []int{1, 10, 600}[r.IntN(3)]))
		var err error
		if n == 1 {
			a, err = f.AggregateFn.AddInput(a, points[0])
		} else {
			a, err = f.AddInput(a, gohost.AppendPacked(nil, points[:n]...))
		}
		require.NoError(t, err)
		points = points[n:]
	}
	if r.IntN(2) == 0 {
		return moved(t, a)
	}
	return a
}

func TestAccumulatorsDoNotDependOnTheRunner(t *testing.T) {
	for _, engine := range []Engine{{}, {Interpreter: true}} {
		f := setUp(t, engine)
		for name, value := range kinds {
			t.Run(fmt.Sprintf("%s, interpreter %t", name, engine.Interpreter), func(t *testing.T) {
				r := rand.New(rand.NewPCG(1, 2))
				rounds, most := 100, 4000
				if engine.Interpreter {
					rounds, most = 2, 600
				}
				for range rounds {
					points := randomPoints(r, r.IntN(most), value)
					want, err := f.shared.Fold(t.Context(), nil, points)
					require.NoError(t, err)
					wantStat, err := f.shared.Finish(t.Context(), want)
					require.NoError(t, err)

					a := aRunner(t, r, f, points)
					got, err := encodeAccumulator(a)
					require.NoError(t, err)
					if len(points) == 0 {
						require.Empty(t, got)
					} else {
						require.Equal(t, want, got)
					}
					stat, err := f.ExtractOutput(a)
					require.NoError(t, err)
					require.Equal(t, encodeStatistics(wantStat), encodeStatistics(stat))
				}
			})
		}
	}
}

// An accumulator that arrives damaged fails the bundle: it never becomes a result.
func TestADamagedAccumulatorIsAnError(t *testing.T) {
	f := setUp(t, Engine{})
	a, err := f.AddInput(f.CreateAccumulator(), gohost.AppendPacked(nil, gohost.Datapoint{Timestamp: 1, Value: 2}))
	require.NoError(t, err)
	state, err := encodeAccumulator(a)
	require.NoError(t, err)
	for i := range state {
		damaged := slices.Clone(state)
		damaged[i] ^= 1 << (i % 8)
		guest := (*gohost.GuestError)(nil)
		_, err := f.ExtractOutput(decodeAccumulator(damaged))
		require.ErrorAs(t, err, &guest, "byte %d", i)
		_, err = f.MergeAccumulators(moved(t, a), decodeAccumulator(damaged))
		require.ErrorAs(t, err, &guest, "byte %d", i)
	}
	_, err = f.ExtractOutput(decodeAccumulator(state[:len(state)-1]))
	require.Error(t, err)
}

func TestPackedPointsOfAnotherLengthAreRefused(t *testing.T) {
	f := setUp(t, Engine{})
	_, err := f.AddInput(f.CreateAccumulator(), make([]byte, 17))
	require.ErrorIs(t, err, gohost.ErrInvalidInput)
}

func TestStatisticsKeepTheirBits(t *testing.T) {
	want := gohost.Statistics{
		Count: math.MaxUint64, Mean: math.Copysign(0, -1), Variance: math.NaN(), Sum: math.Inf(-1),
		Min: math.SmallestNonzeroFloat64, Max: math.MaxFloat64, First: 1, Last: math.MaxUint64,
	}
	got, err := decodeStatistics(encodeStatistics(want))
	require.NoError(t, err)
	require.Equal(t, encodeStatistics(want), encodeStatistics(got))
	require.True(t, math.IsNaN(got.Variance) && math.Signbit(got.Mean))
	_, err = decodeStatistics(make([]byte, 63))
	require.Error(t, err)
	_, err = decodeDatapoint(make([]byte, 15))
	require.Error(t, err)
	_, err = decodeGroup(make([]byte, 7))
	require.Error(t, err)
}

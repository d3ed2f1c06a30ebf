package gohost_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
)

const (
	chunk = 8192 // points
	part  = 4 * chunk
)

// on returns options for calls on n instances.
func on(n int, opts ...gohost.Option) []gohost.Option {
	return append([]gohost.Option{gohost.WithMaxInstances(n), gohost.WithParallelism(n)}, opts...)
}

// unlike are lists of n points whose sums are hard in different ways.
func unlike(r *rand.Rand, n int) map[string][]gohost.Datapoint {
	lists := map[string][]gohost.Datapoint{}
	make := func(name string, value func(i int) float64) {
		points := slices.Grow([]gohost.Datapoint(nil), n)
		for i := range n {
			points = append(points, gohost.Datapoint{Timestamp: r.Uint64(), Value: value(i)})
		}
		lists[name] = points
	}
	make("measured", func(int) float64 { return float64(int(520+100*r.NormFloat64())) / 10 })
	make("mixed", func(int) float64 { return math.Ldexp(r.NormFloat64(), r.IntN(2000)-1000) })
	make("cancelling", func(i int) float64 { return float64(1-2*(i%2)) * (1e300 + float64(i/2)) })
	make("one NaN", func(i int) float64 { return []float64{1e9, math.NaN()}[min(1, max(0, i-n+2))] })
	make("infinities", func(i int) float64 { return []float64{-1e-300, math.Inf(1), math.Inf(-1)}[max(0, i-n+3)] })
	return lists
}

// inChunks folds a list without parts.
func inChunks(t *testing.T, eng *gohost.Engine, state []byte, points []gohost.Datapoint) []byte {
	t.Helper()
	for c := range slices.Chunk(points, chunk) {
		var err error
		state, err = eng.Fold(ctx, state, c)
		require.NoError(t, err)
	}
	return state
}

func TestPartsHaveTheSameBits(t *testing.T) {
	r := rand.New(rand.NewPCG(13, 1))
	whole := newEngine(t)
	for _, test := range []struct {
		points, instances int
		more              []gohost.Option
	}{
		{2*part - chunk, 16, nil},
		{2*part - chunk + 1, 2, nil},
		{2*part - chunk, 2, []gohost.Option{gohost.WithInterpreter()}},
		{3*part + 17, 1, nil},
		{5 * part, 5, nil},
	} {
		eng := newEngine(t, on(test.instances, test.more...)...)
		for kind, points := range unlike(r, test.points) {
			if test.more != nil && kind != "mixed" {
				continue // the interpreter is slow
			}
			before, err := whole.Fold(ctx, nil, values(0.1, -1e-300, 7))
			require.NoError(t, err)
			got, err := eng.Fold(ctx, before, points)
			require.NoError(t, err)
			require.Equal(t, inChunks(t, whole, before, points), got, "%v %s", test, kind)

			stat, err := whole.Finish(ctx, inChunks(t, whole, nil, points))
			require.NoError(t, err)
			agg, err := eng.ComputeAggregate(ctx, points)
			require.NoError(t, err)
			for i, pair := range [][2]float64{{stat.Mean, agg.Mean}, {stat.Variance, agg.Variance}, {stat.Sum, agg.Sum}} {
				require.Equal(t, math.Float64bits(pair[0]), math.Float64bits(pair[1]), "%v %s, number %d", test, kind, i)
			}
		}
	}
}

// The call's state may be the room for the result, and a call that fails leaves it.
func TestPartsUseTheStateOfTheirCall(t *testing.T) {
	eng := newEngine(t, on(4)...)
	points := temperatures(5 * part)
	first, err := eng.Fold(ctx, nil, points)
	require.NoError(t, err)
	want, err := eng.Merge(ctx, first, first)
	require.NoError(t, err)
	got, err := eng.AppendFold(ctx, first[:0], first, points)
	require.NoError(t, err)
	assert.Equal(t, want, got)
	_, err = eng.Fold(ctx, []byte("no state"), points)
	require.ErrorIs(t, err, gohost.ErrGuest) // other parts may have been stopped
	got, err = eng.AppendFold(ctx, nil, nil, points)
	require.NoError(t, err)
	again, err := eng.Merge(ctx, got, got)
	require.NoError(t, err)
	assert.Equal(t, want, again)
}

// allocator is more than what the guest's allocator may need or save in a call on several
// instances: its way depends on what each of them did before.
const allocator = 20_000 // units of fuel

// The fuel of a call does not depend on where its parts run, but for the allocator, and for
// what an instance needs once.
func TestFuelOfPartsIsThatOfOneInstance(t *testing.T) {
	points := temperatures(6*part + 5)
	use := func(opts ...gohost.Option) (used []uint64) {
		observer := gohost.WithObserver(func(_ context.Context, call gohost.CallInfo) { used = append(used, call.Fuel) })
		eng := newEngine(t, append(opts, observer)...)
		for range 3 {
			_, err := eng.ComputeAggregate(ctx, points)
			require.NoError(t, err)
		}
		stats := eng.Stats()
		assert.Len(t, used, 3, "one call is one call to an observer")
		assert.EqualValues(t, 3, stats.Calls)
		assert.Equal(t, used[0]+used[1]+used[2], stats.FuelUsed)
		assert.Equal(t, stats.Instances, stats.IdleInstances)
		return used
	}
	one := use(on(1)...)
	once := one[0] - one[1]
	require.NotZero(t, once)
	require.Equal(t, one[1], one[2])
	require.Greater(t, one[1], 50*uint64(allocator))
	for _, n := range []uint64{2, 4, 16} {
		all := uint64(0)
		for i, u := range use(on(int(n))...) {
			assert.GreaterOrEqual(t, u, one[1]-allocator, "call %d on %d instances", i, n)
			all += u
		}
		assert.LessOrEqual(t, all, 3*(one[1]+allocator)+n*once, "%d instances", n)
		for _, u := range use(on(int(n), gohost.WithCallsPerInstance(1))...) {
			assert.Equal(t, one[0], u, "each instance serves one call, which one instance serves")
		}
	}
}

func TestPartsHaveOneBudget(t *testing.T) {
	points := temperatures(4 * part)
	one := newEngine(t, gohost.WithMaxInstances(1))
	var used []uint64
	for range 2 {
		before := one.Stats().FuelUsed
		_, err := one.ComputeAggregate(ctx, points)
		require.NoError(t, err)
		used = append(used, one.Stats().FuelUsed-before)
	}
	need, once := used[1], used[0]-used[1]
	const n = 4
	// More than the call needs at most, and less than it needs at least.
	budget := need - allocator
	enough := newEngine(t, on(n, gohost.WithFuel(need+n*once+allocator))...)
	short := newEngine(t, on(n, gohost.WithFuel(budget))...)
	for range 10 {
		_, err := enough.ComputeAggregate(ctx, points)
		require.NoError(t, err)
		before := short.Stats().FuelUsed
		_, err = short.ComputeAggregate(ctx, points)
		require.ErrorIs(t, err, gohost.ErrLimit)
		assert.ErrorContains(t, err, fmt.Sprintf("fuel budget spent: of %d units", budget))
		var limit *gohost.LimitError
		require.ErrorAs(t, err, &limit)
		assert.Equal(t, budget, limit.Max)
		// All of them together do not exceed it, but for the last operation of each.
		assert.Less(t, short.Stats().FuelUsed-before, need+n*200_000)
	}
}

// saying returns a list of eight parts, some of which make the module parts misbehave.
func saying(do map[int]uint64) []gohost.Datapoint {
	points := make([]gohost.Datapoint, 8*part)
	for at, what := range do {
		points[at*part].Timestamp = what
	}
	return points
}

// What the module parts can do.
const (
	traps = iota + 1
	loops
	returnsError
	trapsInTheThirdFold
	returnsTooLargeState
	trapsInMerge
	loopsInMerge
	returnsErrorInMerge
	losesAll
)

// ended checks that a call has left nothing.
func ended(t *testing.T, eng *gohost.Engine, goroutines int) {
	t.Helper()
	for runtime.NumGoroutine() > goroutines {
		require.NoError(t, t.Context().Err())
		runtime.Gosched() // one may be about to end
	}
	s := eng.Stats()
	require.Equal(t, s.Instances, s.IdleInstances)
}

// quiet checks that no goroutine is left, and that the engine works.
func quiet(t *testing.T, eng *gohost.Engine, goroutines int) {
	t.Helper()
	ended(t, eng, goroutines)
	state, err := eng.Fold(ctx, nil, make([]gohost.Datapoint, 1))
	require.NoError(t, err)
	assert.Len(t, state, 16)
}

func TestTheFirstPartThatFailsIsTold(t *testing.T) {
	for name, more := range engines {
		eng := load(t, "parts", on(4, more...)...)
		goroutines := runtime.NumGoroutine()
		for range 5 {
			for _, test := range []struct {
				do   map[int]uint64
				want error
			}{
				{map[int]uint64{5: traps}, gohost.ErrTrap},
				{map[int]uint64{0: traps, 1: returnsError, 2: returnsError}, gohost.ErrTrap},
				{map[int]uint64{2: returnsError, 3: traps, 4: traps, 5: traps}, gohost.ErrGuest},
				{map[int]uint64{1: returnsError, 2: loops, 3: loops, 7: traps}, gohost.ErrGuest},
				{map[int]uint64{3: traps, 4: loops, 5: loops, 6: returnsError}, gohost.ErrTrap},
				{map[int]uint64{4: returnsTooLargeState, 6: traps}, gohost.ErrLimit},
				{map[int]uint64{0: trapsInTheThirdFold, 7: returnsError}, nil},
				{map[int]uint64{6: trapsInMerge}, gohost.ErrTrap},
				{map[int]uint64{6: trapsInMerge, 7: returnsError}, gohost.ErrGuest},
				{map[int]uint64{7: returnsErrorInMerge}, gohost.ErrGuest},
			} {
				before := eng.Stats()
				state, err := eng.Fold(ctx, nil, saying(test.do))
				if test.want == nil {
					// It depends on what the instance did before.
					if err != nil {
						require.True(t, anyOf(err, gohost.ErrTrap, gohost.ErrGuest), "%s: %v: %v", name, test.do, err)
					}
					quiet(t, eng, goroutines)
					continue
				}
				require.ErrorIs(t, err, test.want, "%s: %v", name, test.do)
				assert.Nil(t, state)
				assert.ErrorContains(t, err, "fold of module ")
				after := eng.Stats()
				assert.Equal(t, before.Calls+1, after.Calls)
				assert.Equal(t, before.Traps+before.GuestErrors+before.LimitHits+1, after.Traps+after.GuestErrors+after.LimitHits, "one failure")
				quiet(t, eng, goroutines)
			}
		}
	}
}

func anyOf(err error, targets ...error) bool {
	return slices.ContainsFunc(targets, func(target error) bool {
		class, ok := err.(*gohost.Error) //nolint:errorlint // the engine's own
		return ok && class.Class == target
	})
}

// A part that loops ends with the call's budget, time or context, as do merges.
func TestPartsThatLoopAreStopped(t *testing.T) {
	for name, more := range engines {
		for _, do := range []map[int]uint64{{0: loops}, {3: loops}, {0: loops, 1: loops, 2: loops, 3: loops}, {5: loopsInMerge}} {
			eng := load(t, "parts", on(4, append(more, gohost.WithFuel(1_000_000))...)...)
			goroutines := runtime.NumGoroutine()
			_, err := eng.Fold(ctx, nil, saying(do))
			require.ErrorIs(t, err, gohost.ErrLimit, "%s: %v", name, do)
			assert.ErrorContains(t, err, "fuel budget spent: of 1000000 units")
			assert.Less(t, eng.Stats().FuelUsed, uint64(1_200_000), "one budget for all")
			quiet(t, eng, goroutines)

			limited := load(t, "parts", on(4, append(more, gohost.WithCallTimeout(50*time.Millisecond))...)...)
			goroutines = runtime.NumGoroutine()
			_, err = limited.Fold(ctx, nil, saying(do))
			require.ErrorIs(t, err, gohost.ErrLimit, "%s: %v", name, do)
			assert.ErrorContains(t, err, "time limit passed: 50ms")
			quiet(t, limited, goroutines)

			endless := load(t, "parts", on(4, more...)...)
			goroutines = runtime.NumGoroutine()
			_, err = endless.Fold(&endsAfter{Context: ctx, looks: 60}, nil, saying(do))
			require.ErrorIs(t, err, context.Canceled, "%s: %v", name, do)
			quiet(t, endless, goroutines)
		}
	}
}

// A module whose merge loses points has wrong sums, and no more.
func TestAMergeThatLies(t *testing.T) {
	eng := load(t, "parts", on(4)...)
	agg, err := eng.ComputeAggregate(ctx, saying(nil))
	require.NoError(t, err)
	assert.InDelta(t, 8*part, agg.Sum, 0)
	agg, err = eng.ComputeAggregate(ctx, saying(map[int]uint64{7: losesAll}))
	require.NoError(t, err)
	assert.Zero(t, agg.Sum)
}

// The context may end at any moment: between two parts, in a merge, when a helper starts.
func TestPartsEndWithTheirContext(t *testing.T) {
	points := temperatures(3 * part)
	eng := newEngine(t, on(3)...)
	want, err := eng.ComputeAggregate(ctx, points)
	require.NoError(t, err)
	goroutines := runtime.NumGoroutine()
	succeeded := false
	for looks := 0; !succeeded; looks += 1 + looks/8 {
		agg, err := eng.ComputeAggregate(&endsAfter{Context: ctx, looks: looks}, points)
		if err == nil {
			succeeded = true
			assert.Equal(t, want, agg)
		} else {
			require.ErrorIs(t, err, context.Canceled)
			assert.Zero(t, agg)
		}
		ended(t, eng, goroutines)
	}
}

func TestPartsOnOneProcessor(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	points := temperatures(5 * part)
	want, err := newEngine(t).ComputeAggregate(ctx, points) // on one instance
	require.NoError(t, err)
	got, err := newEngine(t, on(4)...).ComputeAggregate(ctx, points)
	require.NoError(t, err)
	assert.Equal(t, want, got)
}

// Parts wait for no instance, and a list does not wait for parts.
func TestPartsTakeOnlyIdleInstances(t *testing.T) {
	eng := load(t, "parts", on(3)...)
	free := occupy(t, eng, 2)
	defer free()
	state, err := eng.Fold(ctx, nil, saying(nil))
	require.NoError(t, err)
	assert.Equal(t, byte(8*part>>16), state[2])
	assert.Equal(t, 3, eng.Stats().Instances)
	assert.Zero(t, eng.Stats().Waits)
}

func TestParallelismIsChecked(t *testing.T) {
	for _, n := range []int{0, -1} {
		_, err := gohost.New(ctx, gohost.WithParallelism(n))
		require.ErrorIs(t, err, gohost.ErrInvalidInput)
		assert.ErrorContains(t, err, fmt.Sprintf("WithParallelism(%d): must be at least 1", n))
	}
}

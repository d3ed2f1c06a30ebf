package gohost_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/vectors"
	"example.org/compute-pipeline/gohost/vectors/conformance"
)

// byContract returns an engine that is called by its contract alone.
func byContract(t testing.TB, opts ...gohost.Option) *gohost.Engine {
	t.Helper()
	eng, err := gohost.NewByContract(ctx, opts...)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, eng.Close(context.Background())) })
	return eng
}

// bothWays runs a test with an engine and one that is called by its contract alone, on wazero's
// compiler and on its interpreter.
func bothWays(t *testing.T, f func(t *testing.T, direct, contract *gohost.Engine, interpreted bool)) {
	t.Run("compiler", func(t *testing.T) { f(t, newEngine(t), byContract(t), false) })
	t.Run("interpreter", func(t *testing.T) {
		f(t, newEngine(t, gohost.WithInterpreter()), byContract(t, gohost.WithInterpreter()), true)
	})
}

// bits are the bits of an aggregate, so that a NaN equals itself and zeros have signs.
func bits(a gohost.Aggregate) [3]uint64 {
	return [3]uint64{math.Float64bits(a.Mean), math.Float64bits(a.Variance), math.Float64bits(a.Sum)}
}

func TestBothWaysHaveTheSameBits(t *testing.T) {
	bothWays(t, func(t *testing.T, direct, contract *gohost.Engine, interpreted bool) {
		r := rand.New(rand.NewPCG(13, 7))
		lengths := []int{chunk - 1, chunk, chunk + 1, 2*chunk + gohost.RoomPoints + 1, 20_000}
		for n := range 40 {
			lengths = append(lengths, n)
		}
		for i := range 3 {
			for d := range 5 {
				lengths = append(lengths, (i+1)*gohost.RoomPoints+d-2, r.IntN(1000), r.IntN(20_000))
			}
		}
		for i, n := range lengths {
			if interpreted && n > 4*gohost.RoomPoints {
				continue // it is slow
			}
			for kind, points := range unlike(r, n) {
				what := fmt.Sprint(n, " points, ", kind)
				want, err := contract.ComputeAggregate(ctx, points)
				require.NoError(t, err, what)
				got, err := direct.ComputeAggregate(ctx, points)
				require.NoError(t, err, what)
				require.Equal(t, bits(want), bits(got), what)

				state, err := contract.Fold(ctx, nil, points[:n*(i%4)/4])
				require.NoError(t, err, what)
				folded, err := contract.Fold(ctx, state, points)
				require.NoError(t, err, what)
				again, err := direct.Fold(ctx, state, points)
				require.NoError(t, err, what)
				require.Equal(t, folded, again, what)
			}
		}
	})
}

func TestBothWaysPassTheVectors(t *testing.T) {
	file, err := conformance.Vectors()
	require.NoError(t, err)
	bothWays(t, func(t *testing.T, direct, contract *gohost.Engine, interpreted bool) {
		step := 1
		if interpreted {
			step = 10 // package tests runs all
		}
		for i := 0; i < len(file.Cases); i += step {
			c := file.Cases[i]
			want := c.Want()
			if want.Kind == vectors.Traps {
				continue // the binding refuses the input before
			}
			for _, eng := range []*gohost.Engine{direct, contract} {
				result, err := conformance.Run(ctx, eng, c)
				require.NoError(t, err, c.ID)
				require.Empty(t, want.Mismatch(result), c.ID)
			}
		}
	})
}

func TestBothWaysHaveTheSameErrors(t *testing.T) {
	bothWays(t, func(t *testing.T, direct, contract *gohost.Engine, _ bool) {
		points := temperatures(gohost.RoomPoints)
		state, err := contract.Fold(ctx, nil, points[:9])
		require.NoError(t, err)
		states := [][]byte{[]byte("no state"), make([]byte, 1024), make([]byte, 1025), make([]byte, 100_000)}
		for i := range state {
			damaged := append([]byte(nil), state...)
			damaged[i] ^= 1 << (i % 8)
			states = append(states, damaged, state[:max(i, 1)])
		}
		for _, s := range states {
			_, want := contract.Fold(ctx, s, points)
			require.ErrorIs(t, want, gohost.ErrGuest)
			_, got := direct.Fold(ctx, s, points)
			require.EqualError(t, got, want.Error())
		}
		// 2^64 - 1024 points, and a list that is just short enough for them, or too long.
		power, err := contract.Fold(ctx, nil, values(1))
		require.NoError(t, err)
		var most []byte
		for i := range 64 {
			if i >= 10 {
				most, err = contract.Merge(ctx, most, power)
				require.NoError(t, err)
			}
			power, _ = contract.Merge(ctx, power, power)
		}
		_, err = direct.Fold(ctx, most, points[:1023])
		require.NoError(t, err)
		_, want := contract.Fold(ctx, most, points[:1024])
		require.ErrorContains(t, want, "Too many points: ")
		_, got := direct.Fold(ctx, most, points[:1024])
		require.EqualError(t, got, want.Error())
		assert.EqualValues(t, 1, direct.Stats().InstancesStarted, "a guest's error leaves its instance whole")
	})
}

// A call may end between any two chunks, by its budget or its context. The calls after it find
// nothing of its sums.
func TestACallThatEndsBetweenChunksLeavesNothing(t *testing.T) {
	long, short := unlike(rand.New(rand.NewPCG(13, 8)), 9*gohost.RoomPoints)["mixed"], temperatures(2*gohost.RoomPoints)
	want, err := newEngine(t).ComputeAggregate(ctx, short)
	require.NoError(t, err)
	folded, err := newEngine(t).Fold(ctx, nil, short)
	require.NoError(t, err)
	right := func(t *testing.T, eng *gohost.Engine) {
		t.Helper()
		got, err := eng.ComputeAggregate(ctx, short)
		require.NoError(t, err)
		require.Equal(t, want, got)
		state, err := eng.Fold(ctx, nil, short)
		require.NoError(t, err)
		require.Equal(t, folded, state)
	}
	fails := func(t *testing.T, eng *gohost.Engine, ctx context.Context, class error) bool {
		t.Helper()
		_, err := eng.ComputeAggregate(ctx, long)
		if err != nil {
			require.ErrorIs(t, err, class)
		}
		right(t, eng)
		state, ofFold := eng.Fold(ctx, nil, long)
		if ofFold != nil {
			require.ErrorIs(t, ofFold, class)
			require.Nil(t, state)
		}
		right(t, eng)
		return err != nil && ofFold != nil
	}
	t.Run("budget", func(t *testing.T) {
		eng := newEngine(t)
		right(t, eng)
		least := eng.Stats().FuelUsed // more than each of the short calls
		_, err := eng.ComputeAggregate(ctx, long)
		require.NoError(t, err)
		need := eng.Stats().FuelUsed - least
		cache := gohost.WithCacheDir(t.TempDir())
		for i := range uint64(20) {
			require.True(t, fails(t, newEngine(t, cache, gohost.WithFuel(least+(need-least)*i/20)), ctx, gohost.ErrLimit))
		}
	})
	t.Run("context", func(t *testing.T) {
		eng := newEngine(t)
		ended := 0
		for looks := range 20 {
			if fails(t, eng, &endsAfter{Context: ctx, looks: looks}, context.Canceled) {
				ended++
			}
		}
		require.Greater(t, ended, 3, "the context was looked at within the call")
	})
}

// What the engine would do if its host broke the rules: it traps, and the instance is replaced.
func TestTheRoomAndTheSumsAreChecked(t *testing.T) {
	bothEngines(t, func(t *testing.T, eng *gohost.Engine) {
		require.NoError(t, eng.AddToSums(ctx, gohost.RoomPoints, true), "the room is as large as the host believes")
		trap := (*gohost.TrapError)(nil)
		require.ErrorAs(t, eng.AddToSums(ctx, gohost.RoomPoints+1, true), &trap)
		assert.Contains(t, trap.Message, "range end index 1473 out of range")
		require.ErrorAs(t, eng.AddToSums(ctx, 1, false), &trap)
		assert.Contains(t, trap.Message, "the first call of several is missing")
		assert.EqualValues(t, 2, eng.Stats().InstancesDiscarded)
		agg, err := eng.ComputeAggregate(ctx, values(1, 2))
		require.NoError(t, err)
		assert.Equal(t, gohost.Aggregate{Mean: 1.5, Variance: 0.25, Sum: 3}, agg)
	})
}

// A list of any length goes through the room, so no instance grows for it.
func TestLongListsTakeNoMemoryOfTheGuest(t *testing.T) {
	var memory int64
	eng := newEngine(t, gohost.WithObserver(func(_ context.Context, call gohost.CallInfo) { memory = call.Memory }))
	for _, n := range []int{1, gohost.RoomPoints + 1, chunk + 1, 3 * part} {
		_, err := eng.ComputeAggregate(ctx, temperatures(n))
		require.NoError(t, err)
		assert.EqualValues(t, 2<<16, memory, "%d points", n)
	}
}

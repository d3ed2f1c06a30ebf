package gohost_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/vectors"
	"example.org/compute-pipeline/gohost/vectors/conformance"
)

func openSession(t testing.TB, eng *gohost.Engine) *gohost.Session {
	t.Helper()
	s, err := eng.OpenSession(ctx)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, s.Close()) })
	return s
}

// fill adds points to a session by all its ways, in pieces of random lengths, and reads it in
// between.
func fill(t *testing.T, r *rand.Rand, eng *gohost.Engine, s *gohost.Session, points []gohost.Datapoint) {
	t.Helper()
	for len(points) > 0 {
		piece := points[:min(len(points), 1+r.IntN([]int{3, 100, 4000}[r.IntN(3)]))]
		switch r.IntN(6) {
		case 0:
			_, err := s.Fold(ctx, piece)
			require.NoError(t, err)
		case 1:
			state, err := eng.Fold(ctx, nil, piece)
			require.NoError(t, err)
			require.NoError(t, s.Merge(ctx, state))
		case 2:
			buffer, err := s.Buffer(ctx)
			require.NoError(t, err)
			require.NotEmpty(t, buffer)
			piece = piece[:copy(buffer, piece)]
			if r.IntN(2) == 0 {
				read(t, s) // which does not move what was written
			}
			require.NoError(t, s.Commit(len(piece)))
		default:
			for _, p := range piece {
				require.NoError(t, s.Push(ctx, p.Timestamp, p.Value))
			}
		}
		if r.IntN(3) == 0 {
			read(t, s)
		}
		points = points[len(piece):]
	}
}

// read returns the state and the statistics.
func read(t *testing.T, s *gohost.Session) (state []byte, stats gohost.Statistics) {
	t.Helper()
	state, err := s.AppendState(ctx, nil)
	require.NoError(t, err)
	stats, err = s.Snapshot(ctx)
	require.NoError(t, err)
	return state, stats
}

// statisticsBits are the statistics with floats as text, so that a NaN equals itself and zeros
// have signs.
func statisticsBits(s gohost.Statistics) string {
	return fmt.Sprintf("%d %x %x %x %x %x %d %d", s.Count, s.Mean, s.Variance, s.Sum, s.Min, s.Max, s.First, s.Last)
}

func TestASessionHasTheBitsOfFoldAndFinish(t *testing.T) {
	bothWays(t, func(t *testing.T, direct, contract *gohost.Engine, interpreted bool) {
		r := rand.New(rand.NewPCG(13, 14))
		inSandbox, inGo := openSession(t, direct), openSession(t, contract)
		rounds, most := 8, 12_000
		if interpreted {
			rounds, most = 1, 4000
		}
		for range rounds {
			for kind, points := range unlike(r, r.IntN(most)) {
				state, err := contract.Fold(ctx, nil, points)
				require.NoError(t, err)
				want, err := contract.Finish(ctx, state)
				require.NoError(t, err)
				for name, s := range map[string]*gohost.Session{"in the sandbox": inSandbox, "in Go": inGo} {
					what := fmt.Sprint(len(points), " points, ", kind, ", sums ", name)
					require.NoError(t, s.Reset(ctx))
					fill(t, r, contract, s, points)
					for range 2 {
						got, stats := read(t, s)
						require.Equal(t, string(state), string(got), what)
						require.Equal(t, statisticsBits(want), statisticsBits(stats), what)
					}
				}
			}
		}
	})
}

// bySession answers functions by a session.
type bySession struct {
	*gohost.Engine
	session *gohost.Session
}

func (e bySession) with(ctx context.Context, state []byte, f func(s *gohost.Session) error) error {
	if err := e.session.Reset(ctx); err != nil {
		return err
	}
	if err := e.session.Merge(ctx, state); err != nil {
		return err
	}
	return f(e.session)
}

func (e bySession) ComputeAggregate(ctx context.Context, points []gohost.Datapoint) (agg gohost.Aggregate, err error) {
	err = e.with(ctx, nil, func(s *gohost.Session) error {
		if _, err := s.Fold(ctx, points); err != nil {
			return err
		}
		stats, err := s.Snapshot(ctx)
		agg = gohost.Aggregate{Mean: stats.Mean, Variance: stats.Variance, Sum: stats.Sum}
		return err
	})
	return agg, err
}

func (e bySession) Fold(ctx context.Context, state []byte, points []gohost.Datapoint) (out []byte, err error) {
	err = e.with(ctx, state, func(s *gohost.Session) error {
		if _, err = s.Fold(ctx, points); err == nil {
			out, err = s.AppendState(ctx, nil)
		}
		return err
	})
	return out, err
}

func (e bySession) Finish(ctx context.Context, state []byte) (stats gohost.Statistics, err error) {
	err = e.with(ctx, state, func(s *gohost.Session) error {
		stats, err = s.Snapshot(ctx)
		return err
	})
	return stats, err
}

func TestSessionsPassTheVectors(t *testing.T) {
	file, err := conformance.Vectors()
	require.NoError(t, err)
	step := 1
	both := func(t *testing.T, opts ...gohost.Option) {
		step *= 12 // the interpreter is slow
		eng := newEngine(t, append(opts, gohost.WithMaxInstances(2))...)
		f := bySession{eng, openSession(t, eng)}
		for i := 0; i < len(file.Cases); i += step {
			c := file.Cases[i]
			if want := c.Want(); want.Kind != vectors.Traps {
				result, err := conformance.Run(ctx, f, c)
				require.NoError(t, err, c.ID)
				require.Empty(t, want.Mismatch(result), c.ID)
			}
		}
	}
	t.Run("compiler", func(t *testing.T) { both(t) })
	t.Run("interpreter", func(t *testing.T) { both(t, gohost.WithInterpreter()) })
}

// The texts too are those of the contract's functions, however often one fails: the memory of the
// guest must not fill up.
func TestErrorsOfASessionChangeNothing(t *testing.T) {
	bothWays(t, func(t *testing.T, direct, contract *gohost.Engine, interpreted bool) {
		state, err := contract.Fold(ctx, nil, values(1, -3, 1e300))
		require.NoError(t, err)
		power, err := contract.Fold(ctx, nil, values(1))
		require.NoError(t, err)
		var most []byte // of 2^64 - 1 points
		for range 64 {
			most, err = contract.Merge(ctx, most, power)
			require.NoError(t, err)
			power, _ = contract.Merge(ctx, power, power)
		}
		s := openSession(t, direct)
		require.NoError(t, s.Merge(ctx, state))
		require.NoError(t, s.Push(ctx, 7, 0.5))
		before, _ := read(t, s)
		for i := range 2 * len(state) {
			damaged := append([]byte(nil), state...)
			damaged[i%len(state)] ^= 1 << (i % 8)
			_, want := contract.Finish(ctx, damaged)
			require.ErrorIs(t, want, gohost.ErrGuest)
			got := s.Merge(ctx, damaged)
			require.ErrorIs(t, got, gohost.ErrGuest)
			var wanted, given *gohost.GuestError
			require.ErrorAs(t, want, &wanted)
			require.ErrorAs(t, got, &given)
			require.Equal(t, wanted.Message, given.Message)
		}
		for i := 0; i < 5000 && !interpreted; i++ {
			if err := s.Merge(ctx, state[:10+i%20]); !errors.Is(err, gohost.ErrGuest) {
				require.ErrorIs(t, err, gohost.ErrGuest)
			}
		}
		require.ErrorIs(t, s.Merge(ctx, make([]byte, 1024)), gohost.ErrGuest)
		require.ErrorContains(t, s.Merge(ctx, make([]byte, 1025)), "Invalid state: it has 1025 bytes")
		require.ErrorIs(t, s.Merge(ctx, make([]byte, 1<<28)), gohost.ErrInvalidInput)
		require.ErrorContains(t, s.Merge(ctx, most), "Too many points: 4 and 18446744073709551615")
		after, _ := read(t, s)
		require.Equal(t, before, after)

		// Points in the buffer stay there.
		require.NoError(t, s.Reset(ctx))
		require.NoError(t, s.Merge(ctx, most))
		require.NoError(t, s.Push(ctx, 7, 0.5))
		for range 2 {
			_, err = s.Snapshot(ctx)
			require.ErrorContains(t, err, "Too many points: 18446744073709551615 and 1 are more than")
		}
		require.NoError(t, s.Reset(ctx))
		require.NoError(t, s.Push(ctx, 7, 0.5))
		_, stats := read(t, s)
		assert.EqualValues(t, 1, stats.Count)
	})
}

func TestTheBufferIsTheMemoryOfTheGuestAndStaysWhereItIs(t *testing.T) {
	bothEngines(t, func(t *testing.T, eng *gohost.Engine) {
		s := openSession(t, eng)
		buffer, err := s.Buffer(ctx)
		require.NoError(t, err)
		require.Len(t, buffer, gohost.SessionPoints)
		at := unsafe.SliceData(buffer)
		sum := 0.0
		for round := range 20 {
			for i := range buffer {
				buffer[i] = gohost.Datapoint{Timestamp: uint64(i), Value: float64(i % 7)}
				sum += float64(i % 7)
			}
			require.NoError(t, s.Commit(len(buffer)))
			require.Error(t, s.Merge(ctx, []byte{byte(round)}), "which allocates in the guest")
			runtime.GC()
			buffer, err = s.Buffer(ctx)
			require.NoError(t, err)
			require.Equal(t, at, unsafe.SliceData(buffer))
			require.Len(t, buffer, gohost.SessionPoints)
		}
		stats, err := s.Snapshot(ctx)
		require.NoError(t, err)
		assert.Equal(t, sum, stats.Sum)
		require.NoError(t, s.Commit(0))
		for _, n := range []int{-1, len(buffer) + 1} {
			require.ErrorIs(t, s.Commit(n), gohost.ErrInvalidInput)
		}
	})
}

func TestReadingDoesNotMoveTheRoom(t *testing.T) {
	s := openSession(t, newEngine(t))
	require.NoError(t, s.Push(ctx, 1, 1))
	buffer, err := s.Buffer(ctx)
	require.NoError(t, err)
	require.Len(t, buffer, gohost.SessionPoints-1)
	buffer[0] = gohost.Datapoint{Timestamp: 2, Value: 3}
	_, stats := read(t, s)
	assert.EqualValues(t, 1, stats.Count)
	require.NoError(t, s.Merge(ctx, nil))
	require.NoError(t, s.Commit(1))
	_, stats = read(t, s)
	assert.Equal(t, gohost.Statistics{Count: 2, Mean: 2, Variance: 1, Sum: 4, Min: 1, Max: 3, First: 1, Last: 2}, stats)
	require.NoError(t, s.Reset(ctx))
	_, stats = read(t, s)
	assert.Equal(t, gohost.Statistics{}, stats)
}

func TestPushingAllocatesNothing(t *testing.T) {
	s := openSession(t, newEngine(t))
	points := temperatures(gohost.SessionPoints + 1)
	assert.Zero(t, testing.AllocsPerRun(20, func() {
		for _, p := range points {
			_ = s.Push(ctx, p.Timestamp, p.Value)
		}
		_, _ = s.Fold(ctx, points)
		_, _ = s.Snapshot(ctx)
	}))
}

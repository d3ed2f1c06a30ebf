package gohost_test

import (
	"context"
	"math/rand/v2"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
)

// A context that has ended loses no point: every call can be repeated.
func TestWhatAContextEndsCanBeRepeated(t *testing.T) {
	bothWays(t, func(t *testing.T, direct, contract *gohost.Engine, _ bool) {
		canceled, cancel := context.WithCancel(ctx)
		cancel()
		for _, eng := range []*gohost.Engine{direct, contract} {
			_, err := eng.OpenSession(canceled)
			require.ErrorIs(t, err, context.Canceled)
			s := openSession(t, eng)
			points := temperatures(3*gohost.SessionPoints + 5)
			for _, p := range points[:gohost.SessionPoints] {
				require.NoError(t, s.Push(canceled, p.Timestamp, p.Value), "there is room")
			}
			p := points[gohost.SessionPoints]
			for _, ends := range []context.Context{canceled, overdue{ctx}} {
				require.Error(t, s.Push(ends, p.Timestamp, p.Value))
				_, err := s.Buffer(ends)
				require.Error(t, err)
				taken, err := s.Fold(ends, points)
				require.Error(t, err)
				require.Zero(t, taken)
				dst, err := s.AppendState(ends, []byte("before"))
				require.Error(t, err)
				require.Equal(t, "before", string(dst))
				_, err = s.Snapshot(ends)
				require.Error(t, err)
				require.Error(t, s.Merge(ends, nil))
			}
			require.ErrorIs(t, s.Reset(canceled), context.Canceled)
			require.NoError(t, s.Push(ctx, p.Timestamp, p.Value))
			rest := points[gohost.SessionPoints+1:]
			// Some are taken: the error says how many.
			taken, err := s.Fold(canceled, rest)
			require.ErrorIs(t, err, context.Canceled)
			require.Equal(t, gohost.SessionPoints-1, taken)
			_, err = s.Fold(ctx, rest[taken:])
			require.NoError(t, err)

			want, err := contract.Fold(ctx, nil, points)
			require.NoError(t, err)
			got, _ := read(t, s)
			require.Equal(t, want, got)
		}
	})
}

// An end of the context in the middle of a call would lose the sums.
func TestACallOfASessionIsNotStopped(t *testing.T) {
	bothEngines(t, func(t *testing.T, eng *gohost.Engine) {
		s := openSession(t, eng)
		for looks := range 6 {
			// Values of all magnitudes take the slow path, and several slices of fuel.
			for kind, points := range unlike(rand.New(rand.NewPCG(1, uint64(looks))), gohost.SessionPoints) {
				_, err := s.Fold(ctx, points)
				require.NoError(t, err)
				_, err = s.Snapshot(&endsAfter{Context: ctx, looks: 2 + looks})
				require.NoError(t, err, kind)
			}
		}
		assert.Zero(t, eng.Stats().InstancesDiscarded)
	})
}

func TestLimitsOfCallsDoNotApplyToASession(t *testing.T) {
	eng := newEngine(t, gohost.WithFuel(10_000), gohost.WithCallTimeout(time.Nanosecond), gohost.WithCallsPerInstance(1), gohost.WithMemoryLimit(1))
	points := unlike(rand.New(rand.NewPCG(1, 2)), 3*gohost.SessionPoints)["mixed"]
	_, err := eng.ComputeAggregate(ctx, points)
	require.ErrorIs(t, err, gohost.ErrLimit)
	s := openSession(t, eng)
	_, err = s.Fold(ctx, points)
	require.NoError(t, err)
	_, stats := read(t, s)
	assert.EqualValues(t, len(points), stats.Count)
	assert.Zero(t, eng.Stats().IdleInstances)
	assert.Equal(t, 1, eng.Stats().Instances)
}

func TestASessionIsOneOfTheInstances(t *testing.T) {
	eng := newEngine(t, gohost.WithMaxInstances(2), gohost.WithMaxWaiters(1))
	first, second := openSession(t, eng), openSession(t, eng)
	assert.Equal(t, 2, eng.Stats().Instances)
	waits := make(chan error)
	waiting, cancel := context.WithCancel(ctx)
	go func() { // ends with cancel
		_, err := eng.OpenSession(waiting)
		waits <- err
	}()
	require.Eventually(t, func() bool { return eng.Stats().Waits == 1 }, time.Minute, time.Millisecond)
	cancel()
	err := <-waits
	require.ErrorIs(t, err, context.Canceled)
	require.ErrorContains(t, err, "while waiting for one of 2 instances")

	go func() { // ends when a session is closed
		s, err := eng.OpenSession(ctx)
		if err == nil {
			err = s.Close()
		}
		waits <- err
	}()
	require.Eventually(t, func() bool { return eng.Stats().Waits == 2 }, time.Minute, time.Millisecond)
	_, err = eng.OpenSession(ctx)
	require.ErrorIs(t, err, gohost.ErrBusy)
	require.NoError(t, first.Close())
	require.NoError(t, <-waits)
	_, err = eng.ComputeAggregate(ctx, values(1))
	require.NoError(t, err)
	require.NoError(t, second.Push(ctx, 1, 1))
	assert.Zero(t, eng.Stats().InstancesDiscarded)
}

// requireEnded checks that all methods return an error of the class.
func requireEnded(t *testing.T, s *gohost.Session, class error) {
	t.Helper()
	require.ErrorIs(t, s.Push(ctx, 1, 1), class)
	_, err := s.Buffer(ctx)
	require.ErrorIs(t, err, class)
	require.ErrorIs(t, s.Commit(1), class)
	require.ErrorIs(t, s.Commit(0), class)
	_, err = s.Fold(ctx, nil)
	require.ErrorIs(t, err, class)
	taken, err := s.Fold(ctx, values(1))
	require.ErrorIs(t, err, class)
	require.Zero(t, taken)
	require.ErrorIs(t, s.Merge(ctx, nil), class)
	_, err = s.Snapshot(ctx)
	require.ErrorIs(t, err, class)
	_, err = s.AppendState(ctx, nil)
	require.ErrorIs(t, err, class)
	require.ErrorIs(t, s.Reset(ctx), class)
}

func TestAfterCloseEveryMethodSaysSo(t *testing.T) {
	bothWays(t, func(t *testing.T, direct, contract *gohost.Engine, _ bool) {
		for _, eng := range []*gohost.Engine{direct, contract} {
			s := openSession(t, eng)
			require.NoError(t, s.Push(ctx, 1, 1))
			for range 2 {
				require.NoError(t, s.Close())
				requireEnded(t, s, gohost.ErrClosed)
			}
			require.ErrorContains(t, s.Push(ctx, 1, 1), ": the session is closed")
		}
	})
}

func TestAnEngineThatIsClosedTakesItsSessionsAlong(t *testing.T) {
	eng := newEngine(t)
	s := openSession(t, eng)
	buffer, err := s.Buffer(ctx)
	require.NoError(t, err)
	require.NoError(t, s.Push(ctx, 1, 1))
	require.NoError(t, eng.Close(ctx), "it waits for no session")
	assert.Zero(t, eng.Stats().Instances)
	assert.Zero(t, eng.Stats().MemoryBytes)
	_, err = s.Snapshot(ctx)
	require.ErrorIs(t, err, gohost.ErrClosed)
	requireEnded(t, s, gohost.ErrClosed)
	for i := range buffer {
		buffer[i].Value++
	}
	_, err = eng.OpenSession(ctx)
	require.ErrorIs(t, err, gohost.ErrClosed)
}

// What only a defect of the engine or of this package can do.
func TestASessionWhoseInstanceFailsIsLost(t *testing.T) {
	bothEngines(t, func(t *testing.T, eng *gohost.Engine) {
		s := openSession(t, eng)
		buffer, err := s.Buffer(ctx)
		require.NoError(t, err)
		require.NoError(t, s.Push(ctx, 1, 1))
		require.ErrorIs(t, s.PushToRoom(ctx, gohost.SessionPoints+1), gohost.ErrTrap)
		requireEnded(t, s, gohost.ErrTrap)
		for i := range buffer {
			buffer[i] = gohost.Datapoint{Timestamp: 1, Value: 1}
		}
		assert.EqualValues(t, 1, eng.Stats().InstancesDiscarded)
		assert.Equal(t, eng.Stats().IdleInstances, eng.Stats().Instances)
		require.NoError(t, s.Close())
	})
}

// Lists of sessions that are closed or lost are written to beside calls and other sessions.
func TestAListThatOutlivesItsSessionHarmsNobody(t *testing.T) {
	eng := newEngine(t, gohost.WithMaxInstances(4))
	points := temperatures(2000)
	want, err := eng.ComputeAggregate(ctx, points)
	require.NoError(t, err)
	var stop atomic.Bool
	var work sync.WaitGroup
	stale := make(chan []gohost.Datapoint, 8)
	work.Go(func() { // until stale is closed
		for list := range stale {
			for range 3 {
				for i := range list {
					list[i] = gohost.Datapoint{Timestamp: ^uint64(0), Value: 1e300}
				}
				runtime.Gosched()
			}
		}
	})
	for range 2 {
		work.Go(func() {
			for !stop.Load() {
				got, err := eng.ComputeAggregate(ctx, points)
				assert.NoError(t, err)
				assert.Equal(t, want, got)
				runtime.Gosched()
			}
		})
	}
	for round := range 60 {
		s, err := eng.OpenSession(ctx)
		require.NoError(t, err)
		buffer, err := s.Buffer(ctx)
		require.NoError(t, err)
		_, err = s.Fold(ctx, points)
		require.NoError(t, err)
		stats, err := s.Snapshot(ctx)
		require.NoError(t, err)
		require.Equal(t, want, gohost.Aggregate{Mean: stats.Mean, Variance: stats.Variance, Sum: stats.Sum})
		switch round % 3 {
		case 0:
			require.ErrorIs(t, s.PushToRoom(ctx, gohost.SessionPoints+1), gohost.ErrTrap)
		case 1:
			runtime.GC()
		}
		require.NoError(t, s.Close())
		stale <- buffer
	}
	stop.Store(true)
	close(stale)
	work.Wait()
}

// mappings returns how many mappings the process has, or 0 where the system does not say.
func mappings() int {
	maps, _ := os.ReadFile("/proc/self/maps")
	return strings.Count(string(maps), "\n")
}

func TestThousandsOfSessionsLeaveNothing(t *testing.T) {
	eng := newEngine(t)
	open := func(n int) {
		for range n {
			s, err := eng.OpenSession(ctx)
			require.NoError(t, err)
			require.NoError(t, s.Push(ctx, 1, 1))
			require.NoError(t, s.Close())
		}
	}
	eng.CloseIdle()
	open(200)
	runtime.GC()
	before := mappings()
	open(2000)
	assert.Zero(t, eng.Stats().Instances)
	assert.Zero(t, eng.Stats().MemoryBytes)
	runtime.GC()
	assert.Less(t, mappings(), before+200)
}

func TestASessionThatIsForgottenIsClosed(t *testing.T) {
	eng := newEngine(t, gohost.WithMaxInstances(1))
	for range 3 {
		func() {
			s, err := eng.OpenSession(ctx)
			require.NoError(t, err)
			require.NoError(t, s.Push(ctx, 1, 1))
		}()
		require.Eventually(t, func() bool {
			runtime.GC()
			return eng.Stats().Instances == 0
		}, time.Minute, time.Millisecond)
	}
}

// The methods that enter the sandbox find each other.
func TestOneMethodAtATime(t *testing.T) {
	bothEngines(t, func(t *testing.T, eng *gohost.Engine) {
		s := openSession(t, eng)
		_, err := s.Fold(ctx, temperatures(100))
		require.NoError(t, err)
		want, err := s.Snapshot(ctx)
		require.NoError(t, err)
		var work sync.WaitGroup
		var done atomic.Int32
		for range 4 {
			work.Go(func() {
				for range 200 {
					stats, err := s.Snapshot(ctx)
					if err == nil {
						assert.Equal(t, want, stats)
						done.Add(1)
					} else {
						assert.ErrorIs(t, err, gohost.ErrBusy)
					}
					if err := s.Merge(ctx, nil); err != nil {
						assert.ErrorIs(t, err, gohost.ErrBusy)
					}
				}
			})
		}
		work.Wait()
		assert.NotZero(t, done.Load())
		assert.Zero(t, eng.Stats().InstancesDiscarded)
	})
}

// Modules whose folds trap, loop, refuse or return too much, by the first timestamp.
func TestSessionsOfHostileModules(t *testing.T) {
	eng := load(t, "parts", gohost.WithFuel(1_000_000))
	for do, class := range map[uint64]error{1: gohost.ErrTrap, 2: gohost.ErrLimit, 3: gohost.ErrGuest, 5: gohost.ErrLimit} {
		s := openSession(t, eng)
		require.NoError(t, s.Push(ctx, 0, 1))
		_, stats := read(t, s)
		require.EqualValues(t, 1, stats.Sum, "the module counts the points")
		require.NoError(t, s.Push(ctx, do, 1))
		for range 3 {
			_, err := s.Snapshot(ctx)
			require.ErrorIs(t, err, class)
		}
		_, err := s.AppendState(ctx, nil)
		require.ErrorIs(t, err, class)
		require.NoError(t, s.Reset(ctx))
		require.NoError(t, s.Push(ctx, 0, 1))
		_, stats = read(t, s)
		require.EqualValues(t, 1, stats.Sum)
		require.NoError(t, s.Close())
	}
	_, err := load(t, "echo").OpenSession(ctx)
	require.ErrorIs(t, err, gohost.ErrNoSummary)
}

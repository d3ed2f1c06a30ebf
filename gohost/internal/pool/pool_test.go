package pool

import (
	"context"
	"errors"
	"math"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// thing is what the pools of these tests hold.
type thing struct {
	slow   bool
	inUse  atomic.Bool
	closed atomic.Bool
}

// counts is what became of the things of a pool.
type counts struct {
	started, live, most, drained atomic.Int32
	unblock                      chan struct{} // slow things wait for it; nil for none
	err                          error         // of Start
	closing                      func()        // called by Close
}

func newPool(t *testing.T, size, waiters int) (*Pool[thing], *counts) {
	t.Helper()
	c := &counts{unblock: make(chan struct{})}
	return New(Config[thing]{
		Size: size, MaxWaiters: waiters,
		Start: func(context.Context) (*thing, error) {
			c.started.Add(1)
			live := c.live.Add(1)
			for most := c.most.Load(); live > most && !c.most.CompareAndSwap(most, live); most = c.most.Load() {
			}
			return &thing{}, c.err
		},
		Close: func(v *thing) {
			if v.slow {
				<-c.unblock
			}
			if c.closing != nil {
				c.closing()
			}
			assert.False(t, v.inUse.Load(), "closed while it is used")
			assert.True(t, v.closed.CompareAndSwap(false, true), "closed twice")
			c.live.Add(-1)
		},
		IsSlowToClose: func(v *thing) bool { return v.slow },
		Drained: func() {
			assert.Zero(t, c.live.Load(), "drained before all are closed")
			assert.EqualValues(t, 1, c.drained.Add(1))
		},
	}), c
}

func acquire(t *testing.T, p *Pool[thing]) *thing {
	t.Helper()
	v, err := p.Acquire(t.Context())
	require.NoError(t, err)
	return v
}

// waiter waits for an instance in the background.
func waiter(t *testing.T, p *Pool[thing], ctx context.Context) (got chan *thing, failed chan error) {
	t.Helper()
	before := p.waiting.Load()
	got, failed = make(chan *thing, 1), make(chan error, 1)
	go func() {
		v, err := p.Acquire(ctx)
		got <- v
		failed <- err
	}()
	require.Eventually(t, func() bool { return p.waiting.Load() == before+1 }, time.Minute, time.Millisecond)
	return got, failed
}

func TestTheLastOneUsedIsUsedAgain(t *testing.T) {
	p, c := newPool(t, 4, math.MaxInt)
	first, second := acquire(t, p), acquire(t, p)
	p.Release(first)
	p.Release(second)
	assert.Equal(t, 2, p.Stats().Idle)
	again := acquire(t, p)
	assert.Contains(t, []*thing{first, second}, again)
	assert.NotSame(t, again, acquire(t, p))
	assert.EqualValues(t, 2, c.started.Load())
}

func TestAWaiterGetsWhatIsReleased(t *testing.T) {
	p, c := newPool(t, 1, math.MaxInt)
	v := acquire(t, p)
	got, failed := waiter(t, p, t.Context())
	p.Release(v)
	assert.Same(t, v, <-got)
	require.NoError(t, <-failed)
	assert.EqualValues(t, 1, c.started.Load())
	assert.Equal(t, Stats{Waits: 1}, p.Stats())
}

func TestAWaiterGetsThePlaceOfWhatIsDiscarded(t *testing.T) {
	p, c := newPool(t, 1, math.MaxInt)
	v := acquire(t, p)
	got, failed := waiter(t, p, t.Context())
	p.Discard(v)
	assert.NotSame(t, v, <-got)
	require.NoError(t, <-failed)
	assert.EqualValues(t, 2, c.started.Load())
	assert.EqualValues(t, 1, c.most.Load(), "closed before another is started")
}

func TestAPlaceIsFreeOnceItsInstanceIsClosed(t *testing.T) {
	p, c := newPool(t, 1, 0)
	v := acquire(t, p)
	c.closing = func() { assert.Empty(t, p.vacancies) }
	p.Discard(v)
	assert.Len(t, p.vacancies, 1)
	p.Release(acquire(t, p))
	p.CloseIdle()
	assert.Len(t, p.vacancies, 1)
}

func TestANewOneTakesAVacancyOrThePlaceOfAnIdleOne(t *testing.T) {
	p, c := newPool(t, 2, 1)
	made := 0
	start := func(ctx context.Context) (*thing, error) {
		made++
		return p.config.Start(ctx)
	}
	idle := acquire(t, p)
	p.Release(idle)
	first, err := p.AcquireNew(t.Context(), start)
	require.NoError(t, err)
	assert.False(t, idle.closed.Load(), "there is a vacancy")
	second, err := p.AcquireNew(t.Context(), start)
	require.NoError(t, err)
	assert.True(t, idle.closed.Load())

	// And that of one that is released or discarded while it waits.
	for _, giveUp := range []func(*thing){p.Release, p.Discard} {
		got := make(chan *thing)
		go func() { // until one is given up
			v, err := p.AcquireNew(t.Context(), start)
			assert.NoError(t, err)
			got <- v
		}()
		require.Eventually(t, func() bool { return p.waiting.Load() == 1 }, time.Minute, time.Millisecond)
		_, err := p.AcquireNew(t.Context(), start)
		require.ErrorIs(t, err, ErrBusy)
		giveUp(first)
		next := <-got
		assert.NotSame(t, first, next)
		assert.True(t, first.closed.Load())
		first = next
	}
	assert.Equal(t, 4, made)
	p.Release(first)
	p.Release(second)
	assert.EqualValues(t, 2, c.most.Load())

	ended, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = p.AcquireNew(ended, start)
	require.ErrorIs(t, err, context.Canceled)
	require.NoError(t, p.Close(t.Context()))
	_, err = p.AcquireNew(t.Context(), start)
	require.ErrorIs(t, err, ErrClosed)
}

func TestAContextEndsTheWaiting(t *testing.T) {
	p, _ := newPool(t, 1, math.MaxInt)
	v := acquire(t, p)
	ctx, cancel := context.WithCancel(t.Context())
	_, failed := waiter(t, p, ctx)
	cancel()
	err := <-failed
	require.ErrorIs(t, err, context.Canceled)
	require.EqualError(t, err, "while waiting for one of 1 instances: context canceled")
	p.Release(v)
	_, err = p.Acquire(ctx)
	require.ErrorIs(t, err, context.Canceled, "one that has ended gets nothing")
	assert.Equal(t, 1, p.Stats().Idle)
}

func TestOnlySoManyWait(t *testing.T) {
	p, _ := newPool(t, 1, 1)
	v := acquire(t, p)
	_, failed := waiter(t, p, t.Context())
	_, err := p.Acquire(t.Context())
	require.ErrorIs(t, err, ErrBusy)
	p.Release(v)
	require.NoError(t, <-failed)
	assert.Equal(t, Stats{Waits: 1, Busy: 1}, p.Stats())
}

// What is slow to close is closed behind the caller's back, and its place is free
// only then. Whoever waits for that waits for nobody.
func TestSlowToClose(t *testing.T) {
	p, c := newPool(t, 1, 0)
	v := acquire(t, p)
	v.slow = true
	p.Discard(v) // returns, though Close does not
	_, failed := waiter(t, p, t.Context())
	assert.EqualValues(t, 1, c.live.Load())
	close(c.unblock)
	require.NoError(t, <-failed)
	assert.EqualValues(t, 1, c.most.Load())
}

func TestAStartThatFailsCostsNoPlace(t *testing.T) {
	p, c := newPool(t, 1, 0)
	c.err = errors.New("no room")
	for range 3 {
		_, err := p.Acquire(t.Context())
		require.ErrorIs(t, err, c.err)
	}
	assert.Zero(t, c.live.Load(), "what there was of it is closed")
	c.err = nil
	p.Release(acquire(t, p))
}

func TestCloseIdle(t *testing.T) {
	p, c := newPool(t, 4, 0)
	used := acquire(t, p)
	var idle []*thing
	for range 3 {
		idle = append(idle, acquire(t, p))
	}
	for _, v := range idle {
		p.Release(v)
	}
	p.CloseIdle()
	assert.Zero(t, p.Stats().Idle)
	assert.EqualValues(t, 1, c.live.Load())
	assert.False(t, used.closed.Load())
	p.Release(acquire(t, p))
	assert.EqualValues(t, 5, c.started.Load())
}

func TestClose(t *testing.T) {
	p, c := newPool(t, 2, math.MaxInt)
	idle, used := acquire(t, p), acquire(t, p)
	p.Release(idle)
	third := acquire(t, p)
	_, failed := waiter(t, p, t.Context())
	p.Release(third)
	require.NoError(t, <-failed)
	_, failed = waiter(t, p, t.Context())

	ended, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, p.Close(ended), context.Canceled, "two are in use")
	require.ErrorIs(t, <-failed, ErrClosed)
	_, err := p.Acquire(t.Context())
	require.ErrorIs(t, err, ErrClosed)
	assert.Zero(t, c.drained.Load())

	p.Release(used)
	assert.Zero(t, c.drained.Load())
	third.slow = true
	p.Discard(third)
	require.ErrorIs(t, p.Close(ended), context.Canceled, "one is being closed")
	close(c.unblock)
	require.NoError(t, p.Close(t.Context()))
	assert.EqualValues(t, 1, c.drained.Load())
	require.NoError(t, p.Close(ended), "closing again only waits")
	p.CloseIdle()

	p, _ = newPool(t, 1, 0)
	require.NoError(t, p.Close(t.Context()))
	_, err = p.Acquire(t.Context())
	require.ErrorIs(t, err, ErrClosed, "though nobody may wait")
}

// All that a pool can do, all at once: nothing is used by two, more than there may
// be, left open, or closed twice.
func TestAllAtOnce(t *testing.T) {
	const users, rounds, size = 8, 2000, 3
	p, c := newPool(t, size, 4)
	close(c.unblock)
	var wg sync.WaitGroup
	use := func(round int) bool {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		if round%7 == 0 {
			wg.Go(cancel) // some time
		}
		v, err := p.Acquire(ctx)
		if err != nil {
			assert.True(t, errors.Is(err, ErrBusy) || errors.Is(err, ErrClosed) || errors.Is(err, context.Canceled), "%v", err)
			return !errors.Is(err, ErrClosed)
		}
		assert.True(t, v.inUse.CompareAndSwap(false, true), "used by two")
		assert.False(t, v.closed.Load(), "used after it was closed")
		v.inUse.Store(false)
		v.slow = round%11 == 0
		if round%5 == 0 {
			p.Discard(v)
		} else {
			p.Release(v)
		}
		return true
	}
	for range users {
		wg.Go(func() {
			for round := range rounds {
				use(round)
			}
			for round := 0; use(round); round++ { // until the pool is closed
			}
		})
	}
	wg.Go(func() {
		for range rounds {
			p.CloseIdle()
			p.Stats()
		}
		assert.NoError(t, p.Close(context.Background()))
	})
	wg.Wait()
	assert.EqualValues(t, 1, c.drained.Load())
	assert.Zero(t, c.live.Load())
	assert.LessOrEqual(t, c.most.Load(), int32(size))
	assert.Equal(t, 0, p.Stats().Idle)
}

func BenchmarkAcquireAndRelease(b *testing.B) {
	p := New(Config[thing]{
		Size:  1,
		Start: func(context.Context) (*thing, error) { return &thing{}, nil },
	})
	b.ReportAllocs()
	for b.Loop() {
		v, err := p.Acquire(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		p.Release(v)
	}
}

// Closing an instance may run code of the program, which may use the pool.
func TestTheCloseOfAnInstanceMayUseThePool(t *testing.T) {
	p, c := newPool(t, 2, 0)
	a, b := acquire(t, p), acquire(t, p)
	p.Release(a)
	p.Release(b)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	c.closing = func() {
		p.CloseIdle()
		p.Stats()
		assert.ErrorIs(t, p.Close(ended), context.Canceled)
	}
	require.NoError(t, p.Close(t.Context()))
	assert.EqualValues(t, 1, c.drained.Load())
}

func TestTryAcquireTakesWhatNobodyWants(t *testing.T) {
	p, c := newPool(t, 3, math.MaxInt)
	assert.Nil(t, p.TryAcquire(t.Context(), false), "none is idle")
	assert.Zero(t, c.started.Load())
	first := p.TryAcquire(t.Context(), true)
	assert.NotNil(t, first, "a start")
	second := acquire(t, p)
	p.Release(first)
	p.Release(second)
	assert.NotSame(t, p.TryAcquire(t.Context(), false), p.TryAcquire(t.Context(), true))
	assert.EqualValues(t, 2, c.started.Load(), "one in a seat, one in the channel")
	third := acquire(t, p)
	assert.Nil(t, p.TryAcquire(t.Context(), true), "all are in use")

	// While a call waits, what comes back is for that call.
	got, failed := waiter(t, p, t.Context())
	assert.True(t, p.IsWanted())
	assert.Nil(t, p.TryAcquire(t.Context(), true))
	p.Release(third)
	assert.Same(t, third, <-got)
	require.NoError(t, <-failed)
	assert.False(t, p.IsWanted())
	assert.EqualValues(t, 3, c.started.Load())
	assert.EqualValues(t, 1, p.Stats().Waits)
}

func TestTryAcquireFailsQuietly(t *testing.T) {
	p, c := newPool(t, 1, math.MaxInt)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	assert.Nil(t, p.TryAcquire(ended, true))
	assert.Zero(t, c.started.Load())
	c.err = errors.New("no memory")
	assert.Nil(t, p.TryAcquire(t.Context(), true))
	assert.Zero(t, c.live.Load(), "what a start left is closed")
	c.err = nil
	p.Release(acquire(t, p)) // its place is free again
	require.NoError(t, p.Close(t.Context()))
	assert.Nil(t, p.TryAcquire(t.Context(), true))
}

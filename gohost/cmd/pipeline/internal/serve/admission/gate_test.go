package admission

import (
	"context"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func tenant(name string) []Holder { return []Holder{{Name: name}} }

// waits starts an Enter that must wait, and returns a channel for its lease.
func waits(t *testing.T, g *Gate, claim Claim) <-chan *Lease {
	t.Helper()
	before, _ := g.Usage()
	entered := make(chan *Lease, 1)
	go func() {
		l, err := g.Enter(t.Context(), claim)
		assert.NoError(t, err)
		entered <- l
	}()
	for now, _ := g.Usage(); now.Waiting == before.Waiting; now, _ = g.Usage() {
		require.Empty(t, entered, "it has to wait")
	}
	return entered
}

func enter(t *testing.T, g *Gate, claim Claim) *Lease {
	t.Helper()
	l, err := g.Enter(t.Context(), claim)
	require.NoError(t, err)
	return l
}

func TestWhoComesFirstIsServedFirst(t *testing.T) {
	g := NewGate("gate", Limits{Slots: 10, ShareSlots: 10, Bytes: 100, ShareBytes: 100, Waiters: 10, ShareWaiters: 10})
	first := enter(t, g, Claim{Bytes: 60})
	large := waits(t, g, Claim{Bytes: 90})
	small := waits(t, g, Claim{Bytes: 10})
	assert.Empty(t, small, "it would fit, and does not overtake")
	first.Release()
	l := <-large
	(<-small).Release()
	l.Release()
	now, peak := g.Usage()
	assert.Equal(t, Usage{}, now)
	assert.Equal(t, Usage{Slots: 2, Waiting: 2, Bytes: 100}, peak)
}

func TestAHolderHasItsShareAndHoldsNobodyUp(t *testing.T) {
	g := NewGate("gate", Limits{Slots: 4, ShareSlots: 2, Bytes: 100, ShareBytes: 50, Waiters: 4, ShareWaiters: 2})
	a := enter(t, g, Claim{Bytes: 20, Holders: tenant("a")})
	b := enter(t, g, Claim{Bytes: 20, Holders: tenant("a")})
	third := waits(t, g, Claim{Bytes: 1, Holders: tenant("a")})
	fourth := waits(t, g, Claim{Bytes: 1, Holders: tenant("a")})
	_, err := g.Enter(t.Context(), Claim{Bytes: 1, Holders: tenant("a")})
	busy := (*BusyError)(nil)
	require.ErrorAs(t, err, &busy, "its share of the queue")
	assert.Contains(t, err.Error(), "the a has")

	enter(t, g, Claim{Bytes: 50, Holders: tenant("b")}).Release()
	enter(t, g, Claim{Bytes: 1, Holders: []Holder{{Name: "a", Slots: 3}}}).Release() // another share
	b.LeaveSlot()
	c := <-third
	assert.EqualValues(t, 20, b.Bytes(), "which are kept")
	assert.Error(t, c.Resize(11), "20 and 20 are its, of 50")
	assert.NoError(t, c.Resize(10))
	assert.NoError(t, a.Resize(0))
	a.LeaveSlot()
	(<-fourth).Release()
	for _, l := range []*Lease{a, b, c, nil} {
		l.Release()
		l.Release()
	}
	now, _ := g.Usage()
	assert.Equal(t, Usage{}, now)
	assert.Empty(t, g.holders)
}

func TestWhatCannotBeIsRefusedAtOnce(t *testing.T) {
	g := NewGate("gate", Limits{Slots: 1, ShareSlots: 1, Bytes: 100, ShareBytes: 50})
	large := (*TooLargeError)(nil)
	_, err := g.Enter(t.Context(), Claim{Bytes: 101})
	assert.ErrorAs(t, err, &large)
	_, err = g.Enter(t.Context(), Claim{Bytes: 51, Holders: tenant("a")})
	assert.ErrorAs(t, err, &large)
	l := enter(t, g, Claim{Bytes: 100})
	_, err = g.Enter(t.Context(), Claim{})
	busy := (*BusyError)(nil)
	assert.ErrorAs(t, err, &busy, "nobody may wait")
	assert.Error(t, l.Resize(101))
	assert.EqualValues(t, 100, l.Bytes(), "nothing was taken")
	g.SetLimits(Limits{Slots: 2, ShareSlots: 2, Bytes: 200, ShareBytes: 200})
	assert.NoError(t, l.Resize(200))
}

func TestWaitingEndsWithTheContext(t *testing.T) {
	g := NewGate("gate", Limits{Slots: 1, ShareSlots: 1, Bytes: 100, ShareBytes: 100, Waiters: 2, ShareWaiters: 2})
	l := enter(t, g, Claim{Bytes: 50})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := g.Enter(ctx, Claim{Bytes: 1})
	assert.ErrorIs(t, err, context.Canceled)
	now, _ := g.Usage()
	assert.Equal(t, Usage{Slots: 1, Bytes: 50}, now)
	next := waits(t, g, Claim{Bytes: 100})
	l.Release()
	(<-next).Release()
}

// However many come and go, no more is ever taken than there is, and at the end
// nothing is.
func TestNeverMoreThanThereIs(t *testing.T) {
	limits := Limits{Slots: 5, ShareSlots: 3, Bytes: 1000, ShareBytes: 600, Waiters: 20, ShareWaiters: 10}
	g := NewGate("gate", limits)
	var (
		all             sync.WaitGroup
		entered, busy   atomic.Int64
		slots, bytes    atomic.Int64
		perTenant       [3]atomic.Int64
		tooMany, beyond atomic.Int64
	)
	for worker := range 24 {
		all.Go(func() {
			random := rand.New(rand.NewPCG(1, uint64(worker)))
			who := worker % len(perTenant)
			for range 300 {
				ctx, cancel := context.WithCancel(t.Context())
				if random.IntN(8) == 0 {
					cancel()
				}
				claim := Claim{Bytes: random.Int64N(300), Holders: tenant(string(rune('a' + who)))}
				l, err := g.Enter(ctx, claim)
				cancel()
				if err != nil {
					busy.Add(1)
					continue
				}
				entered.Add(1)
				held := claim.Bytes
				if slots.Add(1) > int64(limits.Slots) || perTenant[who].Add(1) > int64(limits.ShareSlots) {
					tooMany.Add(1)
				}
				if bytes.Add(held) > limits.Bytes {
					beyond.Add(1)
				}
				slots.Add(-1)
				perTenant[who].Add(-1)
				l.LeaveSlot()
				if more := random.Int64N(300); l.Resize(held+more) == nil {
					if bytes.Add(more) > limits.Bytes {
						beyond.Add(1)
					}
					held += more
				}
				bytes.Add(-held)
				l.Release()
			}
		})
	}
	all.Wait()
	assert.Zero(t, tooMany.Load())
	assert.Zero(t, beyond.Load())
	assert.NotZero(t, entered.Load())
	now, peak := g.Usage()
	assert.Equal(t, Usage{}, now)
	assert.LessOrEqual(t, peak.Bytes, limits.Bytes)
	assert.LessOrEqual(t, peak.Slots, limits.Slots)
	assert.LessOrEqual(t, peak.Waiting, limits.Waiters)
	assert.Empty(t, g.holders)
}

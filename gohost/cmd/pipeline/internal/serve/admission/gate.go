// Package admission decides how much the service does at the same time: how many
// requests, and how much memory they take together.
//
// A request passes two gates. Before its body is read it takes a place among the
// bodies that arrive, with as many bytes as it says or, where it says nothing, as
// have arrived. Once the body is there it takes a slot among the requests that
// compute, with the bytes that its computation takes at the most; the slot is
// given back when the answer is there, the bytes of the answer once it is
// written. Whoever waits at the second gate holds bytes of the first alone, and
// whoever is past the second waits for no gate, so nobody waits for each other.
//
// At each gate a holder (a tenant, a plugin) has no more than its share, also of
// the queue, and operators have a gate of their own.
package admission

import (
	"container/list"
	"context"
	"fmt"
	"sync"
)

// Limits are what a gate has to give.
type Limits struct {
	// Slots and Bytes are all there is, ShareSlots and ShareBytes what a single
	// holder may have of it.
	Slots, ShareSlots int
	Bytes, ShareBytes int64
	// Waiters is how many may wait, ShareWaiters how many of a holder.
	Waiters, ShareWaiters int
}

// A Holder is on whose account something is taken.
type Holder struct {
	Name string // such as "tenant dashboards"
	// Slots takes the place of [Limits.ShareSlots] unless it is 0.
	Slots int
}

// A Claim is what a request wants.
type Claim struct {
	Bytes   int64
	Holders []Holder
}

// Usage is what is taken of a gate.
type Usage struct {
	Slots, Waiting int
	Bytes          int64
}

// A Gate hands out slots and bytes, first come, first served: a claim that is
// too large for what is left holds those behind it up, so that it has its turn.
// One whose holder has its share is passed over.
type Gate struct {
	name string

	mu         sync.Mutex
	limits     Limits
	used, peak Usage
	holders    map[string]*Usage // those that have or wait for something
	queue      list.List         // of *waiter
}

type waiter struct {
	claim Claim
	place *list.Element
	lease *Lease // once it is granted
	ready chan struct{}
}

// NewGate returns a gate. The name is for errors.
func NewGate(name string, limits Limits) *Gate {
	return &Gate{name: name, limits: limits, holders: map[string]*Usage{}}
}

// SetLimits changes what there is. What was given stays so.
func (g *Gate) SetLimits(limits Limits) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.limits = limits
	g.grant()
}

// Limits returns what the gate has to give.
func (g *Gate) Limits() Limits {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.limits
}

// Usage returns what is taken now, and the most of each that ever was.
func (g *Gate) Usage() (now, peak Usage) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.used, g.peak
}

// Enter takes a slot and the bytes of the claim, and waits for them until the
// context ends. A claim that can never be met, or one more than may wait, is
// refused at once.
func (g *Gate) Enter(ctx context.Context, claim Claim) (*Lease, error) {
	w, err := g.join(claim)
	if err != nil {
		return nil, err
	}
	select {
	case <-w.ready:
		return w.lease, nil
	case <-ctx.Done():
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if w.lease != nil { // it was granted in this moment
		return w.lease, nil
	}
	g.leaveQueue(w)
	g.grant() // it may have held others up
	return nil, &BusyError{Gate: g.name, Why: "nothing became free in time", cause: context.Cause(ctx)}
}

func (g *Gate) join(claim Claim) (*waiter, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	most := g.limits.Bytes
	if len(claim.Holders) > 0 {
		most = min(most, g.limits.ShareBytes)
	}
	if claim.Bytes > most {
		return nil, &TooLargeError{Gate: g.name, Bytes: claim.Bytes, Limit: most}
	}
	w := &waiter{claim: claim, ready: make(chan struct{})}
	w.place = g.queue.PushBack(w)
	g.used.Waiting++
	for _, h := range claim.Holders {
		g.holder(h).Waiting++
	}
	g.grant()
	if w.lease != nil {
		return w, nil
	}
	if g.used.Waiting > g.limits.Waiters {
		g.leaveQueue(w)
		return nil, &BusyError{Gate: g.name, Why: "as many wait as may"}
	}
	for _, h := range claim.Holders {
		if g.holder(h).Waiting > g.limits.ShareWaiters {
			g.leaveQueue(w)
			return nil, &BusyError{Gate: g.name, Why: fmt.Sprintf("the %s has as many under way and waiting as it may", h.Name)}
		}
	}
	g.peak.Waiting = max(g.peak.Waiting, g.used.Waiting)
	return w, nil
}

// grant gives what there is to those that wait.
func (g *Gate) grant() {
	for e := g.queue.Front(); e != nil; {
		w := e.Value.(*waiter)
		e = e.Next()
		if !g.withinShares(w.claim, 1) {
			continue
		}
		if g.used.Slots >= g.limits.Slots || g.used.Bytes+w.claim.Bytes > g.limits.Bytes {
			return
		}
		g.leaveQueue(w)
		w.lease = &Lease{gate: g, holders: w.claim.Holders}
		g.take(w.lease, 1, w.claim.Bytes)
		close(w.ready)
	}
}

func (g *Gate) withinShares(claim Claim, slots int) bool {
	for _, h := range claim.Holders {
		has, most := g.holders[h.Name], g.limits.ShareSlots
		if has == nil {
			continue
		}
		if h.Slots > 0 {
			most = h.Slots
		}
		if has.Slots+slots > most || has.Bytes+claim.Bytes > g.limits.ShareBytes {
			return false
		}
	}
	return true
}

func (g *Gate) leaveQueue(w *waiter) {
	g.queue.Remove(w.place)
	g.used.Waiting--
	for _, h := range w.claim.Holders {
		g.holder(h).Waiting--
		g.forget(h)
	}
}

func (g *Gate) take(l *Lease, slots int, bytes int64) {
	l.slots += slots
	l.bytes += bytes
	g.used.Slots += slots
	g.used.Bytes += bytes
	g.peak.Slots = max(g.peak.Slots, g.used.Slots)
	g.peak.Bytes = max(g.peak.Bytes, g.used.Bytes)
	for _, h := range l.holders {
		has := g.holder(h)
		has.Slots += slots
		has.Bytes += bytes
		g.forget(h)
	}
}

func (g *Gate) holder(h Holder) *Usage {
	if g.holders[h.Name] == nil {
		g.holders[h.Name] = &Usage{}
	}
	return g.holders[h.Name]
}

// forget keeps the map no larger than what is there.
func (g *Gate) forget(h Holder) {
	if *g.holders[h.Name] == (Usage{}) {
		delete(g.holders, h.Name)
	}
}

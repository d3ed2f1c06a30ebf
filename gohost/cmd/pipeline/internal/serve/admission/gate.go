// Package admission decides how much the service does at the same time: how many
// requests, and how much memory they take together.
//
// A request passes two gates. Before its body is read it takes a place among the
// arriving bodies, with as many bytes as it declares or, if it declares none, as have
// arrived. Once the body has arrived it takes a slot among the requests that compute,
// with the max bytes of its computation. The slot is released when the response is
// ready, its bytes when it is written. A request that waits at the second gate holds
// only bytes of the first, and one past the second waits for no gate, so there is no
// deadlock.
//
// At each gate a holder (a tenant, a plugin) gets no more than its share, also of the
// queue. Operators have a gate of their own.
package admission

import (
	"container/list"
	"context"
	"fmt"
	"sync"
)

// Limits are the limits of a gate.
type Limits struct {
	// Slots and Bytes are the totals, ShareSlots and ShareBytes the max of a single
	// holder.
	Slots, ShareSlots int
	Bytes, ShareBytes int64
	// Waiters is the max number of waiting claims, ShareWaiters that of a holder.
	Waiters, ShareWaiters int
}

// A Holder is a tenant or plugin whose share a claim counts against.
type Holder struct {
	Name string // such as "tenant dashboards"
	// Slots overrides [Limits.ShareSlots] unless it is 0.
	Slots int
}

// A Claim is what a request asks for.
type Claim struct {
	Bytes   int64
	Holders []Holder
}

// Usage is the amount in use.
type Usage struct {
	Slots, Waiting int
	Bytes          int64
}

// A Gate grants slots and bytes, first come, first served: a claim that is too large for
// the rest delays those behind it, so that it does not starve. A claim whose holder has
// used its share is passed over.
type Gate struct {
	name string

	mu         sync.Mutex
	limits     Limits
	used, peak Usage
	holders    map[string]*Usage // holders that have or wait for something
	queue      list.List         // of *waiter
}

type waiter struct {
	claim Claim
	place *list.Element
	lease *Lease // once it is granted
	ready chan struct{}
}

// NewGate returns a gate with a name for errors.
func NewGate(name string, limits Limits) *Gate {
	return &Gate{name: name, limits: limits, holders: map[string]*Usage{}}
}

// SetLimits changes the limits. Granted claims stay granted.
func (g *Gate) SetLimits(limits Limits) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.limits = limits
	g.grant()
}

// Limits returns the limits of the gate.
func (g *Gate) Limits() Limits {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.limits
}

// Usage returns the current usage, and the peak of each value.
func (g *Gate) Usage() (now, peak Usage) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.used, g.peak
}

// Enter takes a slot and the bytes of the claim, and waits for them until the context
// ends. It fails at once if the claim can never be met, or too many are waiting.
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
	if w.lease != nil { // it was granted at this moment
		return w.lease, nil
	}
	g.leaveQueue(w)
	g.grant() // it may have delayed others
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
		return nil, &BusyError{Gate: g.name, Why: "the queue is full"}
	}
	for _, h := range claim.Holders {
		if g.holder(h).Waiting > g.limits.ShareWaiters {
			g.leaveQueue(w)
			return nil, &BusyError{Gate: g.name, Why: fmt.Sprintf("the %s has used its share of the requests", h.Name)}
		}
	}
	g.peak.Waiting = max(g.peak.Waiting, g.used.Waiting)
	return w, nil
}

// grant grants waiting claims that fit.
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

// forget removes a holder that has and waits for nothing.
func (g *Gate) forget(h Holder) {
	if *g.holders[h.Name] == (Usage{}) {
		delete(g.holders, h.Name)
	}
}

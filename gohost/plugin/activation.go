package plugin

import (
	"context"
	"sync"
	"sync/atomic"
)

// activation is a period during which a version is active, with the calls that began in
// it. A version that is activated again gets a new one.
type activation struct {
	slot    *slot
	version *version
	breaker *breaker
	// stop ends the contexts of the calls that still run at the end of the drain.
	stop   context.Context
	cancel context.CancelFunc

	calls   atomic.Int64 // running calls; for a moment also some that find it retired
	retired atomic.Bool
	once    sync.Once
	drained chan struct{} // closed when it is retired and no call runs
}

func newActivation(s *slot, v *version, b *breaker) *activation {
	a := &activation{slot: s, version: v, breaker: b, drained: make(chan struct{})}
	a.stop, a.cancel = context.WithCancel(context.Background())
	return a
}

// enter joins the current activation of a slot, or returns nil if there is none. It
// counts the call first, and then checks that the activation is still current. retire
// reads the count only after the activation was replaced, so it never misses a running
// call.
func enter(current *atomic.Pointer[activation]) *activation {
	for {
		a := current.Load()
		if a == nil {
			return nil
		}
		a.calls.Add(1)
		if current.Load() == a {
			return a
		}
		a.leave()
	}
}

// leave undoes enter.
func (a *activation) leave() {
	if a.calls.Add(-1) == 0 && a.retired.Load() {
		a.once.Do(func() { close(a.drained) })
	}
}

// retire is called when the activation is no longer current.
func (a *activation) retire() {
	a.retired.Store(true)
	if a.calls.Load() == 0 {
		a.once.Do(func() { close(a.drained) })
	}
}

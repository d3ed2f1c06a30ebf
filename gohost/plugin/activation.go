package plugin

import (
	"context"
	"sync"
	"sync/atomic"
)

// activation is the time for which a version is the one that calls go to, and
// the calls that began in it. A version that comes back gets a new one.
type activation struct {
	slot    *slot
	version *version
	breaker *breaker
	// stop ends the contexts of the calls that still run at the end of the drain.
	stop   context.Context
	cancel context.CancelFunc

	calls   atomic.Int64 // that run; for a moment also some that find it retired
	retired atomic.Bool
	once    sync.Once
	drained chan struct{} // closed when it is retired and no call runs
}

func newActivation(s *slot, v *version, b *breaker) *activation {
	a := &activation{slot: s, version: v, breaker: b, drained: make(chan struct{})}
	a.stop, a.cancel = context.WithCancel(context.Background())
	return a
}

// enter takes part in the current activation of a slot, or returns nil where
// there is none. A call is counted first and looks then whether the activation
// is still the current one: retire looks at the count only after it was replaced,
// so it never misses a call that runs.
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

// leave ends what enter began.
func (a *activation) leave() {
	if a.calls.Add(-1) == 0 && a.retired.Load() {
		a.once.Do(func() { close(a.drained) })
	}
}

// retire is called once the activation is no longer the current one.
func (a *activation) retire() {
	a.retired.Store(true)
	if a.calls.Load() == 0 {
		a.once.Do(func() { close(a.drained) })
	}
}

// Package pool keeps a bounded number of instances of something that is costly to
// start, each for one user at a time.
package pool

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
)

var (
	// ErrClosed: the pool was closed.
	ErrClosed = errors.New("the pool is closed")
	// ErrBusy: as many wait as may wait.
	ErrBusy = errors.New("too many wait")
)

// Config says what a pool holds.
type Config[T any] struct {
	// Size is the largest number of instances.
	Size int
	// MaxWaiters is how many calls of Acquire may wait at the same time.
	MaxWaiters int
	// Start makes an instance. With an error it returns what there is of one, which
	// is closed.
	Start func(ctx context.Context) (*T, error)
	// Close frees an instance. It waits for nothing.
	Close func(*T)
	// IsSlowToClose reports whether Close takes so long that nobody should wait for
	// it.
	IsSlowToClose func(*T) bool
	// Drained is called once, when the pool is closed and its last instance is.
	Drained func()
}

// Pool holds instances. There are Size tokens: each is an idle instance, or a
// vacancy, which is the right to start one, or is held by whoever has an instance.
type Pool[T any] struct {
	config    Config[T]
	idle      chan *T
	vacancies chan struct{}

	// hot is one more place for an idle instance: the one used last, which the
	// next Acquire finds without the cost of a channel (a third of what a call of
	// one point took). Nothing may stay there while somebody waits.
	hot     atomic.Pointer[T]
	waiting atomic.Int32
	// closingBehind is how many instances are being closed in the background.
	closingBehind atomic.Int32
	waits, busy   atomic.Uint64

	closed  atomic.Bool   // the first Close was called
	closing chan struct{} // closed after that
	drained chan struct{} // closed when every token is back

	mu       sync.Mutex
	returned int // tokens that came back after closing
}

// New returns a pool without instances.
func New[T any](config Config[T]) *Pool[T] {
	p := &Pool[T]{
		config:    config,
		idle:      make(chan *T, config.Size),
		vacancies: make(chan struct{}, config.Size),
		closing:   make(chan struct{}),
		drained:   make(chan struct{}),
	}
	for range config.Size {
		p.vacancies <- struct{}{}
	}
	return p
}

// Acquire returns an instance, which the caller gives back with Release or Discard.
// An idle one comes first, so that there are no more than are used at the same time.
// It waits until the context ends.
func (p *Pool[T]) Acquire(ctx context.Context) (*T, error) {
	if p.closed.Load() {
		return nil, ErrClosed
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if v := p.hot.Swap(nil); v != nil {
		return v, nil
	}
	select {
	case v := <-p.idle:
		return v, nil
	default:
	}
	select {
	case <-p.vacancies:
		return p.start(ctx)
	default:
	}
	return p.wait(ctx)
}

// wait is the slow part of Acquire, when all instances are in use.
func (p *Pool[T]) wait(ctx context.Context) (*T, error) {
	// Release looks at waiting after putting an instance into hot, this looks into
	// hot after announcing itself: one of the two sees it.
	waiting := p.waiting.Add(1)
	defer p.waiting.Add(-1)
	// An instance that is being closed is as good as a vacancy: nobody is in the way.
	if int(waiting-p.closingBehind.Load()) > p.config.MaxWaiters {
		p.busy.Add(1)
		return nil, ErrBusy
	}
	p.waits.Add(1)
	if v := p.hot.Swap(nil); v != nil {
		return v, nil
	}
	select {
	case v := <-p.idle:
		return v, nil
	case <-p.vacancies:
		return p.start(ctx)
	case <-p.closing:
		return nil, ErrClosed
	case <-ctx.Done():
		return nil, fmt.Errorf("while waiting for one of %d instances: %w", p.config.Size, ctx.Err())
	}
}

// start makes an instance for a vacancy just taken, which it gives back when that
// fails.
func (p *Pool[T]) start(ctx context.Context) (*T, error) {
	v, err := p.config.Start(ctx)
	if err != nil {
		p.Discard(v)
		return nil, err
	}
	return v, nil
}

// Release gives an instance back that another Acquire may have.
func (p *Pool[T]) Release(v *T) {
	p.put(v)
	p.afterReturn()
}

// put puts an instance where the next Acquire finds it: into hot, or into the
// channel when that is taken or somebody waits.
func (p *Pool[T]) put(v *T) {
	if p.waiting.Load() == 0 && p.hot.CompareAndSwap(nil, v) {
		if p.waiting.Load() == 0 {
			return
		}
		if v = p.hot.Swap(nil); v == nil {
			return // somebody has it
		}
	}
	p.idle <- v
}

// Discard closes an instance and gives its place back: not before it is closed, so
// that there are never more than Size. One that is slow to close is closed in the
// background; its token is still out meanwhile, so Close waits for that too.
func (p *Pool[T]) Discard(v *T) {
	if !p.config.IsSlowToClose(v) {
		p.config.Close(v)
		p.vacate()
		return
	}
	p.closingBehind.Add(1)
	go func() {
		p.config.Close(v)
		p.vacate()
		p.closingBehind.Add(-1)
	}()
}

func (p *Pool[T]) vacate() {
	p.vacancies <- struct{}{}
	p.afterReturn()
}

// CloseIdle closes the instances that nobody uses.
func (p *Pool[T]) CloseIdle() {
	// As many as there are now: one that is given back meanwhile may stay.
	for range p.config.Size {
		v := p.hot.Swap(nil)
		if v == nil {
			select {
			case v = <-p.idle:
			default:
				return
			}
		}
		p.config.Close(v)
		p.vacate()
	}
}

// Close ends the pool: Acquire fails with ErrClosed, and instances that are in use
// are waited for. When the context ends first, Close returns its error, and the last
// instance that is given back ends the pool. Closing again only waits.
func (p *Pool[T]) Close(ctx context.Context) error {
	if p.closed.CompareAndSwap(false, true) {
		close(p.closing)
	}
	p.drain()
	select {
	case <-p.drained:
		return nil
	default:
	}
	select {
	case <-p.drained:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// afterReturn follows each token that is put back: with the pool closed, that may
// have been the last one.
func (p *Pool[T]) afterReturn() {
	if p.closed.Load() {
		p.drain()
	}
}

// drain takes back the tokens that are there, and tells that the pool is drained with
// the last. A token put back before closing is seen here by Close, one put back later
// by whoever put it back.
func (p *Pool[T]) drain() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.returned == p.config.Size {
		return
	}
	for p.returned < p.config.Size {
		v := p.hot.Swap(nil)
		if v == nil {
			select {
			case v = <-p.idle:
			case <-p.vacancies:
			default:
				return
			}
		}
		if v != nil {
			p.config.Close(v)
		}
		p.returned++
	}
	p.config.Drained()
	close(p.drained)
}

// Stats are a pool's counters.
type Stats struct {
	// Idle is how many instances nobody uses.
	Idle int
	// Waits is how many calls of Acquire have waited, and Busy how many failed with
	// ErrBusy.
	Waits, Busy uint64
}

// Stats returns the counters, which may be of slightly different moments.
func (p *Pool[T]) Stats() Stats {
	s := Stats{Idle: len(p.idle), Waits: p.waits.Load(), Busy: p.busy.Load()}
	if p.hot.Load() != nil {
		s.Idle++
	}
	return s
}

// Package pool implements a bounded pool of instances that are costly to start. Each
// instance has one user at a time.
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
	// ErrBusy: the max number of calls of Acquire are already waiting.
	ErrBusy = errors.New("too many wait")
)

// Config configures a pool.
type Config[T any] struct {
	// Size is the max number of instances.
	Size int
	// MaxWaiters is the max number of calls of Acquire that wait at the same time.
	MaxWaiters int
	// Start starts an instance. With an error it may return a partial instance, which
	// the pool closes.
	Start func(ctx context.Context) (*T, error)
	// Close frees an instance. It waits for nothing.
	Close func(*T)
	// IsSlowToClose reports whether Close takes so long that no call should wait for
	// it.
	IsSlowToClose func(*T) bool
	// Drained is called once, when the pool and its last instance are closed.
	Drained func()
}

// Pool holds instances. It has Size tokens. Each is an idle instance, or a vacancy,
// which is the right to start an instance, or belongs to an instance in use.
//
// No call that finds and leaves an idle instance writes to the Pool itself, which would take
// it from the cache of the other processors.
type Pool[T any] struct {
	config    Config[T]
	seats     seats[T]
	idle      chan *T
	vacancies chan struct{}

	waiting atomic.Int32
	// closingBehind is the number of instances being closed in the background.
	closingBehind atomic.Int32
	waits, busy   atomic.Uint64

	closed  atomic.Bool   // Close was called
	closing chan struct{} // closed after that
	drained chan struct{} // closed when every token is back

	mu       sync.Mutex
	returned int // tokens that came back after closing
}

// New returns an empty pool.
func New[T any](config Config[T]) *Pool[T] {
	p := &Pool[T]{
		config:    config,
		idle:      make(chan *T, config.Size),
		vacancies: make(chan struct{}, config.Size),
		closing:   make(chan struct{}),
		drained:   make(chan struct{}),
	}
	p.seats.makeSeats(config.Size)
	for range config.Size {
		p.vacancies <- struct{}{}
	}
	return p
}

// Acquire returns an instance, which the caller must return with Release or Discard. It
// prefers an idle one, so that there are no more than are used at the same time. It
// waits until the context ends.
func (p *Pool[T]) Acquire(ctx context.Context) (*T, error) {
	if p.closed.Load() {
		return nil, ErrClosed
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if v := p.take(); v != nil {
		return v, nil
	}
	select {
	case <-p.vacancies:
		return p.start(ctx, p.config.Start)
	default:
	}
	v, err := p.wait(ctx)
	if v != nil || err != nil {
		return v, err
	}
	return p.start(ctx, p.config.Start)
}

// AcquireNew is Acquire for an instance that start starts instead of Config.Start, maybe in the
// place of an idle one, which it closes.
func (p *Pool[T]) AcquireNew(ctx context.Context, start func(ctx context.Context) (*T, error)) (*T, error) {
	if p.closed.Load() {
		return nil, ErrClosed
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	select {
	case <-p.vacancies:
		return p.start(ctx, start)
	default:
	}
	v := p.take()
	if v == nil {
		var err error
		if v, err = p.wait(ctx); err != nil {
			return nil, err
		}
	}
	if v != nil {
		p.config.Close(v)
	}
	return p.start(ctx, start)
}

// take returns an idle instance, or nil: the one that this processor used last if it can.
func (p *Pool[T]) take() *T {
	if v := p.seats.nearest().take(); v != nil {
		return v
	}
	select {
	case v := <-p.idle:
		return v
	default:
		return p.seats.take()
	}
}

// TryAcquire is Acquire for a call that has an instance and could use another. It waits for
// nothing, and takes none while a call waits for one. It returns nil if there is none, or
// none without a start where mayStart is false, or if the start fails.
func (p *Pool[T]) TryAcquire(ctx context.Context, mayStart bool) *T {
	if p.closed.Load() || p.IsWanted() || ctx.Err() != nil {
		return nil
	}
	if v := p.take(); v != nil || !mayStart {
		return v
	}
	select {
	case <-p.vacancies:
		v, _ := p.start(ctx, p.config.Start) // nil if that fails
		return v
	default:
		return nil
	}
}

// IsWanted reports whether a call waits for an instance.
func (p *Pool[T]) IsWanted() bool { return p.waiting.Load() > 0 }

// wait is the slow path of Acquire, for when all instances are in use. It returns nil for a
// vacancy.
func (p *Pool[T]) wait(ctx context.Context) (*T, error) {
	// Release checks waiting after putting an instance into a seat, and this checks the
	// seats after announcing itself: one of the two sees the other.
	waiting := p.waiting.Add(1)
	defer p.waiting.Add(-1)
	// An instance that is being closed is as good as a vacancy.
	if int(waiting-p.closingBehind.Load()) > p.config.MaxWaiters {
		p.busy.Add(1)
		return nil, ErrBusy
	}
	p.waits.Add(1)
	if v := p.seats.take(); v != nil {
		return v, nil
	}
	select {
	case v := <-p.idle:
		return v, nil
	case <-p.vacancies:
		return nil, nil
	case <-p.closing:
		return nil, ErrClosed
	case <-ctx.Done():
		return nil, fmt.Errorf("while waiting for one of %d instances: %w", p.config.Size, ctx.Err())
	}
}

// start starts an instance for a vacancy just taken. If that fails, it returns the
// vacancy.
func (p *Pool[T]) start(ctx context.Context, start func(ctx context.Context) (*T, error)) (*T, error) {
	v, err := start(ctx)
	if err != nil {
		p.Discard(v)
		return nil, err
	}
	return v, nil
}

// Release returns an instance that may be used again.
func (p *Pool[T]) Release(v *T) {
	p.put(v)
	p.afterReturn()
}

// put puts an instance where the next Acquire finds it: into the processor's seat, or into
// the channel if that is taken or a call waits.
func (p *Pool[T]) put(v *T) {
	if p.waiting.Load() == 0 {
		seat := p.seats.nearest()
		if p.seats.put(seat, v) {
			if p.waiting.Load() == 0 {
				return
			}
			if v = seat.take(); v == nil {
				return // another call has it
			}
		}
	}
	p.idle <- v
}

// Discard closes an instance and then frees its place, so that there are never more than
// Size. It closes a slow instance in the background; the token is out meanwhile, so
// Close waits for that too.
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

// CloseIdle closes the idle instances.
func (p *Pool[T]) CloseIdle() {
	// As many as there are now: an instance returned meanwhile may stay.
	for range p.config.Size {
		v := p.take()
		if v == nil {
			return
		}
		p.config.Close(v)
		p.vacate()
	}
}

// Close closes the pool. Acquire fails with ErrClosed, and Close waits for instances in
// use. If the context ends first, Close returns its error, and the last returned
// instance completes the closing. Closing again only waits.
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

// afterReturn runs after each returned token: if the pool is closed, it may have been
// the last one.
func (p *Pool[T]) afterReturn() {
	if p.closed.Load() {
		p.drain()
	}
}

// drain collects the returned tokens, and reports the pool as drained with the last one.
// Close collects tokens returned before closing; a later one is collected by the call
// that returns it.
func (p *Pool[T]) drain() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.returned < p.config.Size {
		v := p.take()
		if v == nil {
			select {
			case <-p.vacancies:
			default:
				return
			}
		}
		if v != nil {
			// Without the lock: closing an instance may take long, and may use the pool.
			p.mu.Unlock()
			p.config.Close(v)
			p.mu.Lock()
		}
		if p.returned++; p.returned == p.config.Size {
			p.config.Drained()
			close(p.drained)
		}
	}
}

// Stats has a pool's counters.
type Stats struct {
	// Idle is the number of idle instances.
	Idle int
	// Waits is the number of calls of Acquire that waited, and Busy of those that
	// failed with ErrBusy.
	Waits, Busy uint64
}

// Stats returns the counters. While calls run, they may be read at slightly different
// moments.
func (p *Pool[T]) Stats() Stats {
	return Stats{Idle: len(p.idle) + p.seats.taken(), Waits: p.waits.Load(), Busy: p.busy.Load()}
}

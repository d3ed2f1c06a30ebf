package gohost

import (
	"context"
	"fmt"
	"sync"
)

// maxIdleMemory is how large an idle instance may be, in bytes: one that a
// huge input made larger is closed after the call, since a guest's memory never
// shrinks and starting another costs microseconds.
const maxIdleMemory = 64 << 20

// pool holds the instances of an engine: at most as many as there are tokens.
// A token is either an idle instance or a vacancy, which is the right to start
// one; whoever has a call running holds one.
type pool struct {
	size      int
	idle      chan *instance
	vacancies chan struct{}

	closing chan struct{} // closed by the first Close: no more calls
	drained chan struct{} // closed when every token is back and all is freed

	mu       sync.Mutex
	returned int // tokens that came back after closing
}

func newPool(size int) *pool {
	p := &pool{
		size:      size,
		idle:      make(chan *instance, size),
		vacancies: make(chan struct{}, size),
		closing:   make(chan struct{}),
		drained:   make(chan struct{}),
	}
	for range size {
		p.vacancies <- struct{}{}
	}
	return p
}

func (p *pool) isClosing() bool {
	select {
	case <-p.closing:
		return true
	default:
		return false
	}
}

// acquire waits for an instance, as long as the context lets it. An idle one
// comes first, so that there are no more than calls at the same time.
func (e *Engine) acquire(ctx context.Context) (*instance, error) {
	if e.pool.isClosing() {
		return nil, ErrClosed
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	select {
	case in := <-e.pool.idle:
		return in, nil
	default:
	}
	select {
	case in := <-e.pool.idle:
		return in, nil
	case <-e.pool.vacancies:
		return e.fill(ctx)
	default:
	}
	e.counters.waits.Add(1)
	select {
	case in := <-e.pool.idle:
		return in, nil
	case <-e.pool.vacancies:
		return e.fill(ctx)
	case <-e.pool.closing:
		return nil, ErrClosed
	case <-ctx.Done():
		return nil, fmt.Errorf("while waiting for one of %d instances: %w", e.pool.size, ctx.Err())
	}
}

// fill starts an instance for a vacancy just taken.
func (e *Engine) fill(ctx context.Context) (*instance, error) {
	in, err := e.start(ctx)
	if err != nil {
		e.vacate()
		return nil, err
	}
	return in, nil
}

// release gives an instance back after a call that left it whole.
func (e *Engine) release(in *instance) {
	if in.MemoryBytes() > maxIdleMemory {
		e.closeInstance(in)
		e.vacate()
		return
	}
	e.pool.idle <- in
	e.afterReturn()
}

// discard closes an instance that must not be used again.
func (e *Engine) discard(in *instance, fn function, err error) {
	e.counters.discarded.Add(1)
	e.config.logger.Warn("instance discarded", "module", e.name, "function", fn.name, "error", err)
	e.closeInstance(in)
	e.vacate()
}

func (e *Engine) vacate() {
	e.pool.vacancies <- struct{}{}
	e.afterReturn()
}

// closeInstance frees an instance. That runs no guest code and waits for
// nothing, so it needs no context.
func (e *Engine) closeInstance(in *instance) {
	if err := in.Close(context.Background()); err != nil {
		e.config.logger.Warn("closing an instance", "module", e.name, "error", err)
	}
	e.counters.closed.Add(1)
}

// afterReturn follows each token that is put back: with the engine closing,
// that may have been the last one.
func (e *Engine) afterReturn() {
	if e.pool.isClosing() {
		e.drain()
	}
}

// drain takes back the tokens that are there, and frees the engine with the
// last. Compiled code must not be unmapped under a running call, which is why
// that waits for them all. A token put back before closing is seen here by
// Close, one put back later by whoever put it back.
func (e *Engine) drain() {
	p := e.pool
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.returned < p.size {
		select {
		case in := <-p.idle:
			e.closeInstance(in)
		case <-p.vacancies:
		default:
			return
		}
		p.returned++
		if p.returned == p.size {
			e.free()
			close(p.drained)
		}
	}
}

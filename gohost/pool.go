package gohost

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"example.org/compute-pipeline/gohost/internal/text"
)

// maxIdleMemory is how large an idle instance may be, in bytes: one that a
// huge input made larger is closed after the call, since a guest's memory never
// shrinks and starting another costs microseconds.
const maxIdleMemory = 64 << 20

// maxClosedAtOnce is how much memory, in bytes, the system takes back while the
// call whose instance it was waits: unmapping pages that were used takes some 0.3 ms
// for so many (3 to 5 ms for 64 MiB), and the call may have a deadline.
const maxClosedAtOnce = 4 << 20

// pool holds the instances of an engine: at most as many as there are tokens.
// A token is either an idle instance or a vacancy, which is the right to start
// one; whoever has a call running holds one.
type pool struct {
	size      int
	idle      chan *instance
	vacancies chan struct{}

	// hot is one more place for an idle instance: the one used last, which the
	// next call finds without the cost of a channel (a third of what a call of
	// one point took). Nothing may stay there while a call waits.
	hot     atomic.Pointer[instance]
	waiting atomic.Int32
	// retiring is how many instances are being closed in the background.
	retiring atomic.Int32

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

func (p *pool) isClosing() bool { return isClosed(p.closing) }

func (p *pool) isDrained() bool { return isClosed(p.drained) }

func isClosed(c chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// idleCount is how many instances wait for a call.
func (p *pool) idleCount() int {
	n := len(p.idle)
	if p.hot.Load() != nil {
		n++
	}
	return n
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
	if in := e.pool.hot.Swap(nil); in != nil {
		return in, nil
	}
	select {
	case in := <-e.pool.idle:
		return in, nil
	default:
	}
	select {
	case <-e.pool.vacancies:
		return e.fill(ctx)
	default:
	}
	return e.wait(ctx)
}

// wait is the slow part of acquire, when all instances are in use.
func (e *Engine) wait(ctx context.Context) (*instance, error) {
	// Whoever releases an instance looks at waiting after putting it into hot,
	// this looks into hot after announcing itself: one of the two sees it.
	waiting := e.pool.waiting.Add(1)
	defer e.pool.waiting.Add(-1)
	// An instance that is being closed is as good as a vacancy: nobody is in the way.
	if int(waiting-e.pool.retiring.Load()) > e.config.maxWaiters {
		e.counters.busy.Add(1)
		return nil, fmt.Errorf("%w: %d instances run, and WithMaxWaiters(%d) allows no more to wait", ErrBusy, e.pool.size, e.config.maxWaiters)
	}
	e.counters.waits.Add(1)
	if in := e.pool.hot.Swap(nil); in != nil {
		return in, nil
	}
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

// fill starts an instance for a vacancy just taken. Nothing stops what a start does
// before its first metered instruction, so the end of the context is looked for after
// it: the instance is whole, and waits for another call.
func (e *Engine) fill(ctx context.Context) (*instance, error) {
	in, err := e.start(ctx)
	if err != nil {
		return nil, err
	}
	if err := ended(ctx); err != nil {
		e.release(ctx, in)
		return nil, fmt.Errorf("while an instance started: %w", err)
	}
	return in, nil
}

// ended is the error of a context that has ended. Its timer may be late on a busy
// machine, so the clock is asked too.
func ended(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if at, ok := ctx.Deadline(); ok && !time.Now().Before(at) {
		return context.DeadlineExceeded
	}
	return nil
}

// release gives an instance back after a call that left it whole.
func (e *Engine) release(ctx context.Context, in *instance) {
	if !e.reusable(ctx, in) {
		e.retire(in)
		return
	}
	e.putIdle(in)
	e.afterReturn()
}

// reusable reports whether the instance may serve another call. Without
// metering it may not when its call's context has ended: wazero's watch over
// that context may have seen the end and be about to close the instance, under
// the next call.
func (e *Engine) reusable(ctx context.Context, in *instance) bool {
	if n := e.config.callsPerInstance; n > 0 && in.calls >= n {
		return false
	}
	return in.MemoryBytes() <= maxIdleMemory && (in.meter != nil || ctx.Err() == nil)
}

// putIdle puts an instance where the next call finds it: into hot, or into the
// channel when that is taken or somebody waits.
func (e *Engine) putIdle(in *instance) {
	p := e.pool
	if p.waiting.Load() == 0 && p.hot.CompareAndSwap(nil, in) {
		if p.waiting.Load() == 0 {
			return
		}
		if in = p.hot.Swap(nil); in == nil {
			return // somebody has it
		}
	}
	p.idle <- in
}

// discard closes an instance that must not be used again.
func (e *Engine) discard(in *instance, failure *Error) {
	e.counters.discarded.Add(1)
	e.retire(in)
	e.config.logger.Warn("instance discarded", "module", e.name, "function", failure.Function, "error", text.Logged(failure.Err))
}

func (e *Engine) vacate() {
	e.pool.vacancies <- struct{}{}
	e.afterReturn()
}

// retire closes an instance whose token the caller holds, and gives the token back
// as a vacancy: not before its memory is the system's again, so that there is never
// more than the bound says. What takes the system long is not waited for, since the
// call may have a deadline. The token is still out meanwhile, so closing the engine
// waits for that too.
func (e *Engine) retire(in *instance) {
	if in.memory.size() <= maxClosedAtOnce {
		e.closeInstance(in)
		e.vacate()
		return
	}
	e.pool.retiring.Add(1)
	go func() {
		e.closeInstance(in)
		e.vacate()
		e.pool.retiring.Add(-1)
	}()
}

// closeInstance frees an instance, or what there is of one that failed to start.
// That runs no guest code and waits for nothing, so it needs no context.
func (e *Engine) closeInstance(in *instance) {
	started := in.Instance != nil
	if err := in.close(); err != nil {
		e.config.logger.Warn("closing an instance", "module", e.name, "error", err)
	}
	if started {
		e.counters.closed.Add(1)
	}
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
		if in := p.hot.Swap(nil); in != nil {
			e.closeInstance(in)
			p.returned++
			continue
		}
		select {
		case in := <-p.idle:
			e.closeInstance(in)
		case <-p.vacancies:
		default:
			return
		}
		p.returned++
	}
	if !p.isDrained() {
		e.free()
		close(p.drained)
	}
}

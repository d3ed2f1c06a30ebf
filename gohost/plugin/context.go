package plugin

import (
	"context"
	"sync"
	"sync/atomic"

	"example.org/compute-pipeline/gohost"
)

// callContext is the context of one call: the caller's, which also ends when the calls of
// the activation are stopped. It carries the observer's report back.
//
// Each call creates one, so it is cheap: most calls need only Err and the deadline. The
// channel that ends with either is created when Done is called.
type callContext struct {
	context.Context // the caller's
	stop            context.Context
	info            gohost.CallInfo

	once   sync.Once
	merged atomic.Pointer[mergedContext]
}

type mergedContext struct {
	context.Context
	unlink func()
}

type callKey struct{}

// observe implements the observer of every engine.
func observe(ctx context.Context, info gohost.CallInfo) {
	if c, ok := ctx.Value(callKey{}).(*callContext); ok {
		c.info = info
	}
}

// Err returns the caller's error first, because the caller expects that.
func (c *callContext) Err() error {
	if err := c.Context.Err(); err != nil {
		return err
	}
	return c.stop.Err()
}

// Done returns a channel that ends with the caller's context or the activation.
func (c *callContext) Done() <-chan struct{} {
	c.once.Do(func() {
		merged, cancel := context.WithCancel(c.Context)
		unstop := context.AfterFunc(c.stop, cancel)
		c.merged.Store(&mergedContext{merged, func() { unstop(); cancel() }})
	})
	if m := c.merged.Load(); m != nil {
		return m.Done()
	}
	return c.Context.Done() // of a call that has ended
}

// Value lets a context derived from this one find the context of Done, without a
// goroutine between them.
func (c *callContext) Value(key any) any {
	if key == (callKey{}) {
		return c
	}
	if m := c.merged.Load(); m != nil {
		return m.Value(key)
	}
	return c.Context.Value(key)
}

// end releases what Done created. The call is over.
func (c *callContext) end() {
	c.once.Do(func() {})
	if m := c.merged.Load(); m != nil {
		m.unlink()
	}
}

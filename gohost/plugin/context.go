package plugin

import (
	"context"
	"sync"
	"sync/atomic"

	"example.org/compute-pipeline/gohost"
)

// callContext is the context of one call: the caller's, which also ends when the
// calls of its activation are stopped. It brings the observer's report back.
//
// It is made for each call, so it is cheap: most calls only ask for Err and the
// deadline. The channel that ends with either is made when somebody waits on it.
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

// observe is the observer of every engine.
func observe(ctx context.Context, info gohost.CallInfo) {
	if c, ok := ctx.Value(callKey{}).(*callContext); ok {
		c.info = info
	}
}

// Err is the caller's error first: that is the one it expects.
func (c *callContext) Err() error {
	if err := c.Context.Err(); err != nil {
		return err
	}
	return c.stop.Err()
}

// Done ends with the caller's context or the activation.
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

// Value lets a context made of this one find, after it has asked for Done, the
// one that it follows, without a goroutine between them.
func (c *callContext) Value(key any) any {
	if key == (callKey{}) {
		return c
	}
	if m := c.merged.Load(); m != nil {
		return m.Value(key)
	}
	return c.Context.Value(key)
}

// end lets go of what Done made. The call is over.
func (c *callContext) end() {
	c.once.Do(func() {})
	if m := c.merged.Load(); m != nil {
		m.unlink()
	}
}

package sandbox_test

import (
	"context"
	"errors"
	"os"
	"runtime"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost/cabi"
	"example.org/compute-pipeline/gohost/sandbox"
)

// The functions of testdata/counters.wat, by their numbers.
const (
	fnNew = iota
	fnAdd
	fnTake
	fnFail
)

var counterType = &cabi.ResourceType{Interface: "test:held/counters", Version: "1.0.0", Name: "counter", Exported: true}

var counters = &sandbox.Contract{
	World: "test:held/world@1.0.0", Runtime: cabi.Version1,
	Exports: []sandbox.Interface{{
		Name: "test:held/counters", Version: "1.0.0", Resources: []string{"counter"},
		Functions: []sandbox.Function{
			{Name: "[constructor]counter", Params: "i", Results: "i", Type: "func(start: u32) -> own<counter>"},
			{Name: "[method]counter.add", Params: "ii", Results: "i", Type: "func(self: borrow<counter>, n: u32) -> u32"},
			{Name: "[static]counter.take", Params: "i", Results: "i", Type: "func(c: own<counter>) -> u32"},
			{Name: "fail", Type: "func()"},
		},
	}},
	Imports: []sandbox.Interface{{
		Name: "test:held/log", Version: "1.2.0",
		Functions: []sandbox.Function{{Name: "log", Params: "i", Type: "func(n: u32)"}},
	}},
}

// logFunc implements the import log.
type logFunc func(ctx context.Context, n uint32) error

func (f logFunc) functions() []cabi.HostFunction {
	log := cabi.HostFunction{Interface: "test:held/log", Version: "1.2.0", Name: "log", Params: "i", Call: func(c *cabi.Call) {
		n := c.PopU32()
		if c.Lifted() {
			if err := f(c.Context(), n); err != nil {
				c.HostError(err)
			}
		}
	}}
	return append(counterType.Functions(), log)
}

// loadCounters loads testdata/counters.wat with an import.
func loadCounters(t *testing.T, log logFunc, opts ...sandbox.Option) *sandbox.Module {
	t.Helper()
	wasm, err := os.ReadFile("testdata/counters.wasm")
	require.NoError(t, err)
	m, err := sandbox.Load(ctx, wasm, counters, log.functions(), opts...)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, m.Close(ctx)) })
	return m
}

func newCounter(t *testing.T, m *sandbox.Module, start uint32) *cabi.Handle {
	t.Helper()
	var handle *cabi.Handle
	require.NoError(t, m.Call(ctx, fnNew, func(c *cabi.Call) error {
		c.PushU32(start)
		c.Invoke()
		handle = c.LiftHandle(counterType, c.PopU32())
		return nil
	}))
	require.NotNil(t, handle)
	return handle
}

func add(ctx context.Context, counter *cabi.Handle, n uint32) (sum uint32, err error) {
	err = sandbox.CallOn(ctx, counter, fnAdd, func(c *cabi.Call) error {
		c.PushU32(c.LowerBorrowedHandle(counterType, counter))
		c.PushU32(n)
		c.Invoke()
		sum = c.PopU32()
		return nil
	})
	return sum, err
}

func TestAResourceHoldsItsInstance(t *testing.T) {
	var logged []uint32
	log := func(_ context.Context, n uint32) error { logged = append(logged, n); return nil }
	m := loadCounters(t, log, sandbox.WithMaxInstances(1), sandbox.WithMaxWaiters(0))
	counter := newCounter(t, m, 40)
	assert.Equal(t, 1, m.Stats().Instances)
	assert.Equal(t, 0, m.Stats().IdleInstances)
	err := m.Call(ctx, fnFail, func(c *cabi.Call) error { c.Invoke(); return nil })
	require.ErrorIs(t, err, sandbox.ErrBusy, "the only instance is held")

	for i := range uint32(2) {
		sum, err := add(ctx, counter, 1)
		require.NoError(t, err)
		assert.Equal(t, 41+i, sum)
	}
	assert.Equal(t, 0, m.Stats().IdleInstances)
	require.NoError(t, sandbox.Drop(ctx, counter))
	require.NoError(t, sandbox.Drop(ctx, counter), "again does nothing")
	assert.Equal(t, []uint32{41, 42, 1042}, logged)
	assert.Equal(t, 1, m.Stats().IdleInstances)
	_, err = add(ctx, counter, 1)
	require.ErrorIs(t, err, sandbox.ErrInvalidInput)
	assert.ErrorContains(t, err, ": invalid input: the resource was closed or given away")
	assert.Equal(t, uint64(5), m.Stats().Calls)
	assert.Zero(t, m.Stats().InstancesDiscarded)
}

func TestAResourceThatIsGivenAwayHoldsNothing(t *testing.T) {
	m := loadCounters(t, func(context.Context, uint32) error { return nil })
	counter := newCounter(t, m, 7)
	var value uint32
	require.NoError(t, sandbox.CallWith(ctx, m, counter, fnTake, func(c *cabi.Call) error {
		c.PushU32(c.LowerHandle(counterType, counter))
		c.Invoke()
		value = c.PopU32()
		return nil
	}))
	assert.Equal(t, uint32(7), value)
	assert.Equal(t, 1, m.Stats().IdleInstances)
	_, err := add(ctx, counter, 1)
	require.ErrorIs(t, err, sandbox.ErrInvalidInput)
	require.NoError(t, sandbox.Drop(ctx, counter))
}

func TestNoResource(t *testing.T) {
	_, err := add(ctx, nil, 1)
	require.ErrorIs(t, err, sandbox.ErrInvalidInput)
	require.NoError(t, sandbox.Drop(ctx, nil))
	m := loadCounters(t, func(context.Context, uint32) error { return nil })
	err = sandbox.CallWith(ctx, m, nil, fnTake, func(c *cabi.Call) error {
		c.PushU32(c.LowerHandle(counterType, nil))
		c.Invoke()
		return nil
	})
	require.ErrorIs(t, err, sandbox.ErrInvalidInput)
}

func TestCallsFromWithinACall(t *testing.T) {
	var counter *cabi.Handle
	var m *sandbox.Module
	var inner, innerDrop error
	m = loadCounters(t, func(ctx context.Context, n uint32) error {
		if n == 1 {
			_, inner = add(ctx, counter, 10)
			innerDrop = sandbox.Drop(ctx, counter)
			other := newCounter(t, m, 100) // on another instance
			sum, err := add(ctx, other, 1)
			assert.Equal(t, uint32(101), sum)
			return errors.Join(err, sandbox.Drop(ctx, other))
		}
		return nil
	}, sandbox.WithMaxInstances(2))
	counter = newCounter(t, m, 0)
	sum, err := add(ctx, counter, 1)
	require.NoError(t, err)
	assert.Equal(t, uint32(1), sum)
	require.ErrorIs(t, inner, sandbox.ErrBusy)
	require.NoError(t, innerDrop)
	assert.Equal(t, 2, m.Stats().IdleInstances, "it was dropped when its call had ended")
	_, err = add(ctx, counter, 1)
	require.ErrorIs(t, err, sandbox.ErrInvalidInput)
}

// What is dropped while its instance serves a call needs no second Drop.
func TestADropDuringACall(t *testing.T) {
	entered, leave := make(chan struct{}), make(chan struct{})
	var dropped atomic.Int32
	log := func(_ context.Context, n uint32) error {
		switch {
		case n == 1:
			entered <- struct{}{}
			<-leave
		case n == 1666:
			return errors.New("the destructor fails")
		case n >= 1000:
			dropped.Add(1)
		}
		return nil
	}
	m := loadCounters(t, log, sandbox.WithMaxInstances(1), sandbox.WithMaxWaiters(0))
	// during runs f while a call on the counter runs, and returns that call's error.
	during := func(counter *cabi.Handle, f func()) error {
		t.Helper()
		done := make(chan error, 1)
		go func() {
			_, err := add(ctx, counter, 1)
			done <- err
		}()
		<-entered
		f()
		leave <- struct{}{}
		return <-done
	}
	second := func(counter *cabi.Handle, start uint32) (other *cabi.Handle) {
		t.Helper()
		require.NoError(t, sandbox.CallWith(ctx, m, counter, fnNew, func(c *cabi.Call) error {
			c.PushU32(start)
			c.Invoke()
			other = c.LiftHandle(counterType, c.PopU32())
			return nil
		}))
		return other
	}

	counter := newCounter(t, m, 0)
	other := second(counter, 5)
	require.NoError(t, during(counter, func() {
		for range 3 {
			require.NoError(t, sandbox.Drop(ctx, counter), "again does nothing")
		}
	}))
	assert.EqualValues(t, 1, dropped.Load())
	_, err := add(ctx, counter, 1)
	require.ErrorIs(t, err, sandbox.ErrInvalidInput)
	sum, err := add(ctx, other, 2)
	require.NoError(t, err, "the other resource of the instance stays")
	assert.EqualValues(t, 7, sum)
	require.NoError(t, sandbox.Drop(ctx, other))
	assert.Equal(t, 1, m.Stats().IdleInstances)

	// Several at once.
	counter = newCounter(t, m, 0)
	others := []*cabi.Handle{second(counter, 1), second(counter, 2), counter}
	dropped.Store(0)
	require.NoError(t, during(counter, func() {
		for _, handle := range others {
			require.NoError(t, sandbox.Drop(ctx, handle))
		}
	}))
	assert.EqualValues(t, 3, dropped.Load())
	assert.Equal(t, 1, m.Stats().IdleInstances)

	// A destructor that fails is not the call's failure.
	counter = newCounter(t, m, 0)
	other = second(counter, 666)
	require.NoError(t, during(counter, func() { require.NoError(t, sandbox.Drop(ctx, other)) }))
	_, err = add(ctx, counter, 1)
	require.ErrorIs(t, err, sandbox.ErrLost)
	assert.Zero(t, m.Stats().Instances)

	// The module is closed meanwhile.
	counter = newCounter(t, m, 0)
	closed := make(chan error, 1)
	require.NoError(t, during(counter, func() {
		ended, cancel := context.WithCancel(ctx)
		cancel()
		closed <- m.Close(ended)
		require.NoError(t, sandbox.Drop(ctx, counter))
	}))
	require.ErrorIs(t, <-closed, context.Canceled)
	require.NoError(t, m.Close(ctx))
	assert.Zero(t, m.Stats().Instances)
}

func TestAFailureLosesTheResourcesOfItsInstance(t *testing.T) {
	m := loadCounters(t, func(context.Context, uint32) error { return nil })
	counter := newCounter(t, m, 0)
	err := sandbox.CallOn(ctx, counter, fnFail, func(c *cabi.Call) error { c.Invoke(); return nil })
	require.ErrorIs(t, err, sandbox.ErrTrap)
	_, err = add(ctx, counter, 1)
	require.ErrorIs(t, err, sandbox.ErrInvalidInput)
	assert.ErrorContains(t, err, "lost")
	require.NoError(t, sandbox.Drop(ctx, counter))
	assert.Equal(t, 0, m.Stats().Instances)
}

func TestCloseDoesNotWaitForResources(t *testing.T) {
	m := loadCounters(t, func(context.Context, uint32) error { return nil })
	counter := newCounter(t, m, 0)
	require.NoError(t, m.Close(ctx))
	assert.Zero(t, m.Stats().Instances)
	_, err := add(ctx, counter, 1)
	require.ErrorIs(t, err, sandbox.ErrInvalidInput)

	// A call that runs while the module is closed keeps the instance no longer.
	var closing chan error
	m = loadCounters(t, func(context.Context, uint32) error {
		closing = make(chan error, 1)
		closed, cancel := context.WithCancel(ctx)
		cancel()
		closing <- m.Close(closed)
		return nil
	})
	counter = newCounter(t, m, 0)
	_, err = add(ctx, counter, 1)
	require.NoError(t, err)
	require.ErrorIs(t, <-closing, context.Canceled)
	require.NoError(t, m.Close(ctx))
	require.NoError(t, sandbox.Drop(ctx, counter))
}

// closingCaller closes the module before it refuses to resume a call.
type closingCaller struct {
	*sandbox.Module
	closed error
}

func (c *closingCaller) Resume(context.Context, *sandbox.Instance, int) error {
	ended, cancel := context.WithCancel(ctx)
	cancel()
	c.closed = c.Close(ended)
	return sandbox.ErrLost
}

func TestAnInstanceThatIsNotResumedIsClosed(t *testing.T) {
	caller := &closingCaller{Module: loadCounters(t, func(context.Context, uint32) error { return nil })}
	var counter *cabi.Handle
	require.NoError(t, sandbox.Call(ctx, caller, fnNew, func(c *cabi.Call) error {
		c.PushU32(0)
		c.Invoke()
		counter = c.LiftHandle(counterType, c.PopU32())
		return nil
	}))
	_, err := add(ctx, counter, 1)
	require.ErrorIs(t, err, sandbox.ErrLost)
	require.ErrorIs(t, caller.closed, context.Canceled, "the call had the instance")
	require.NoError(t, caller.Close(ctx))
	assert.Zero(t, caller.Stats().Instances)
}

func TestImportsThatFail(t *testing.T) {
	cause := errors.New("the disk is full")
	guestError := &sandbox.GuestError{Message: "of another guest"}
	limited, cancel := context.WithCancel(ctx)
	defer cancel()
	for name, test := range map[string]struct {
		ctx    context.Context
		log    logFunc
		is     error
		reason string
	}{
		"an error":                   {ctx, func(context.Context, uint32) error { return cause }, sandbox.ErrHost, "the disk is full"},
		"a panic":                    {ctx, func(context.Context, uint32) error { panic(cause) }, sandbox.ErrHost, "panicked: the disk is full"},
		"an error of another guest":  {ctx, func(context.Context, uint32) error { return guestError }, sandbox.ErrHost, "of another guest"},
		"the end of its own context": {ctx, func(context.Context, uint32) error { return context.DeadlineExceeded }, sandbox.ErrHost, "deadline"},
		"the end of the call":        {limited, func(ctx context.Context, _ uint32) error { cancel(); return ctx.Err() }, context.Canceled, ""},
	} {
		t.Run(name, func(t *testing.T) {
			m := loadCounters(t, test.log)
			counter := newCounter(t, m, 0)
			_, err := add(test.ctx, counter, 1)
			var e *sandbox.Error
			require.ErrorAs(t, err, &e)
			assert.Equal(t, test.is, e.Class)
			assert.ErrorContains(t, err, test.reason)
			s := m.Stats()
			assert.Equal(t, 0, s.Instances)
			assert.Equal(t, uint64(1), s.InstancesDiscarded)
			assert.Zero(t, s.GuestErrors)
		})
	}
}

func TestAnImportThatNobodyImplements(t *testing.T) {
	wasm, err := os.ReadFile("testdata/counters.wasm")
	require.NoError(t, err)
	_, err = sandbox.LoadTrusted(ctx, "counters", wasm, counters, counterType.Functions())
	require.ErrorIs(t, err, sandbox.ErrContract)
	assert.ErrorContains(t, err, `imports the function "test:held/log@1.0.0" "log"`)
}

func take(ctx context.Context, caller sandbox.Caller, counter *cabi.Handle) error {
	return sandbox.CallWith(ctx, caller, counter, fnTake, func(c *cabi.Call) error {
		c.PushU32(c.LowerHandle(counterType, counter))
		c.Invoke()
		return nil
	})
}

// A function that is called on one module does not run on another, whatever it is given.
func TestAResourceOfAnotherModule(t *testing.T) {
	log := func(context.Context, uint32) error { return nil }
	a, b := loadCounters(t, log), loadCounters(t, log)
	counter := newCounter(t, a, 7)
	calls := a.Stats().Calls
	err := take(ctx, b, counter)
	require.ErrorIs(t, err, sandbox.ErrInvalidInput)
	require.NotErrorIs(t, err, sandbox.ErrLost)
	assert.ErrorContains(t, err, "[static]counter.take of module")
	assert.ErrorContains(t, err, "the resource belongs to another module")
	assert.Equal(t, calls, a.Stats().Calls)
	sum, err := add(ctx, counter, 1)
	require.NoError(t, err, "it is untouched")
	assert.Equal(t, uint32(8), sum)
	require.NoError(t, take(ctx, a, counter))
	assert.Equal(t, 1, a.Stats().IdleInstances)
}

// Calls on a held instance count, but it lives until its last resource ends: then it
// serves nobody else.
func TestCallsPerInstanceOfAHeldOne(t *testing.T) {
	m := loadCounters(t, func(context.Context, uint32) error { return nil }, sandbox.WithMaxInstances(1), sandbox.WithCallsPerInstance(1))
	counter := newCounter(t, m, 0)
	for i := range uint32(5) {
		sum, err := add(ctx, counter, 1)
		require.NoError(t, err)
		assert.Equal(t, i+1, sum)
	}
	require.NoError(t, sandbox.Drop(ctx, counter))
	assert.Zero(t, m.Stats().Instances)

	m = loadCounters(t, func(context.Context, uint32) error { return nil }, sandbox.WithMaxInstances(1), sandbox.WithCallsPerInstance(4))
	counter = newCounter(t, m, 0)
	_, err := add(ctx, counter, 1)
	require.NoError(t, err)
	require.NoError(t, sandbox.Drop(ctx, counter))
	assert.Equal(t, 1, m.Stats().IdleInstances, "after 3 calls")
	require.NoError(t, take(ctx, m, newCounter(t, m, 0)))
	assert.Zero(t, m.Stats().Instances, "after 5 calls")
}

// wazero may be about to close an instance whose call's context has ended, if it is not
// metered: the program must not find that out in a later call.
func TestAnInstanceThatMayBeClosedIsNotHeld(t *testing.T) {
	limited, cancel := context.WithCancel(ctx)
	defer cancel()
	m := loadCounters(t, func(context.Context, uint32) error { return nil }, sandbox.WithDebugInfo())
	var counter *cabi.Handle
	require.NoError(t, m.Call(limited, fnNew, func(c *cabi.Call) error {
		c.PushU32(0)
		c.Invoke()
		counter = c.LiftHandle(counterType, c.PopU32())
		cancel()
		return nil
	}))
	_, err := add(ctx, counter, 1)
	require.ErrorIs(t, err, sandbox.ErrLost)
	require.NoError(t, sandbox.Drop(ctx, counter))
	assert.Zero(t, m.Stats().Instances)
}

// The resources of an instance that is closed in the background are lost at once.
func TestAResourceOfAnInstanceThatIsSlowToClose(t *testing.T) {
	unblock := make(chan struct{})
	value := &cabi.ResourceType{Interface: "a:b/e", Name: "v", Drop: func(context.Context, any) error { <-unblock; return nil }}
	r := &cabi.ResourceType{Interface: "a:b/c", Name: "r", Exported: true}
	contract := &sandbox.Contract{
		World: "w", Runtime: 1,
		Exports: []sandbox.Interface{{
			Name: "a:b/c", Resources: []string{"r"},
			Functions: []sandbox.Function{
				{Name: "make", Results: "i", Type: "func() -> own<resource>"},
				{Name: "fail", Params: "ii", Type: "func(a: borrow<resource>, b: own<resource>)"},
			},
		}},
		Imports: []sandbox.Interface{{Name: "a:b/e", Resources: []string{"v"}}},
	}
	wasm := wasmModule(
		section(1, 3, []byte{0x60, 1, 0x7f, 1, 0x7f, 0x60, 0, 1, 0x7f, 0x60, 2, 0x7f, 0x7f, 0}),
		section(2, 1, "[export]a:b/c", "[resource-new]r", []byte{0, 0}),
		section(3, 2, []byte{1, 2}),
		section(7, 2, "a:b/c#make", []byte{0, 1}, "a:b/c#fail", []byte{0, 2}),
		section(10, 2, 6, []byte{0, 0x41, 7, 0x10, 0, 0x0b}, 3, []byte{0, 0x00, 0x0b}),
	)
	m, err := sandbox.Load(ctx, wasm, contract, append(r.Functions(), value.Functions()...))
	require.NoError(t, err)
	var h *cabi.Handle
	require.NoError(t, m.Call(ctx, 0, func(c *cabi.Call) error {
		c.Invoke()
		h = c.LiftHandle(r, c.PopU32())
		return nil
	}))
	err = sandbox.CallOn(ctx, h, 1, func(c *cabi.Call) error {
		c.PushU32(c.LowerBorrowedHandle(r, h))
		c.PushU32(c.LowerOwn(value, "slow to close"))
		c.Invoke()
		return nil
	})
	require.ErrorIs(t, err, sandbox.ErrTrap)
	assert.Equal(t, 1, m.Stats().Instances, "it is being closed")
	require.NoError(t, sandbox.Drop(ctx, h))
	err = sandbox.CallOn(ctx, h, 1, func(*cabi.Call) error { return nil })
	require.ErrorIs(t, err, sandbox.ErrLost)
	close(unblock)
	require.NoError(t, m.Close(ctx))
}

// Values that are given away are closed if the call cannot begin, too.
func TestACallThatCannotBeginDropsWhatItGives(t *testing.T) {
	var dropped []any
	value := &cabi.ResourceType{Interface: "a:b/e", Name: "v", Drop: func(_ context.Context, v any) error { dropped = append(dropped, v); return nil }}
	m := loadCounters(t, func(context.Context, uint32) error { return nil }, sandbox.WithMaxInstances(1), sandbox.WithMaxWaiters(0))
	give := func(c *cabi.Call) error {
		c.PushU32(c.LowerOwn(value, len(dropped)))
		c.Invoke()
		return nil
	}
	counter := newCounter(t, m, 0)
	require.ErrorIs(t, m.Call(ctx, fnFail, give), sandbox.ErrBusy)
	require.ErrorIs(t, sandbox.CallOn(ctx, nil, fnAdd, give), sandbox.ErrInvalidInput)
	require.NoError(t, sandbox.Drop(ctx, counter))
	require.ErrorIs(t, sandbox.CallWith(ctx, m, counter, fnAdd, give), sandbox.ErrInvalidInput)
	assert.Equal(t, []any{0, 1, 2}, dropped)
	require.ErrorIs(t, sandbox.CallOn(ctx, nil, fnAdd, func(*cabi.Call) error { panic("a wrong binding") }), sandbox.ErrInvalidInput)
}

// A goroutine that ends in an import, as a test does that fails, leaves its instance.
func TestAGoroutineThatEndsInACall(t *testing.T) {
	m := loadCounters(t, func(_ context.Context, n uint32) error {
		if n == 1 {
			runtime.Goexit()
		}
		return nil
	}, sandbox.WithMaxInstances(1), sandbox.WithMaxWaiters(0))
	for range 2 {
		counter := newCounter(t, m, 0)
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			_, _ = add(ctx, counter, 1)
			assert.Fail(t, "it returned")
		}()
		<-ended
		_, err := add(ctx, counter, 1)
		require.ErrorIs(t, err, sandbox.ErrLost)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = m.Use(ctx, fnNew, func(context.Context, *sandbox.Instance) error { runtime.Goexit(); return nil })
	}()
	<-ended
	require.NoError(t, sandbox.Drop(ctx, newCounter(t, m, 0)))
	assert.Equal(t, uint64(3), m.Stats().InstancesDiscarded)
}

package sandbox_test

import (
	"context"
	"errors"
	"os"
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
	require.ErrorIs(t, innerDrop, sandbox.ErrBusy)
	require.NoError(t, sandbox.Drop(ctx, counter))
	assert.Equal(t, 2, m.Stats().IdleInstances)
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

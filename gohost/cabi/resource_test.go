package cabi

import (
	"context"
	"errors"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/tetratelabs/wazero"

	"example.org/compute-pipeline/gohost/internal/fuel"
)

// give gives the guest a thing, and returns the handle.
func (w *world) give(value any) uint32 {
	w.t.Helper()
	w.meter.Begin(context.Background(), fuel.Limits{Budget: fuel.Unlimited})
	c := w.Call(w.meter, w.Func("same"))
	c.PushU32(c.LowerOwn(w.thing, value))
	c.Invoke()
	index := c.PopU32()
	require.NoError(w.t, c.Done())
	return index
}

// begin begins a call of a function.
func (w *world) begin(function string) *Call {
	w.meter.Begin(context.Background(), fuel.Limits{Budget: fuel.Unlimited})
	return w.Call(w.meter, w.Func(function))
}

func requireViolation(t *testing.T, err error, text string) {
	t.Helper()
	var v *Violation
	require.ErrorAs(t, err, &v)
	assert.ErrorContains(t, err, text)
}

// Guests see the indices, so they are those of the specification on every host.
func TestHandlesHaveTheSpecificationsIndices(t *testing.T) {
	onBoth(t, func(t *testing.T, config wazero.RuntimeConfig) {
		w := startWorld(t, config, "imports")
		for want := uint32(1); want <= 3; want++ {
			assert.Equal(t, want, w.give(want))
		}
		index, err := w.call("new", 77) // one table for all types
		require.NoError(t, err)
		assert.EqualValues(t, 4, index)
		for _, index := range []uint32{2, 1, 3} {
			_, err := w.call("drop-thing", index)
			require.NoError(t, err)
		}
		assert.Equal(t, []any{uint32(2), uint32(1), uint32(3)}, w.dropped)
		for _, want := range []uint32{3, 1, 2, 5} {
			assert.Equal(t, want, w.give("again"), "the last that was released comes first")
		}
	})
}

func TestHandlesThatAreNotThere(t *testing.T) {
	onBoth(t, func(t *testing.T, config wazero.RuntimeConfig) {
		for name, index := range map[string]uint32{"zero": 0, "after the last": 3, "dropped": 1, "beyond all": 0xffffffff, "of another type": 2} {
			w := startWorld(t, config, "imports")
			require.EqualValues(t, 1, w.give("thing"))
			_, err := w.call("new", 5)
			require.NoError(t, err)
			_, err = w.call("drop-thing", 1)
			require.NoError(t, err)
			_, err = w.call("drop-thing", index)
			requireViolation(t, err, "of the resource")
			assert.Len(t, w.dropped, 1, name)
		}
		for _, function := range []string{"rep", "drop"} {
			w := startWorld(t, config, "imports")
			_, err := w.call(function, w.give("thing"))
			requireViolation(t, err, "handle 1 is of the resource thing, not counter")
			assert.Zero(t, global(w.Instance, "count"))
		}
	})
}

func TestOwnValueComesBack(t *testing.T) {
	w := startWorld(t, wazero.NewRuntimeConfig(), "imports")
	index := w.give("mine")
	var got string
	w.take = func(c *Call) {
		got = LiftOwn[string](c, w.thing, c.PopU32())
		c.PushU32(0)
	}
	_, err := w.call("run", index, 0)
	require.NoError(t, err)
	assert.Equal(t, "mine", got)
	assert.Empty(t, w.dropped, "the host owns it again")
	_, err = w.call("run", index, 0)
	requireViolation(t, err, "there is no handle 1")
}

func TestBorrowMustEndWithTheCall(t *testing.T) {
	onBoth(t, func(t *testing.T, config wazero.RuntimeConfig) {
		w := startWorld(t, config, "imports")
		w.take = func(c *Call) {
			assert.Equal(t, "lent", LiftBorrow[string](c, w.thing, c.PopU32()))
			c.PushU32(8)
		}
		c := w.begin("borrow")
		c.PushU32(c.LowerBorrow(w.thing, "lent"))
		c.Invoke()
		assert.EqualValues(t, 8, c.PopU32())
		require.NoError(t, c.Done())
		assert.Empty(t, w.dropped, "the value still belongs to the host")

		c = w.begin("same")
		c.PushU32(c.LowerBorrow(w.thing, "kept"))
		c.Invoke()
		requireViolation(t, c.Done(), "kept 1 handles")
	})
}

func TestBorrowedHandleCannotBeGivenAway(t *testing.T) {
	w := startWorld(t, wazero.NewRuntimeConfig(), "imports")
	w.take = func(c *Call) { LiftOwn[string](c, w.thing, c.PopU32()) }
	c := w.begin("borrow")
	c.PushU32(c.LowerBorrow(w.thing, "lent"))
	c.Invoke()
	requireViolation(t, c.Done(), "is borrowed, and the call gives it away")
}

func TestLentHandleIsNeitherGivenNorDropped(t *testing.T) {
	w := startWorld(t, wazero.NewRuntimeConfig(), "imports")
	index := w.give("lent")
	w.take = func(c *Call) {
		assert.Equal(t, "lent", LiftBorrow[string](c, w.thing, c.PopU32()))
		LiftOwn[string](c, w.thing, c.PopU32())
	}
	_, err := w.call("run", index, index)
	requireViolation(t, err, "is borrowed by a running call")

	w = startWorld(t, wazero.NewRuntimeConfig(), "imports")
	index = w.give("lent")
	w.take = func(c *Call) {
		assert.Equal(t, "lent", LiftBorrow[string](c, w.thing, c.PopU32()))
		assert.Equal(t, "lent", LiftBorrow[string](c, w.thing, c.PopU32()))
		c.PushU32(0)
	}
	_, err = w.call("run", index, index)
	require.NoError(t, err)
	_, err = w.call("drop-thing", index)
	require.NoError(t, err, "what was lent came back")
}

// A guest may lend one handle as often as it likes; that is counted too.
func TestLendingManyTimesIsCounted(t *testing.T) {
	w := startWorld(t, wazero.NewRuntimeConfig(), "imports")
	index := w.give("lent")
	const n = 10_000
	for i := range uint32(n) {
		require.True(t, w.memory.WriteUint32Le(16384+4*i, index))
	}
	borrows := NewList(4, 4, func(c *Call, at uint32) struct{} {
		assert.NotEmpty(t, LiftBorrow[string](c, w.thing, c.LoadU32(at)))
		return struct{}{}
	}, nil)
	asked := 0
	w.Reserve = func(n int) error { asked += max(n, 0); return nil }
	w.take = func(c *Call) {
		assert.Len(t, borrows.Pop(c, nil), n)
		c.PushU32(0)
	}
	_, err := w.call("run", 16384, n)
	require.NoError(t, err)
	assert.GreaterOrEqual(t, asked, n*lentBytes-free)
	assert.Zero(t, cap(w.lent))
	_, err = w.call("drop-thing", index)
	require.NoError(t, err, "all came back")
}

func TestDropThatFailsIsAHostError(t *testing.T) {
	cause := errors.New("cannot close")
	for name, drop := range map[string]func(any) error{
		"error": func(any) error { return cause }, "panic": func(any) error { panic(cause) },
	} {
		w := startWorld(t, wazero.NewRuntimeConfig(), "imports")
		w.dropThing = drop
		_, err := w.call("drop-thing", w.give(1))
		var host *HostError
		require.ErrorAs(t, err, &host, name)
		require.ErrorIs(t, err, cause, name)
		assert.Equal(t, "test:host/host@1.0.0#[resource-drop]thing", host.Function)
	}
}

func TestNilIsNoResource(t *testing.T) {
	w := startWorld(t, wazero.NewRuntimeConfig(), "imports")
	for _, lower := range []func(*Call) uint32{
		func(c *Call) uint32 { return c.LowerOwn(w.thing, nil) }, func(c *Call) uint32 { return c.LowerBorrow(w.thing, nil) },
		func(c *Call) uint32 { return c.LowerHandle(w.counter, nil) }, func(c *Call) uint32 { return c.LowerBorrowedHandle(w.counter, nil) },
	} {
		c := w.begin("same")
		c.PushU32(lower(c))
		c.Invoke()
		var invalid *InvalidError
		require.ErrorAs(t, c.Done(), &invalid)
	}
}

// handle makes a counter in the guest, which the host owns.
func (w *world) handle(rep uint32) *Handle {
	w.t.Helper()
	c := w.begin("new")
	c.PushU32(rep)
	c.Invoke()
	h := c.LiftHandle(w.counter, c.PopU32())
	require.NoError(w.t, c.Done())
	return h
}

func TestExportedResource(t *testing.T) {
	onBoth(t, func(t *testing.T, config wazero.RuntimeConfig) {
		w := startWorld(t, config, "imports")
		h := w.handle(77)
		assert.Equal(t, 1, w.Handles())
		assert.Equal(t, w.Instance, h.Instance())

		c := w.begin("same")
		c.PushU32(c.LowerBorrowedHandle(w.counter, h))
		c.Invoke()
		assert.EqualValues(t, 77, c.PopU32(), "a borrow of its own resource is the guest's number")
		require.NoError(t, c.Done())

		c = w.begin("rep")
		c.PushU32(c.LowerHandle(w.counter, h))
		c.Invoke()
		assert.EqualValues(t, 77, c.PopU32())
		require.NoError(t, c.Done())
		assert.Zero(t, w.Handles())

		c = w.begin("rep")
		c.PushU32(c.LowerHandle(w.counter, h))
		c.Invoke()
		var invalid *InvalidError
		require.ErrorAs(t, c.Done(), &invalid, "it was given away")
		require.NoError(t, w.Drop(w.meter, h))
		assert.Zero(t, global(w.Instance, "count"))

		h = w.handle(78)
		w.meter.Begin(t.Context(), fuel.Limits{Budget: fuel.Unlimited})
		require.NoError(t, w.Drop(w.meter, h))
		require.NoError(t, w.Drop(w.meter, h), "a second time does nothing")
		assert.EqualValues(t, 78, global(w.Instance, "destroyed"))
		assert.EqualValues(t, 1, global(w.Instance, "count"))
		assert.Zero(t, w.Handles())
	})
}

// Another goroutine may ask whether a handle is gone.
func TestIsGoneMayBeCalledAtAnyTime(t *testing.T) {
	w := startWorld(t, wazero.NewRuntimeConfig(), "imports")
	h := w.handle(1)
	started, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		assert.False(t, h.IsGone())
		close(started)
		for !h.IsGone() {
			runtime.Gosched()
		}
	}()
	<-started
	w.meter.Begin(t.Context(), fuel.Limits{Budget: fuel.Unlimited})
	require.NoError(t, w.Drop(w.meter, h))
	<-ended
}

func TestHandleOfAnotherInstance(t *testing.T) {
	a, b := startWorld(t, wazero.NewRuntimeConfig(), "imports"), startWorld(t, wazero.NewRuntimeConfig(), "imports")
	h := a.handle(1)
	for _, lower := range []func(*Call, *ResourceType, *Handle) uint32{(*Call).LowerHandle, (*Call).LowerBorrowedHandle} {
		for _, typ := range []*ResourceType{a.counter, b.counter} {
			c := b.begin("same")
			c.PushU32(lower(c, typ, h))
			c.Invoke()
			var invalid *InvalidError
			require.ErrorAs(t, c.Done(), &invalid)
		}
	}
	require.NoError(t, b.Drop(b.meter, h))
	assert.Equal(t, 1, a.Handles())
}

func TestBorrowedHandleIsGoneAfterTheImport(t *testing.T) {
	w := startWorld(t, wazero.NewRuntimeConfig(), "imports")
	index, err := w.call("new", 5)
	require.NoError(t, err)
	var lent *Handle
	w.take = func(c *Call) {
		lent = c.LiftBorrowedHandle(w.counter, c.PopU32())
		c.LowerHandle(w.counter, lent)
	}
	_, err = w.call("run", index, 0)
	require.ErrorContains(t, err, "is borrowed, and cannot be given away")

	w = startWorld(t, wazero.NewRuntimeConfig(), "imports")
	index, err = w.call("new", 5)
	require.NoError(t, err)
	w.take = func(c *Call) {
		lent = c.LiftBorrowedHandle(w.counter, c.PopU32())
		c.PushU32(c.LowerBorrowedHandle(w.counter, lent))
	}
	rep, err := w.call("run", index, 0)
	require.NoError(t, err)
	assert.EqualValues(t, 5, rep)
	c := w.begin("same")
	c.LowerBorrowedHandle(w.counter, lent)
	require.ErrorContains(t, c.Done(), "closed or given away")
	assert.Zero(t, w.Handles())
}

// chain makes n counters, each holding the handle of the one before, and
// returns the handle of the last.
func (w *world) chain(n uint32) (last uint32) {
	for rep := uint32(1); rep <= n; rep++ {
		require.True(w.t, w.memory.WriteUint32Le(4*rep, last))
		var err error
		last, err = w.call("new", rep)
		require.NoError(w.t, err)
	}
	return last
}

func TestDestructorsNest(t *testing.T) {
	onBoth(t, func(t *testing.T, config wazero.RuntimeConfig) {
		w := startWorld(t, config, "imports")
		_, err := w.call("drop", w.chain(maxDepth))
		require.NoError(t, err)
		assert.EqualValues(t, maxDepth, global(w.Instance, "count"))
		assert.EqualValues(t, 1, global(w.Instance, "destroyed"))

		// The host drops the outermost: its destructor runs in the call itself.
		w = startWorld(t, config, "imports")
		last := w.chain(4)
		c := w.begin("same")
		c.PushU32(last)
		c.Invoke()
		h := c.LiftHandle(w.counter, c.PopU32())
		require.NoError(t, c.Done())
		w.meter.Begin(t.Context(), fuel.Limits{Budget: fuel.Unlimited})
		require.NoError(t, w.Drop(w.meter, h))
		assert.EqualValues(t, 4, global(w.Instance, "count"))

		w = startWorld(t, config, "imports")
		_, err = w.call("drop", w.chain(maxDepth+1))
		var limit *LimitError
		require.ErrorAs(t, err, &limit)
		assert.EqualValues(t, maxDepth, limit.Max)
	})
}

func TestDestructorCallsImports(t *testing.T) {
	w := startWorld(t, wazero.NewRuntimeConfig(), "imports")
	setGlobal(w.Instance, "in-dtor", 1)
	var reps []uint32
	w.take = func(c *Call) { reps = append(reps, c.PopU32()); c.PushU32(0) }
	_, err := w.call("drop", w.chain(3))
	require.NoError(t, err)
	assert.Equal(t, []uint32{3, 2, 1}, reps)
	cause := errors.New("not now")
	w.take = func(c *Call) { c.HostError(cause) }
	_, err = w.call("drop", w.chain(2))
	require.ErrorIs(t, err, cause)
	assert.ErrorContains(t, err, "in the destructor of counter")
}

func TestNumberOfHandlesIsBounded(t *testing.T) {
	w := startWorld(t, wazero.NewRuntimeConfig(), "imports")
	c := w.begin("same")
	for range MaxHandles {
		c.add(handle{typ: w.thing, value: 1, own: true})
	}
	require.NoError(t, c.Done())
	_, err := w.call("new", 5)
	var limit *LimitError
	require.ErrorAs(t, err, &limit)
	assert.EqualValues(t, MaxHandles, limit.Max)
}

// What the guest owned when it was closed is dropped.
func TestClosingDropsWhatTheGuestOwned(t *testing.T) {
	w := startWorld(t, wazero.NewRuntimeConfig(), "imports")
	for _, thing := range []string{"a", "b", "c"} {
		w.give(thing)
	}
	_, err := w.call("new", 1)
	require.NoError(t, err)
	c := w.begin("same")
	c.LowerBorrow(w.thing, "borrowed")
	_ = c.Done()
	cause := errors.New("cannot close")
	w.dropThing = func(value any) error {
		switch value {
		case "a":
			return cause
		case "b":
			panic("out of luck")
		}
		return nil
	}
	err = w.Close(context.Background())
	require.ErrorIs(t, err, cause)
	require.ErrorContains(t, err, "out of luck")
	assert.Equal(t, []any{"c", "b", "a"}, w.dropped)
	require.NoError(t, w.Close(context.Background()), "a second time does nothing")
	assert.ErrorIs(t, w.Call(context.Background(), nil).Done(), ErrBusy)
}

// Values that the guest gives away in a call that fails are in no hands but the host's.
func TestValuesThatNobodyGetsAreDropped(t *testing.T) {
	w := startWorld(t, wazero.NewRuntimeConfig(), "imports")
	index := w.give("mine")
	w.take = func(c *Call) {
		LiftOwn[string](c, w.thing, c.PopU32())
		LiftOwn[string](c, w.thing, 77) // which is not there
		assert.False(t, c.Lifted())
	}
	_, err := w.call("run", index, 0)
	requireViolation(t, err, "there is no handle 77")
	assert.Equal(t, []any{"mine"}, w.dropped, "an argument, before the implementation is called")

	w = startWorld(t, wazero.NewRuntimeConfig(), "imports")
	index = w.give("mine")
	w.take = func(c *Call) {
		LiftOwn[string](c, w.thing, c.PopU32())
		assert.True(t, c.Lifted())
		c.HostError(errors.New("failed"))
	}
	_, err = w.call("run", index, 0)
	require.Error(t, err)
	assert.Empty(t, w.dropped, "the implementation has got it")

	w = startWorld(t, wazero.NewRuntimeConfig(), "imports")
	w.take = func(c *Call) {
		c.Fail(violation("the address of the result is wrong"))
		c.PushU32(c.LowerOwn(w.thing, "a result"))
	}
	_, err = w.call("run", 0, 0)
	requireViolation(t, err, "the address of the result is wrong")
	assert.Equal(t, []any{"a result"}, w.dropped, "a result that the guest cannot get")

	w = startWorld(t, wazero.NewRuntimeConfig(), "imports")
	index = w.give("returned")
	c := w.begin("same")
	c.PushU32(index)
	c.Invoke()
	assert.Equal(t, "returned", LiftOwn[string](c, w.thing, c.PopU32()))
	c.Fail(violation("the rest of the result is wrong"))
	require.Error(t, c.Done())
	assert.Equal(t, []any{"returned"}, w.dropped, "a part of a result that is not returned")
}

func TestInstanceKnowsWhetherItOwnsValues(t *testing.T) {
	w := startWorld(t, wazero.NewRuntimeConfig(), "imports")
	assert.False(t, w.OwnsValues())
	index := w.give("mine")
	assert.True(t, w.OwnsValues())
	_, err := w.call("drop-thing", index)
	require.NoError(t, err)
	assert.False(t, w.OwnsValues())
}

// The rules of lift_borrow and lift_own in definitions.py, for one handle twice in the
// arguments of one call.
func TestAHandleTwiceInOneCall(t *testing.T) {
	type lower = func(*Call, *ResourceType, *Handle) uint32
	own, borrow := lower((*Call).LowerHandle), lower((*Call).LowerBorrowedHandle)
	for name, test := range map[string]struct {
		first, second lower
		want          string
	}{
		"own and own":       {own, own, "closed or given away"},
		"own and borrow":    {own, borrow, "closed or given away"},
		"borrow and own":    {borrow, own, "is lent to the same call, and cannot be given away"},
		"borrow and borrow": {borrow, borrow, ""},
	} {
		w := startWorld(t, wazero.NewRuntimeConfig(), "imports")
		h := w.handle(1)
		c := w.begin("run")
		c.PushU32(test.first(c, w.counter, h))
		c.PushU32(test.second(c, w.counter, h))
		c.Invoke()
		c.PopU32()
		err := c.Done()
		if test.want == "" {
			require.NoError(t, err, name)
			c := w.begin("same")
			c.PushU32(c.LowerHandle(w.counter, h))
			c.Invoke()
			require.NoError(t, c.Done(), "it was lent for that call only")
			continue
		}
		var invalid *InvalidError
		require.ErrorAs(t, err, &invalid, name)
		assert.ErrorContains(t, err, test.want, name)
	}
}

// An import that is called meanwhile cannot give away what its caller lends.
func TestAHandleThatIsLentIsNotReturnedByAnImport(t *testing.T) {
	w := startWorld(t, wazero.NewRuntimeConfig(), "imports")
	h := w.handle(1)
	w.take = func(c *Call) { c.PushU32(c.LowerHandle(w.counter, h)) }
	c := w.begin("run")
	c.PushU32(c.LowerBorrowedHandle(w.counter, h))
	c.PushU32(0)
	c.Invoke()
	require.ErrorContains(t, c.Done(), "is lent to the same call")
	assert.Equal(t, 1, w.Handles())
}

// Destructors have call stacks, which do not shrink.
func TestFewDestructorsAreKept(t *testing.T) {
	w := startWorld(t, wazero.NewRuntimeConfig(), "imports")
	for range 3 * maxDestructors {
		other := *w.counter
		f, err := w.destructor(&other)
		require.NoError(t, err)
		require.NotNil(t, f)
		assert.LessOrEqual(t, len(w.destructors), maxDestructors)
	}
}

package cabi

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/tetratelabs/wazero"

	"example.org/compute-pipeline/gohost/internal/fuel"
)

// gift is a record with a value that is given away.
type gift struct {
	char  rune
	value any
}

func (w *world) gifts() *List[gift] {
	return NewRecordList(8, 4, nil, func(c *Call, at uint32, v *gift) {
		c.StoreChar(at, v.char)
		c.StoreU32(at+4, c.LowerOwn(w.thing, v.value))
	}).Giving()
}

func (w *world) giftMap() *Map[uint32, any] {
	return NewMap(8, 4, cmp.Compare[uint32], nil, func(c *Call, at, k uint32, v any) {
		c.StoreU32(at, k)
		c.StoreU32(at+4, c.LowerOwn(w.thing, v))
	}).Giving()
}

// some returns n values that are told apart.
func some(n int) (values []any) {
	for i := range n {
		values = append(values, i)
	}
	return values
}

// sorted returns such values in the order in which some returns them.
func sorted(values []any) []any {
	return slices.SortedFunc(slices.Values(values), func(a, b any) int { return cmp.Compare(a.(int), b.(int)) })
}

// What a call gives away is dropped once if the call fails: by the call what the guest has
// not got yet, and with the instance what it has.
func TestWhatIsGivenAwayIsDroppedOnce(t *testing.T) {
	const n = 3*atOnce + 7
	for name, test := range map[string]struct {
		prepare func(w *world) context.Context
		change  func(gifts []gift)
		// atOnce is how many are dropped by the call.
		atOnce int
	}{
		"an element that is no value": {change: func(gifts []gift) { gifts[5].char = 0xd800 }, atOnce: n - 5},
		"a nil resource":              {change: func(gifts []gift) { gifts[9].value = nil }, atOnce: n - 10},
		"realloc fails":               {prepare: func(w *world) context.Context { setGlobal(w.Instance, "in-realloc", 1); return nil }, atOnce: n},
		"the end of the context": {prepare: func(*world) context.Context {
			ctx, cancel := context.WithCancel(context.Background())
			cancel()
			return ctx
		}, atOnce: n - atOnce},
	} {
		t.Run(name, func(t *testing.T) {
			w := startWorld(t, wazero.NewRuntimeConfig(), "imports")
			_, ok := w.memory.Grow(16)
			require.True(t, ok)
			ctx := context.Background()
			var gifts []gift
			for _, value := range some(n) {
				gifts = append(gifts, gift{'x', value})
			}
			if test.change != nil {
				test.change(gifts)
			}
			if test.prepare != nil {
				ctx = cmp.Or(test.prepare(w), ctx)
			}
			w.meter.Begin(ctx, fuel.Limits{Budget: fuel.Unlimited})
			c := w.Call(w.meter, w.Func("run"))
			w.gifts().Push(c, gifts)
			c.Invoke()
			require.Error(t, c.Done())
			assert.Len(t, w.dropped, test.atOnce)
			require.NoError(t, w.Close(context.Background()))
			want := some(n)
			if slices.ContainsFunc(gifts, func(g gift) bool { return g.value == nil }) {
				want = slices.Delete(want, 9, 10)
			}
			assert.Equal(t, want, sorted(w.dropped))
		})
	}
}

func TestWhatAMapGivesAwayIsDroppedOnce(t *testing.T) {
	const n = atOnce + 7
	for _, realloc := range []bool{false, true} {
		w := startWorld(t, wazero.NewRuntimeConfig(), "imports")
		_, ok := w.memory.Grow(16)
		require.True(t, ok)
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		if realloc {
			setGlobal(w.Instance, "in-realloc", 1)
		}
		values := map[uint32]any{}
		for i, value := range some(n) {
			values[uint32(i)] = value
		}
		w.meter.Begin(ctx, fuel.Limits{Budget: fuel.Unlimited})
		c := w.Call(w.meter, w.Func("run"))
		w.giftMap().Push(c, values)
		require.Error(t, c.Done())
		require.NoError(t, w.Close(context.Background()))
		assert.Equal(t, some(n), sorted(w.dropped))
	}
}

// A call that never begins drops what it was to give away, and does nothing else.
func TestRefusedCall(t *testing.T) {
	w := startWorld(t, wazero.NewRuntimeConfig(), "imports")
	h := w.handle(1)
	cause := errors.New("too many calls wait")
	c := Refused(context.Background(), cause)
	w.gifts().Push(c, []gift{{'x', 0}, {0xd800, 1}})
	w.giftMap().Push(c, map[uint32]any{7: 2})
	c.StoreU32(c.PushArea(8, 4), c.LowerOwn(w.thing, 3))
	assert.Zero(t, c.LowerHandle(w.counter, h))
	c.PushString("x")
	c.Invoke()
	assert.Zero(t, c.PopU32())
	assert.Empty(t, c.PopString())
	assert.Zero(t, c.LoadU32(c.PopArea(8, 4)))
	assert.Nil(t, c.LiftHandle(w.counter, 1))
	require.ErrorIs(t, c.Done(), cause)
	assert.Equal(t, some(4), w.dropped)
	assert.Equal(t, 1, w.Handles(), "a handle stays with its owner")
}

// The program's code that drops values gets the caller's context, with the limit of the
// call, and may keep it.
func TestDroppedValuesGetTheCallersContext(t *testing.T) {
	type key struct{}
	for name, fail := range map[string]func(c *Call, w *world){
		"a value that is lowered": func(c *Call, w *world) {
			c.Fail(errors.New("no"))
			c.LowerOwn(w.thing, 1)
		},
		"a value that is lifted": func(c *Call, w *world) {
			c.PushU32(c.LowerOwn(w.thing, 1))
			c.Invoke()
			LiftOwn[int](c, w.thing, c.PopU32())
			c.Fail(errors.New("no"))
		},
	} {
		w := startWorld(t, wazero.NewRuntimeConfig(), "imports")
		var got context.Context
		w.thing.Drop = func(ctx context.Context, _ any) error { got = ctx; return nil }
		ctx := context.WithValue(context.Background(), key{}, "mine")
		w.meter.Begin(ctx, fuel.Limits{Budget: fuel.Unlimited})
		c := w.Call(w.meter, w.Func("same"))
		fail(c, w)
		require.Error(t, c.Done())
		_, err := w.meter.End()
		require.NoError(t, err)
		require.NotNil(t, got, name)
		assert.Equal(t, "mine", got.Value(key{}), name)
		assert.Nil(t, got.Value("another"), "after the call: %s", name)
		assert.Nil(t, fuel.FromContext(got), name)
	}
}

// A type of a binding's own that takes no bytes has a bounded number of elements.
func TestElementsOfNoSize(t *testing.T) {
	lifted := 0
	none := NewList(0, 1, func(*Call, uint32) struct{} { lifted++; return struct{}{} }, func(*Call, uint32, struct{}) {})
	w := startWorld(t, wazero.NewRuntimeConfig(), "imports")
	for _, n := range []uint32{0xffffffff, MaxByteLength + 1, 1 << 17} {
		w.take = func(c *Call) { none.Pop(c, nil); c.PushU32(0) }
		_, err := w.call("run", 8, n)
		requireViolation(t, err, "")
		assert.Zero(t, lifted)
	}
	c := w.begin("run")
	none.Push(c, make([]struct{}, MaxByteLength+1))
	require.ErrorContains(t, c.Done(), "more than the 268435455 bytes")
}

func TestValidatingCopiesNothing(t *testing.T) {
	w := startWorld(t, wazero.NewRuntimeConfig(), "imports")
	long := []byte{0xc3, 0xa4}
	for len(long) < 4*pieceSize {
		long = append(long, long...)
	}
	c := w.begin("run")
	assert.Zero(t, testing.AllocsPerRun(5, func() { require.True(t, c.valid(long)) }))
	require.NoError(t, c.Done())
}

// A binding that lowers too little would show a guest what another caller had lowered.
func TestABindingThatLowersTooLittle(t *testing.T) {
	w := startWorld(t, wazero.NewRuntimeConfig(), "imports")
	w.take = func(*Call) { assert.Fail(t, "called") }
	for pushed := range 4 {
		if pushed == 2 {
			continue
		}
		c := w.begin("run")
		for range pushed {
			c.PushU32(7)
		}
		c.Invoke()
		require.ErrorContains(t, c.Done(), fmt.Sprintf("the binding lowers %d flat values, and the function takes 2", pushed))
	}
}

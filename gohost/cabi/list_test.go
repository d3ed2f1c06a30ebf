package cabi

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/tetratelabs/wazero"

	"example.org/compute-pipeline/gohost/internal/fuel"
	"example.org/compute-pipeline/gohost/wit"
)

func compareStrings(a, b string) int { return cmp.Compare(a, b) }

// lowered returns what lower pushes.
func lowered(t *testing.T, in *Instance, lower func(*Call)) [maxFlat]uint64 {
	t.Helper()
	c := in.Call(context.Background(), in.Func("argument"))
	lower(c)
	flats := in.stack
	require.NoError(t, c.Done())
	return flats
}

// lift lifts flat values.
func lift(in *Instance, flats [maxFlat]uint64, f func(*Call)) error {
	c := in.Call(context.Background(), in.Func("argument"))
	in.stack = flats
	f(c)
	return c.Done()
}

var ages = NewMap(12, 4, compareStrings,
	func(c *Call, at uint32) (string, uint32) { return c.LoadString(at), c.LoadU32(at + 8) },
	func(c *Call, at uint32, k string, v uint32) { c.StoreString(at, k); c.StoreU32(at+8, v) })

func TestMaps(t *testing.T) {
	in := start(t, "echo")
	want := map[string]uint32{"b": 2, "a": 1, "": 0, "long enough to be elsewhere": 3}
	flats := lowered(t, in, func(c *Call) { ages.Push(c, want) })
	assert.EqualValues(t, 4, flats[1])
	var got map[string]uint32
	require.NoError(t, lift(in, flats, func(c *Call) { got = ages.Pop(c) }))
	assert.Equal(t, want, got)
	order := NewList(12, 4, func(c *Call, at uint32) string { return c.LoadString(at) }, nil)
	require.NoError(t, lift(in, flats, func(c *Call) {
		assert.Equal(t, []string{"", "a", "b", "long enough to be elsewhere"}, order.Pop(c, nil))
	}))

	// Of equal keys the last counts.
	type entry struct {
		key   string
		value uint32
	}
	entries := NewList(12, 4, nil, func(c *Call, at uint32, e entry) { c.StoreString(at, e.key); c.StoreU32(at+8, e.value) })
	flats = lowered(t, in, func(c *Call) { entries.Push(c, []entry{{"x", 1}, {"y", 2}, {"x", 3}}) })
	require.NoError(t, lift(in, flats, func(c *Call) { got = ages.Pop(c) }))
	assert.Equal(t, map[string]uint32{"x": 3, "y": 2}, got)

	assert.Negative(t, CompareBool(false, true))
	assert.Positive(t, CompareBool(true, false))
	assert.Zero(t, CompareBool(true, true))
}

// A map's memory is counted before it is made, from the length that the guest says.
func TestMemoryOfAMapIsCounted(t *testing.T) {
	in := start(t, "echo")
	asked := 0
	in.Reserve = func(n int) error { asked += n; return errNoRoom }
	err := lift(in, [maxFlat]uint64{1024, 5000}, func(c *Call) { ages.Pop(c) })
	require.ErrorIs(t, err, errNoRoom)
	assert.Greater(t, asked, 5000*(16+4))
}

func TestProductsDoNotWrap(t *testing.T) {
	assert.Equal(t, 6, product(2, 3))
	assert.Equal(t, math.MaxInt, product(1<<28, math.MaxInt))
	assert.Equal(t, 0, product(0, math.MaxInt))
	in := start(t, "echo")
	in.Reserve = nil
	c := in.Call(context.Background(), in.Func("argument"))
	assert.False(t, c.Heap(math.MaxInt))
	var limit *LimitError
	require.ErrorAs(t, c.Done(), &limit)
}

// Lists that are within each other and share their elements would multiply.
func TestSharedListsAreCountedAgainAndAgain(t *testing.T) {
	in := start(t, "echo")
	inner := NewList(8, 4, func(c *Call, at uint32) []byte { return c.LoadBytes(at, nil) }, nil)
	middle := NewList(8, 4, func(c *Call, at uint32) [][]byte { return inner.Load(c, at, nil) }, nil)
	// 1,000 times 1,000 times 1,000 bytes: a list of headers that all point to a list
	// of headers that all point to the bytes.
	header := func(at, to, n uint32) {
		require.True(t, in.memory.WriteUint32Le(at, to))
		require.True(t, in.memory.WriteUint32Le(at+4, n))
	}
	for i := range uint32(1000) {
		header(8192+8*i, 16384, 1000)
		header(16384+8*i, 1024, 1000)
	}
	limit := 10 << 20
	used := 0
	in.Reserve = func(n int) error {
		if used += n; used > limit {
			return errNoRoom
		}
		return nil
	}
	err := lift(in, [maxFlat]uint64{8192, 1000}, func(c *Call) { assert.Nil(t, middle.Pop(c, nil)) })
	require.ErrorIs(t, err, errNoRoom)
	in.Reserve = nil
	err = lift(in, [maxFlat]uint64{8192, 1000}, func(c *Call) { assert.Nil(t, middle.Pop(c, nil)) })
	var own *LimitError
	require.ErrorAs(t, err, &own, "without Reserve there is a limit too")

	// The strings of one list are counted together, before they are copied.
	for i := range uint32(1000) {
		header(8192+8*i, 0, 1<<16)
	}
	in.Reserve = func(n int) error { used = n; return errNoRoom }
	err = lift(in, [maxFlat]uint64{8192, 1000}, func(c *Call) { assert.Nil(t, c.PopStrings(nil)) })
	require.ErrorIs(t, err, errNoRoom)
	assert.Equal(t, 1000<<16, used)
}

// Long work looks at the call's meter, however it is divided.
func TestLongLiftingEndsWithItsCall(t *testing.T) {
	in := start(t, "echo")
	var meter fuel.Meter
	ctx, cancel := context.WithCancel(t.Context())
	meter.Begin(ctx, fuel.Limits{Budget: fuel.Unlimited})
	loads := 0
	inner := NewList(1, 1, func(c *Call, at uint32) uint8 {
		if loads++; loads == 10_000 {
			cancel()
		}
		return c.LoadU8(at)
	}, nil)
	outer := NewList(8, 4, func(c *Call, at uint32) []uint8 { return inner.Load(c, at, nil) }, nil)
	for i := range uint32(1000) {
		require.True(t, in.memory.WriteUint32Le(8192+8*i+4, 1000))
	}
	c := in.Call(&meter, in.Func("argument"))
	in.stack[0], in.stack[1] = 8192, 1000
	assert.Nil(t, outer.Pop(c, nil))
	err := c.Done()
	var stopped *fuel.Stopped
	require.ErrorAs(t, err, &stopped)
	require.ErrorIs(t, err, context.Canceled)
	assert.Less(t, loads, 10_000+2*atOnce)
}

func TestStringsAreUTF8(t *testing.T) {
	bad := map[string]string{
		"lone continuation": "\x80", "overlong": "\xc0\x80", "surrogate": "\xed\xa0\x80", "beyond Unicode": "\xf4\x90\x80\x80", "cut": "a\xc3",
		"at the end of a long one": strings.Repeat("é", pieceSize) + "\xff",
	}
	for name, s := range bad {
		in := start(t, "echo")
		flats := lowered(t, in, func(c *Call) { c.PushBytes([]byte(s)) })
		var v *Violation
		require.ErrorAs(t, lift(in, flats, func(c *Call) { assert.Empty(t, c.PopString()) }), &v, name)
		var invalid *InvalidError
		c := in.Call(context.Background(), in.Func("argument"))
		c.PushString(s)
		c.Invoke()
		require.ErrorAs(t, c.Done(), &invalid, name)
		c = in.Call(context.Background(), in.Func("argument"))
		c.PushStrings([]string{"fine", s})
		require.ErrorAs(t, c.Done(), &invalid, name)
	}
	// The bytes of one character, cut into two strings, are invalid in both.
	in := start(t, "echo")
	flats := lowered(t, in, func(c *Call) { pushTexts(c, "\xc3", "\xa9") })
	var v *Violation
	require.ErrorAs(t, lift(in, flats, func(c *Call) { assert.Nil(t, c.PopStrings(nil)) }), &v)

	long := strings.Repeat("é", pieceSize)
	flats = lowered(t, in, func(c *Call) { c.PushString("x" + long) })
	require.NoError(t, lift(in, flats, func(c *Call) { assert.Equal(t, "x"+long, c.PopString()) }))
}

// pushTexts pushes strings that need not be UTF-8.
func pushTexts(c *Call, list ...string) {
	texts := NewList(8, 4, nil, func(c *Call, at uint32, s string) { c.StoreBytes(at, []byte(s)) })
	texts.Push(c, list)
}

func TestAppendedStrings(t *testing.T) {
	in := start(t, "echo")
	flats := lowered(t, in, func(c *Call) { c.PushStrings([]string{"", "a", "bé", ""}) })
	require.NoError(t, lift(in, flats, func(c *Call) {
		assert.Equal(t, []string{"kept", "", "a", "bé", ""}, c.PopStrings([]string{"kept"}))
	}))
	f := in.Func("argument")
	assert.LessOrEqual(t, testing.AllocsPerRun(20, func() {
		c := in.Call(context.Background(), f)
		in.stack = flats
		_ = c.PopStrings(nil)
		_ = c.Done()
	}), 2.0, "one for the strings, one for their text")
}

// Invalid values of the host never reach the guest.
func TestInvalidValues(t *testing.T) {
	for name, lower := range map[string]func(*Call){
		"surrogate": func(c *Call) { c.PushChar(0xd800) }, "beyond Unicode": func(c *Call) { c.StoreChar(c.PushArea(4, 4), 0x110000) },
		"negative": func(c *Call) { c.PushChar(-1) }, "case": func(c *Call) { c.Invalid("the variant %s is nil", "shape") },
		"list too long": func(c *Call) { NewList(1<<16, 1, nil, func(*Call, uint32, byte) {}).Push(c, make([]byte, 1<<12)) },
	} {
		in := start(t, "realloc")
		c := in.Call(context.Background(), in.Func("f"))
		lower(c)
		c.PushU32(0)
		c.Invoke()
		assert.Zero(t, c.PopU32())
		var invalid *InvalidError
		require.ErrorAs(t, c.Done(), &invalid, name)
		assert.Zero(t, global(in, "called"), name)
	}
}

// A struct of the guest's layout is copied whole; others, and those with padding, whose
// bytes would show the host's memory, are not.
func TestWhatIsCopiedWhole(t *testing.T) {
	type nested struct {
		P [2]point
		N int32
		F float32
	}
	copiedWhole := func(l any) bool {
		switch l := l.(type) {
		case *List[point]:
			return l.copied != nil
		case *List[nested]:
			return l.copied != nil && fmt.Sprint(*l.copied) == fmt.Sprint(copied{f32: []int{36}, f64: []int{8, 24}})
		case *List[float32]:
			return l.copied != nil
		}
		return false
	}
	if !hostIsLittleEndian {
		t.Skip("nothing is copied whole on a big-endian machine")
	}
	assert.True(t, copiedWhole(points))
	assert.True(t, copiedWhole(NewPlainList[nested](40, 8, nil, nil)))
	assert.True(t, copiedWhole(NewPlainList[float32](4, 4, nil, nil)))
	assert.Nil(t, NewPlainList[point](24, 8, nil, nil).copied, "another size")
	assert.Nil(t, NewPlainList[struct {
		A uint64
		B uint8
	}](16, 8, nil, nil).copied, "padding")
	assert.Nil(t, NewPlainList[struct {
		A uint32
		B bool
		C [3]uint8
	}](8, 4, nil, nil).copied, "a bool")
	assert.Nil(t, NewPlainList[*uint64](8, 8, nil, nil).copied, "a pointer")
	assert.Nil(t, NewPlainList[string](16, 8, nil, nil).copied, "a string")
	assert.Nil(t, NewList(16, 8, loadPoint, storePoint).copied, "not said to be plain")
}

func TestOneCopyAndOneByOneAgree(t *testing.T) {
	in := start(t, "echo")
	oneByOne := NewList(16, 8, loadPoint, storePoint)
	list := make([]point, 3*pieceSize/16)
	for i := range list {
		list[i] = point{uint64(i) << 40, float64(i)}
	}
	list[1].Value = math.Copysign(0, -1)
	for _, lower := range []*List[point]{points, oneByOne} {
		setGlobal(in, "next", 1024)
		flats := lowered(t, in, func(c *Call) { lower.Push(c, list) })
		for _, l := range []*List[point]{points, oneByOne} {
			require.NoError(t, lift(in, flats, func(c *Call) {
				got := l.Pop(c, []point{{7, 7}})
				require.Len(t, got, 1+len(list))
				assert.Equal(t, list, got[1:])
			}))
		}
	}
}

func TestRecordsAreLiftedInPlace(t *testing.T) {
	in := start(t, "echo")
	nested := NewRecordList(40, 8, loadShape, storeShape)
	want := []shape{{ID: 1, At: place{2, 3}, Kind: 2, Parent: wit.Some(uint32(4)), Visible: true}, {ID: 5}}
	flats := lowered(t, in, func(c *Call) { nested.Push(c, want) })
	room := []shape{{ID: 7}, {Parent: wit.Some(uint32(9))}, {Parent: wit.Some(uint32(9))}}
	for _, dst := range [][]shape{nil, room[:1], room[:1:2]} {
		require.NoError(t, lift(in, flats, func(c *Call) {
			assert.Equal(t, append(dst[:len(dst):len(dst)], want...), nested.Pop(c, dst), "what was in the room does not show")
		}))
	}
	require.True(t, in.memory.WriteByte(uint32(flats[0])+40+24, 3))
	var v *Violation
	require.ErrorAs(t, lift(in, flats, func(c *Call) { assert.Nil(t, nested.Pop(c, nil)) }), &v)
}

func TestFlatValuesBeyondTheFunctions(t *testing.T) {
	in := start(t, "memory")
	c := in.Call(context.Background(), in.Func("f"))
	for range maxFlat + 1 {
		c.PushU64(1)
	}
	assert.Error(t, c.Done())
	c = in.Call(context.Background(), in.Func("f"))
	c.Seek(maxFlat)
	assert.Zero(t, c.PopU64())
	assert.Error(t, c.Done())
	c = in.Call(context.Background(), in.Func("f"))
	c.StoreU64(math.MaxUint32, 1)
	assert.Zero(t, c.LoadU32(1<<16-3))
	assert.ErrorContains(t, c.Done(), "outside of the memory")
}

// After an error everything is zero, and nothing is called.
func TestNothingHappensAfterAnError(t *testing.T) {
	in := start(t, "realloc")
	first := errors.New("first")
	c := in.Call(context.Background(), in.Func("f"))
	c.Fail(first)
	c.Fail(errors.New("second"))
	c.Invalid("third")
	c.PushString("\xff")
	ages.Push(c, map[string]uint32{"a": 1})
	points.Push(c, make([]point, 1))
	c.PadTo(9)
	c.Invoke()
	assert.Zero(t, c.PopArea(8, 8))
	assert.Zero(t, c.PopChar())
	assert.Zero(t, c.LoadU64(0))
	assert.Empty(t, c.LoadString(0))
	assert.Nil(t, points.Load(c, 0, nil))
	assert.Nil(t, ages.Load(c, 0))
	assert.Zero(t, c.Discriminant(9, 2, "x"))
	assert.False(t, c.Heap(1))
	assert.False(t, c.Lifted())
	require.ErrorIs(t, c.Done(), first)
	assert.Zero(t, global(in, "called"))
}

// Realloc is the guest's, and may answer what it likes.
func TestModuleWithoutRealloc(t *testing.T) {
	wasm, err := os.ReadFile("testdata/memory.wasm")
	require.NoError(t, err)
	in := startModule(t, wazero.NewRuntimeConfig(), bytes.ReplaceAll(wasm, []byte(ReallocExport), []byte("cabi_nothing")))
	c := in.Call(context.Background(), in.Func("f"))
	c.PushString("x")
	var v *Violation
	require.ErrorAs(t, c.Done(), &v)
}

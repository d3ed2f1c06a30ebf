package cabi

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/tetratelabs/wazero/sys"

	"example.org/compute-pipeline/gohost/internal/fuel"
	"example.org/compute-pipeline/gohost/internal/text"
)

func TestListIsLifted(t *testing.T) {
	in := start(t, "echo")
	c := call(t, in, "argument", append(words(argumentAt+8, 3), "abc"...))
	got := popBytes(c, []byte("x"))
	require.NoError(t, c.Done())
	assert.Equal(t, "xabc", string(got), "appended to what was there")
}

func TestResultsAreCheckedForAlignmentThenBounds(t *testing.T) {
	const memory = 1 << 16
	for _, test := range []struct {
		name, function string
		argument       []byte
		want           string
	}{
		{"header misaligned", "address", words(2), "an area at address 2 is not aligned to 4"},
		{"header out of range", "address", words(memory - 4), "an area at address 65532 with 8 bytes is outside of the memory of 65536 bytes"},
		{"header at the end of the address space", "address", words(math.MaxUint32 - 3), "outside of the memory"},
		{"list out of range", "argument", words(memory-8, 3), "a list at address 65528 with 24 bytes is outside"},
		{"list of length 0 out of range", "argument", words(memory+8, 0), "at address 65544 with 0 bytes is outside"},
		{"list misaligned", "argument", words(argumentAt+4, 1), "a list at address 1028 is not aligned to 8"},
		{"list of length 0 misaligned", "argument", words(argumentAt+4, 0), "is not aligned to 8"},
		{"misaligned and out of range", "argument", words(memory+4, 1), "is not aligned to 8"},
		{"length that wraps to 0 in 32 bits", "argument", words(argumentAt, 1<<29), "has 536870912 elements of 8 bytes, more than"},
		{"length one element over the largest", "argument", words(argumentAt, (MaxByteLength+1)/8), "more than the 268435455 bytes"},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := call(t, start(t, "echo"), test.function, test.argument)
			assert.Empty(t, popNumbers(c, nil))
			var v *Violation
			err := c.Done()
			require.ErrorAs(t, err, &v)
			assert.Contains(t, err.Error(), test.want)
		})
	}
}

func TestListAtTheVeryEndOfMemory(t *testing.T) {
	c := call(t, start(t, "echo"), "argument", words(1<<16-8, 1))
	assert.Len(t, popNumbers(c, nil), 1)
	require.NoError(t, c.Done())
	c = call(t, start(t, "echo"), "argument", words(1<<16, 0))
	assert.Empty(t, popNumbers(c, nil))
	require.NoError(t, c.Done(), "an empty list may point at the end of memory")
}

// A length whose bytes are 0 in 32 bits.
func TestLengthsAreMultipliedIn64Bits(t *testing.T) {
	c := call(t, start(t, "echo"), "argument", words(argumentAt, 1<<28))
	assert.Empty(t, points.Load(c, c.PopArea(8, 4), nil))
	assert.ErrorContains(t, c.Done(), "268435456 elements of 16 bytes")
}

// A float of the component model has one NaN; the bits of a guest's do not show.
func TestEveryNaNIsTheCanonicalOne(t *testing.T) {
	odd := []uint64{0x7ff0000000000001, 0x7ff8000000000001, 0xfff8000000000000, math.MaxUint64, 0xfff0dead0000beef}
	same := []uint64{math.Float64bits(math.Inf(1)), math.Float64bits(math.Inf(-1)), 1 << 63, 1, canonicalNaN}
	want := append(slices.Repeat([]uint64{canonicalNaN}, len(odd)), same...)
	argument := words(argumentAt+8, uint32(len(want)))
	for _, b := range append(odd, same...) {
		argument = le.AppendUint64(argument, b)
	}
	for name, list := range map[string]*List[float64]{"one copy": numbers, "one by one": NewList(8, 8, (*Call).LoadF64, nil)} {
		c := call(t, start(t, "echo"), "argument", argument)
		got := list.Load(c, c.PopArea(8, 4), nil)
		for i := range want {
			assert.Equal(t, want[i], math.Float64bits(c.LoadF64(argumentAt+8+8*uint32(i))), i)
		}
		require.NoError(t, c.Done())
		require.Len(t, got, len(want))
		for i, f := range got {
			assert.Equal(t, want[i], math.Float64bits(f), "%s: %d", name, i)
		}
	}

	argument = words(argumentAt+8, uint32(len(want)))
	for _, b := range append(odd, same...) {
		argument = le.AppendUint64(le.AppendUint64(argument, b), b)
	}
	c := call(t, start(t, "echo"), "argument", argument)
	list := points.Load(c, c.PopArea(8, 4), make([]point, 1))
	require.NoError(t, c.Done())
	require.Len(t, list, 1+len(want))
	for i, p := range list[1:] {
		assert.Equal(t, append(odd, same...)[i], p.Timestamp, "no timestamp is a NaN")
		assert.Equal(t, want[i], math.Float64bits(p.Value), i)
	}
	for bits, want := range map[uint32]uint32{0x7f800001: canonicalNaN32, math.MaxUint32: canonicalNaN32, 0xff800000: 0xff800000, 1 << 31: 1 << 31} {
		assert.Equal(t, want, math.Float32bits(canonical32(bits)))
		list := le.AppendUint32(nil, bits)
		(&copied{f32: []int{0}}).canonicalize(list, 4)
		assert.Equal(t, want, le.Uint32(list))
	}
}

func TestBool(t *testing.T) {
	for ret, want := range map[uint32]bool{0: false, 1: true, 2: true, math.MaxUint32: true} {
		c := call(t, start(t, "echo"), "address", words(ret))
		got := c.PopBool()
		require.NoError(t, c.Done())
		assert.Equal(t, want, got, ret)
	}
}

func TestReallocIsCalledForSizeZero(t *testing.T) {
	in := start(t, "echo")
	c := call(t, in, "grown", nil)
	assert.Empty(t, popBytes(c, nil))
	require.NoError(t, c.Done())
	assert.EqualValues(t, 1, global(in, "reallocs"))
}

func TestReallocsAnswerIsChecked(t *testing.T) {
	for _, test := range []struct {
		name   string
		answer uint32
		points int
		want   string
	}{
		{"misaligned", 1028, 1, "what realloc returned at address 1028 is not aligned to 8"},
		{"misaligned for size 0", 1028, 0, "is not aligned to 8"},
		{"out of range", 1<<16 - 8, 1, "what realloc returned at address 65528 with 16 bytes is outside"},
		{"out of range for size 0", 1<<16 + 8, 0, "at address 65544 with 0 bytes is outside"},
		{"wraps around", math.MaxUint32 - 7, 1, "is outside"},
	} {
		t.Run(test.name, func(t *testing.T) {
			in := start(t, "realloc")
			setGlobal(in, "answer", test.answer)
			c := in.Call(context.Background(), in.Func("f"))
			points.Push(c, make([]point, test.points))
			c.Invoke()
			err := c.Done()
			var v *Violation
			require.ErrorAs(t, err, &v)
			assert.Contains(t, err.Error(), test.want)
			assert.Zero(t, global(in, "called"), "the function must not be called")
		})
	}
	t.Run("traps", func(t *testing.T) {
		in := start(t, "realloc")
		setGlobal(in, "answer", math.MaxUint32)
		c := call(t, in, "f", []byte("x"))
		err := c.Done()
		var trap *Trap
		require.ErrorAs(t, err, &trap)
		assert.Equal(t, "unreachable", trap.Message)
		assert.ErrorContains(t, err, "in realloc")
		assert.True(t, trap.Lowering)
		assert.Zero(t, global(in, "called"))
	})
}

func TestArgumentsSurviveMemoryThatMoves(t *testing.T) {
	in := start(t, "echo")
	first, second := make([]byte, 1<<16), make([]byte, 3<<16)
	for i := range second {
		second[i] = byte(i * 7)
	}
	c := in.Call(context.Background(), in.Func("second"))
	c.PushBytes(first)
	c.PushBytes(second) // realloc grows the memory here
	c.Invoke()
	got := popBytes(c, nil)
	require.NoError(t, c.Done())
	assert.Equal(t, second, got)
	assert.EqualValues(t, 2, global(in, "reallocs"))
}

func TestResultIsReadFromMemoryThatGrew(t *testing.T) {
	c := call(t, start(t, "echo"), "grown", []byte("still here"))
	assert.Equal(t, "still here", string(popBytes(c, nil)))
	require.NoError(t, c.Done())
}

func TestPostReturnRunsOnceAfterTheCopy(t *testing.T) {
	in := start(t, "echo")
	c := call(t, in, "argument", append(words(argumentAt+8, 3), "abc"...))
	got := popBytes(c, nil)
	assert.EqualValues(t, 0, global(in, "posts"))
	require.NoError(t, c.Done())
	assert.Equal(t, "abc", string(got))
	assert.EqualValues(t, 1, global(in, "posts"))
	assert.EqualValues(t, argumentAt, global(in, "posted"), "it is given the function's own result")
	assert.NoError(t, c.Done(), "a second Done does nothing")
	assert.EqualValues(t, 1, global(in, "posts"))
}

func TestPostReturnDoesNotRunAfterAViolation(t *testing.T) {
	in := start(t, "echo")
	c := call(t, in, "argument", words(argumentAt+1, 0xffffffff))
	popBytes(c, nil)
	assert.Error(t, c.Done())
	assert.Zero(t, global(in, "posts"))
}

func TestPostReturnThatTraps(t *testing.T) {
	in := start(t, "echo")
	c := in.Call(context.Background(), in.Func("post-traps"))
	c.Invoke()
	assert.Empty(t, popBytes(c, nil))
	var trap *Trap
	err := c.Done()
	require.ErrorAs(t, err, &trap)
	assert.ErrorContains(t, err, "in post-return")
}

func TestTrapHasTheStack(t *testing.T) {
	in := start(t, "echo")
	c := in.Call(context.Background(), in.Func("traps"))
	c.Invoke()
	var trap *Trap
	require.ErrorAs(t, c.Done(), &trap)
	assert.Equal(t, "unreachable", trap.Message)
	assert.Contains(t, trap.Stack, "() i32")
	assert.NotContains(t, trap.Stack, "\t")
}

func TestPanicMessage(t *testing.T) {
	trapOf := func(module, function string, length ...uint32) *Trap {
		in := start(t, module)
		c := in.Call(context.Background(), in.Func(function))
		for _, l := range length {
			c.PushU32(l)
		}
		c.Invoke()
		var trap *Trap
		require.ErrorAs(t, c.Done(), &trap)
		return trap
	}
	assert.Equal(t, "out of luck", trapOf("panic", "f", 0).Message)
	assert.Equal(t, "out", trapOf("panic", "f", 3).Message)
	for name, trap := range map[string]*Trap{
		"length over the bound":     trapOf("panic", "f", text.MaxMessage+1),
		"length out of all reason":  trapOf("panic", "f", math.MaxUint32),
		"message that is not UTF-8": trapOf("panic", "g"),
		"address outside of memory": trapOf("panic_far", "f"),
	} {
		assert.Equal(t, "unreachable", trap.Message, name)
	}
}

func TestCallsAllocateNothing(t *testing.T) {
	in := start(t, "echo")
	f := in.Func("grown")
	ctx := context.Background()
	dst := make([]byte, 0, 64)
	argument := []byte("argument")
	assert.Zero(t, testing.AllocsPerRun(50, func() {
		c := in.Call(ctx, f)
		c.PushBytes(argument)
		c.Invoke()
		dst = popBytes(c, dst[:0])
		if c.Done() != nil {
			t.Fatal("call failed")
		}
	}))
}

func TestLongMessagesAreCut(t *testing.T) {
	for name, test := range map[string]struct {
		text, want string
	}{
		"whole":                   {strings.Repeat("x", 4096), strings.Repeat("x", 4096)},
		"one byte more":           {strings.Repeat("x", 4097), strings.Repeat("x", 4096)},
		"a character across":      {strings.Repeat("x", 4094) + "€" + "x", strings.Repeat("x", 4094)},
		"a character to the end":  {strings.Repeat("x", 4092) + "😀" + "x", strings.Repeat("x", 4092) + "😀"},
		"not UTF-8 behind it":     {strings.Repeat("é", 2048) + "\xff", strings.Repeat("é", 2048)},
		"not UTF-8 at the end":    {strings.Repeat("x", 4095) + "\xff\xff", ""},
		"many continuation bytes": {strings.Repeat("x", 4090) + strings.Repeat("\x80", 20), ""},
	} {
		t.Run(name, func(t *testing.T) {
			c := call(t, start(t, "echo"), "argument", append(words(argumentAt+8, uint32(len(test.text))), test.text...))
			message, size := c.LoadBeginning(c.PopArea(8, 4), text.MaxMessage)
			err := c.Done()
			if test.want == "" {
				var v *Violation
				require.ErrorAs(t, err, &v)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, test.want, message)
			assert.Equal(t, len(test.text), size)
		})
	}
}

// ListLen says how long a list is before room is made for it, once that is within
// memory.
func TestListLenChecksWhereTheListIs(t *testing.T) {
	in := start(t, "echo")
	in.Reserve = func(int) error { t.Error("room was asked for"); return nil }
	refused := errors.New("refused")
	c := call(t, in, "argument", words(argumentAt, 60_000))
	at := c.PopArea(8, 4)
	assert.Equal(t, 60_000, c.ListLen(at, 1, 1))
	c.Fail(refused)
	assert.Equal(t, "kept", string(c.LoadBytes(at, []byte("kept"))))
	require.ErrorIs(t, c.Done(), refused)
	assert.Zero(t, global(in, "posts"), "no post-return after an error")

	c = call(t, in, "argument", words(1<<20, 3))
	assert.Zero(t, c.ListLen(c.PopArea(8, 4), 1, 1))
	var v *Violation
	require.ErrorAs(t, c.Done(), &v)
}

// Room is asked for where a list of more than 64 KiB does not fit into what the
// caller has.
func TestReserve(t *testing.T) {
	var asked []int
	var refuse error
	lift := func(dst []byte, n int) ([]byte, error) {
		in := start(t, "echo")
		in.Reserve = func(n int) error { asked = append(asked, n); return refuse }
		c := call(t, in, "argument", append(words(argumentAt+8, uint32(n)), make([]byte, n)...))
		got := popBytes(c, dst)
		return got, c.Done()
	}
	for _, n := range []int{0, 1, free} {
		got, err := lift([]byte("kept"), n)
		require.NoError(t, err)
		assert.Len(t, got, 4+n)
	}
	_, err := lift(make([]byte, 0, 200_000), 200_000)
	require.NoError(t, err)
	assert.Empty(t, asked)
	got, err := lift([]byte("kept"), free+1)
	require.NoError(t, err)
	assert.Len(t, got, 4+free+1)
	assert.Equal(t, []int{free + 1}, asked)
	refuse = errors.New("no room")
	got, err = lift([]byte("kept"), 3<<20)
	require.ErrorIs(t, err, refuse)
	assert.Equal(t, "kept", string(got))
}

func TestAppendingAgainAndAgainIsLinear(t *testing.T) {
	const size = free + 1
	var dst []byte
	moved := 0
	for range 100 {
		before := cap(dst)
		c := call(t, start(t, "echo"), "argument", append(words(argumentAt+8, size), make([]byte, size)...))
		dst = popBytes(c, dst)
		require.NoError(t, c.Done())
		if cap(dst) != before {
			moved++
		}
	}
	assert.Len(t, dst, 100*size)
	assert.Less(t, moved, 30)
}

// Exit codes that wazero uses for the ends of contexts are a guest's own unless
// the context has ended, and wazero watches it.
func TestExitCodes(t *testing.T) {
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	var meter fuel.Meter
	meter.Begin(ended, fuel.Limits{Budget: fuel.Unlimited})
	for _, test := range []struct {
		ctx     context.Context
		code    uint32
		stopped bool
	}{
		{t.Context(), sys.ExitCodeContextCanceled, false},
		{t.Context(), sys.ExitCodeDeadlineExceeded, false},
		{ended, sys.ExitCodeContextCanceled, true},
		{ended, sys.ExitCodeDeadlineExceeded, true},
		{ended, 0, false},
		{ended, 7, false},
		{&meter, sys.ExitCodeContextCanceled, false},
		{&meter, sys.ExitCodeDeadlineExceeded, false},
	} {
		err := (&Instance{}).trap(test.ctx, fmt.Errorf("wrapped: %w", sys.NewExitError(test.code)))
		var trap *Trap
		if test.stopped {
			require.ErrorIs(t, err, context.Canceled)
			require.NotErrorIs(t, err, context.DeadlineExceeded, "the context's own error, not the code's")
			continue
		}
		require.ErrorAs(t, err, &trap)
		require.NotErrorIs(t, err, context.Canceled)
		require.NotErrorIs(t, err, context.DeadlineExceeded)
		assert.Equal(t, fmt.Sprintf("the guest ended itself with exit code %d", test.code), trap.Message)
	}
}

func TestTracesAreCut(t *testing.T) {
	long := strings.Repeat("n", 1<<20)
	trap := newTrap("wasm error: " + long + "\nwasm stack trace:\n\t." + long + "()\n\t.second()")
	assert.Len(t, trap.Message, text.MaxMessage+len("… (cut: 1048576 bytes)"))
	assert.Less(t, len(trap.Stack), text.MaxStack+100)
	assert.Contains(t, trap.Stack, "… (cut: ")
	trap = newTrap("wasm error: unreachable\nwasm stack trace:\n\t.a()\n\t.b()")
	assert.Equal(t, &Trap{Message: "unreachable", Stack: ".a()\n.b()"}, trap)

	// Names of Rust become readable, which may make them longer.
	trap = newTrap("wasm error: unreachable\nwasm stack trace:\n\t._RNvC1a4main(i32) i32\n\t\t/src/lib.rs:1:2\n\t._ZN1a1b17h05af221e174051e9E()")
	assert.Equal(t, ".a::main(i32) i32\n\t/src/lib.rs:1:2\n.a::b()", trap.Stack)
	trap = newTrap("wasm error: unreachable\nwasm stack trace:\n\t." + strings.Repeat("_RMC0TooooooooooooooE()\n\t.", 1000))
	assert.Less(t, len(trap.Stack), text.MaxStack+100)
	assert.Equal(t, 1, strings.Count(trap.Stack, "… (cut: "))
}

func TestAnExhaustedStackIsTold(t *testing.T) {
	for _, trace := range []string{
		"wasm error: stack overflow\nwasm stack trace:\n\t.a()",
		"wasm error: unreachable\nwasm stack trace:\n\t." + fuel.StackExhausted + "()\n\t.a()",
	} {
		trap := newTrap(trace)
		assert.True(t, trap.StackExhausted)
		assert.Equal(t, "call stack exhausted", trap.Message)
	}
	assert.False(t, newTrap("wasm error: unreachable\nwasm stack trace:\n\t.a()\n\t."+fuel.StackExhausted+"()").StackExhausted)
}

package cabi

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/sys"

	"example.org/compute-pipeline/gohost/internal/fuel"
	"example.org/compute-pipeline/gohost/internal/text"
)

type point struct {
	Timestamp uint64
	Value     float64
}

// start runs a module of testdata; `make testdata` builds them from their
// text.
func start(t testing.TB, name string) *Instance {
	t.Helper()
	ctx := context.Background()
	wasm, err := os.ReadFile(filepath.Join("testdata", name+".wasm"))
	require.NoError(t, err)
	r := wazero.NewRuntime(ctx)
	t.Cleanup(func() { assert.NoError(t, r.Close(ctx)) })
	module, err := r.Instantiate(ctx, wasm)
	require.NoError(t, err)
	return NewInstance(module)
}

// call lowers argument and calls the function.
func call(t *testing.T, in *Instance, function string, argument []byte) *Call {
	t.Helper()
	f := in.Func(function)
	require.NotNil(t, f)
	c := in.Call(context.Background(), f)
	c.LowerBytes(argument)
	c.Invoke()
	return c
}

// words is the memory of some u32, as a guest writes it.
func words(w ...uint32) []byte {
	var b []byte
	for _, v := range w {
		b = binary.LittleEndian.AppendUint32(b, v)
	}
	return b
}

func global(in *Instance, name string) uint32 {
	return uint32(in.module.ExportedGlobal(name).Get())
}

func setGlobal(in *Instance, name string, v uint32) {
	in.module.ExportedGlobal(name).(api.MutableGlobal).Set(uint64(v))
}

// argumentAt is where echo.wat puts the first argument.
const argumentAt = 1024

func TestListIsLifted(t *testing.T) {
	in := start(t, "echo")
	c := call(t, in, "argument", append(words(argumentAt+8, 3), "abc"...))
	got := c.LiftBytes([]byte("x"), nil)
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
		{"header misaligned", "address", words(2), "the result at address 2 is not aligned to 4"},
		{"header out of range", "address", words(memory - 4), "the result at address 65532 with 8 bytes is outside of the memory of 65536 bytes"},
		{"header at the end of the address space", "address", words(math.MaxUint32 - 3), "outside of the memory"},
		{"list out of range", "argument", words(memory-8, 3), "the result's list at address 65528 with 24 bytes is outside"},
		{"list of length 0 out of range", "argument", words(memory+8, 0), "at address 65544 with 0 bytes is outside"},
		{"list misaligned", "argument", words(argumentAt+4, 1), "the result's list at address 1028 is not aligned to 8"},
		{"list of length 0 misaligned", "argument", words(argumentAt+4, 0), "is not aligned to 8"},
		{"misaligned and out of range", "argument", words(memory+4, 1), "is not aligned to 8"},
		{"length that wraps to 0 in 32 bits", "argument", words(argumentAt, 1<<29), "has 536870912 elements of 8 bytes, more than"},
		{"length one element over the largest", "argument", words(argumentAt, (MaxByteLength+1)/8), "more than the 268435455 bytes"},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := call(t, start(t, "echo"), test.function, test.argument)
			assert.Zero(t, c.LiftF64s(nil))
			var v *Violation
			err := c.Done()
			require.ErrorAs(t, err, &v)
			assert.Contains(t, err.Error(), test.want)
		})
	}
}

func TestListAtTheVeryEndOfMemory(t *testing.T) {
	c := call(t, start(t, "echo"), "argument", words(1<<16-8, 1))
	assert.Equal(t, 1, c.LiftF64s(make([]float64, 1)))
	require.NoError(t, c.Done())
	c = call(t, start(t, "echo"), "argument", words(1<<16, 0))
	assert.Equal(t, 0, c.LiftF64s(nil))
	require.NoError(t, c.Done(), "an empty list may point at the end of memory")
}

func TestDatapointsWrapAtSixteenBytes(t *testing.T) {
	c := call(t, start(t, "echo"), "argument", words(0, argumentAt, 1<<28))
	_, _, isErr := LiftResultDatapoints[point](c, nil, nil)
	assert.False(t, isErr)
	assert.ErrorContains(t, c.Done(), "268435456 elements of 16 bytes")
}

func TestResultDiscriminant(t *testing.T) {
	t.Run("ok", func(t *testing.T) {
		c := call(t, start(t, "echo"), "argument", append(words(0, argumentAt+12, 2), "ok"...))
		got, message, isErr := c.LiftResultBytes(nil, nil)
		require.NoError(t, c.Done())
		assert.Equal(t, "ok", string(got))
		assert.Zero(t, message)
		assert.False(t, isErr)
	})
	t.Run("err", func(t *testing.T) {
		c := call(t, start(t, "echo"), "argument", append(words(1, argumentAt+12, 4), "für"...))
		got, message, isErr := c.LiftResultBytes([]byte("kept"), nil)
		require.NoError(t, c.Done())
		assert.Equal(t, "kept", string(got))
		assert.Equal(t, Message{"für", 4}, message)
		assert.True(t, isErr)
	})
	for _, d := range []uint32{2, 0x80, 0xff} {
		c := call(t, start(t, "echo"), "argument", words(d, 0, 0))
		_, _, isErr := c.LiftResultBytes(nil, nil)
		assert.False(t, isErr)
		assert.ErrorContains(t, c.Done(), "not 0 or 1")
	}
	t.Run("only the first byte counts", func(t *testing.T) {
		c := call(t, start(t, "echo"), "argument", words(0xffffff00, argumentAt, 1))
		got, _, isErr := c.LiftResultBytes(nil, nil)
		require.NoError(t, c.Done())
		assert.Len(t, got, 1)
		assert.False(t, isErr)
	})
	t.Run("message out of range", func(t *testing.T) {
		c := call(t, start(t, "echo"), "argument", words(1, 1<<16, 1))
		_, _, isErr := c.LiftResultBytes(nil, nil)
		assert.False(t, isErr)
		assert.ErrorContains(t, c.Done(), "the error's message at address 65536 with 1 bytes is outside")
	})
}

func TestMessageMustBeUTF8(t *testing.T) {
	for name, text := range map[string]string{
		"lone continuation": "\x80", "overlong": "\xc0\x80", "surrogate": "\xed\xa0\x80",
		"beyond Unicode": "\xf4\x90\x80\x80", "cut": "a\xc3",
	} {
		t.Run(name, func(t *testing.T) {
			c := call(t, start(t, "echo"), "argument", append(words(1, argumentAt+12, uint32(len(text))), text...))
			_, message, isErr := c.LiftResultBytes(nil, nil)
			assert.Zero(t, message)
			assert.False(t, isErr)
			var v *Violation
			require.ErrorAs(t, c.Done(), &v)
		})
	}
}

func TestStatisticsPayloadIsAtEight(t *testing.T) {
	argument := words(0, 0xdeadbeef)
	for _, f := range []uint64{7, math.Float64bits(1.5), math.Float64bits(2.5), math.Float64bits(-3), math.Float64bits(math.Inf(-1)), math.Float64bits(9), 10, math.MaxUint64} {
		argument = binary.LittleEndian.AppendUint64(argument, f)
	}
	c := call(t, start(t, "echo"), "argument", argument)
	got, _, isErr := c.LiftResultStatistics()
	require.NoError(t, c.Done())
	assert.False(t, isErr)
	assert.Equal(t, Statistics{Count: 7, Mean: 1.5, Variance: 2.5, Sum: -3, Min: math.Inf(-1), Max: 9, First: 10, Last: math.MaxUint64}, got)

	c = call(t, start(t, "echo"), "address", words(argumentAt+4))
	_, _, _ = c.LiftResultStatistics()
	assert.ErrorContains(t, c.Done(), "is not aligned to 8")
}

// A float of the component model has one NaN; the bits of a guest's do not show.
func TestEveryNaNIsTheCanonicalOne(t *testing.T) {
	odd := []uint64{0x7ff0000000000001, 0x7ff8000000000001, 0xfff8000000000000, math.MaxUint64, 0xfff0dead0000beef}
	same := []uint64{math.Float64bits(math.Inf(1)), math.Float64bits(math.Inf(-1)), 1 << 63, 1, canonicalNaN}
	want := append(slices.Repeat([]uint64{canonicalNaN}, len(odd)), same...)
	argument := words(argumentAt+8, uint32(len(want)))
	for _, b := range append(odd, same...) {
		argument = binary.LittleEndian.AppendUint64(argument, b)
	}
	c := call(t, start(t, "echo"), "argument", argument)
	list := make([]float64, len(want))
	assert.Len(t, list, c.LiftF64s(list))
	require.NoError(t, c.Done())
	for i, f := range list {
		assert.Equal(t, want[i], math.Float64bits(f), i)
	}

	argument = words(0, argumentAt+16, uint32(len(want)), 0)
	for _, b := range append(odd, same...) {
		argument = binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint64(argument, b), b)
	}
	c = call(t, start(t, "echo"), "argument", argument)
	points, _, _ := LiftResultDatapoints[point](c, make([]point, 1), nil)
	require.NoError(t, c.Done())
	require.Len(t, points, 1+len(want))
	for i, p := range points[1:] {
		assert.Equal(t, append(odd, same...)[i], p.Timestamp, "no timestamp is a NaN")
		assert.Equal(t, want[i], math.Float64bits(p.Value), i)
	}

	argument = words(0, 0)
	for range statisticsSize / 8 {
		argument = binary.LittleEndian.AppendUint64(argument, math.MaxUint64)
	}
	c = call(t, start(t, "echo"), "argument", argument)
	s, _, _ := c.LiftResultStatistics()
	require.NoError(t, c.Done())
	for _, f := range []float64{s.Mean, s.Variance, s.Sum, s.Min, s.Max} {
		assert.EqualValues(t, canonicalNaN, math.Float64bits(f))
	}
	assert.EqualValues(t, []uint64{math.MaxUint64, math.MaxUint64, math.MaxUint64}, []uint64{s.Count, s.First, s.Last})
}

func TestBool(t *testing.T) {
	for ret, want := range map[uint32]bool{0: false, 1: true, 2: true, math.MaxUint32: true} {
		c := call(t, start(t, "echo"), "address", words(ret))
		got := c.LiftBool()
		require.NoError(t, c.Done())
		assert.Equal(t, want, got, ret)
	}
}

func TestReallocIsCalledForSizeZero(t *testing.T) {
	in := start(t, "echo")
	c := call(t, in, "grown", nil)
	assert.Empty(t, c.LiftBytes(nil, nil))
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
			LowerDatapoints(c, make([]point, test.points))
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
	c.LowerBytes(first)
	c.LowerBytes(second) // realloc grows the memory here
	c.Invoke()
	got := c.LiftBytes(nil, nil)
	require.NoError(t, c.Done())
	assert.Equal(t, second, got)
	assert.EqualValues(t, 2, global(in, "reallocs"))
}

func TestResultIsReadFromMemoryThatGrew(t *testing.T) {
	c := call(t, start(t, "echo"), "grown", []byte("still here"))
	assert.Equal(t, "still here", string(c.LiftBytes(nil, nil)))
	require.NoError(t, c.Done())
}

func TestPostReturnRunsOnceAfterTheCopy(t *testing.T) {
	in := start(t, "echo")
	c := call(t, in, "argument", append(words(argumentAt+8, 3), "abc"...))
	got := c.LiftBytes(nil, nil)
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
	c.LiftBytes(nil, nil)
	assert.Error(t, c.Done())
	assert.Zero(t, global(in, "posts"))
}

func TestPostReturnThatTraps(t *testing.T) {
	in := start(t, "echo")
	c := in.Call(context.Background(), in.Func("post-traps"))
	c.Invoke()
	assert.Empty(t, c.LiftBytes(nil, nil))
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
			c.LowerU32(l)
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

func TestDatapointsAreLittleEndianOnEveryHost(t *testing.T) {
	points := []point{{0x0102030405060708, math.Pi}, {math.MaxUint64, math.Copysign(0, -1)}}
	guest := make([]byte, len(points)*datapointSize)
	storeDatapointsSwapped(guest, points)
	assert.Equal(t, []byte{8, 7, 6, 5, 4, 3, 2, 1}, guest[:8])
	back := make([]point, len(points))
	loadDatapointsSwapped(back, guest)
	assert.Equal(t, points, back)
	assert.True(t, math.Signbit(back[1].Value))

	direct := make([]byte, len(guest))
	storeDatapoints(direct, points)
	assert.Equal(t, guest, direct, "the copy and the conversion agree")
	clear(back)
	loadDatapoints(back, direct)
	assert.Equal(t, points, back)
}

func TestCallsAllocateNothing(t *testing.T) {
	in := start(t, "echo")
	f := in.Func("grown")
	ctx := context.Background()
	dst := make([]byte, 0, 64)
	argument := []byte("argument")
	assert.Zero(t, testing.AllocsPerRun(50, func() {
		c := in.Call(ctx, f)
		c.LowerBytes(argument)
		c.Invoke()
		dst = c.LiftBytes(dst[:0], nil)
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
			c := call(t, start(t, "echo"), "argument", append(words(1, argumentAt+12, uint32(len(test.text))), test.text...))
			_, message, isErr := c.LiftResultBytes(nil, nil)
			err := c.Done()
			if test.want == "" {
				var v *Violation
				require.ErrorAs(t, err, &v)
				return
			}
			require.NoError(t, err)
			assert.True(t, isErr)
			assert.Equal(t, Message{test.want, len(test.text)}, message)
		})
	}
}

// A check has the last word on what the header says, once that is within memory.
func TestChecksComeBeforeRoomIsMade(t *testing.T) {
	in := start(t, "echo")
	in.Reserve = func(int) error { t.Error("room was asked for"); return nil }
	refused := errors.New("refused")
	asked := 0
	refuse := func(n int) error { asked = n; return refused }

	c := call(t, in, "argument", words(argumentAt, 3))
	assert.Equal(t, "kept", string(c.LiftBytes([]byte("kept"), refuse)))
	require.ErrorIs(t, c.Done(), refused)
	assert.Equal(t, 3, asked)
	c = call(t, in, "argument", words(0, 16, 60_000))
	got, _, isErr := c.LiftResultBytes([]byte("kept"), refuse)
	require.ErrorIs(t, c.Done(), refused)
	assert.Equal(t, 60_000, asked)
	assert.Equal(t, "kept", string(got))
	assert.False(t, isErr)
	c = call(t, in, "argument", words(0, 16, 4000))
	points, _, _ := LiftResultDatapoints(c, []point{{1, 2}}, refuse)
	require.ErrorIs(t, c.Done(), refused)
	assert.Equal(t, 4000, asked)
	assert.Equal(t, []point{{1, 2}}, points)

	asked = 0
	c = call(t, in, "argument", words(1<<20, 3))
	c.LiftBytes(nil, refuse)
	var v *Violation
	require.ErrorAs(t, c.Done(), &v)
	assert.Zero(t, asked, "of a list outside of memory nobody asks")
	assert.Zero(t, global(in, "posts"), "no post-return after an error")
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
		got := c.LiftBytes(dst, nil)
		return got, c.Done()
	}
	for _, n := range []int{0, 1, small} {
		got, err := lift([]byte("kept"), n)
		require.NoError(t, err)
		assert.Len(t, got, 4+n)
	}
	_, err := lift(make([]byte, 0, 200_000), 200_000)
	require.NoError(t, err)
	assert.Empty(t, asked)
	got, err := lift([]byte("kept"), small+1)
	require.NoError(t, err)
	assert.Len(t, got, 4+small+1)
	assert.Equal(t, []int{small + 1}, asked)
	refuse = errors.New("no room")
	got, err = lift([]byte("kept"), 3<<20)
	require.ErrorIs(t, err, refuse)
	assert.Equal(t, "kept", string(got))
}

func TestAppendingAgainAndAgainIsLinear(t *testing.T) {
	const size = small + 1
	var dst []byte
	moved := 0
	for range 100 {
		before := cap(dst)
		c := call(t, start(t, "echo"), "argument", append(words(argumentAt+8, size), make([]byte, size)...))
		dst = c.LiftBytes(dst, nil)
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

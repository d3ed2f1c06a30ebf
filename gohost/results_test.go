package gohost_test

import (
	"bytes"
	"context"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
)

// lavish is a module whose answers are as large as the first four bytes of the
// input say.
func lavish(t testing.TB, opts ...gohost.Option) *gohost.Engine {
	return load(t, "lavish", append(opts, gohost.WithMaxInstances(2))...)
}

// ask is an input that asks for so much, with the rest of it.
func ask(n int, rest string) []byte {
	return append([]byte{byte(n & 127), byte(n >> 7 & 127), byte(n >> 14 & 127), byte(n >> 21 & 127)}, rest...)
}

// askBatch is a batch of so many bytes that asks for n.
func askBatch(n, size int) []byte {
	return append(ask(n, ""), make([]byte, size-4)...)
}

// allocated is how many bytes of Go memory f allocates.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// large is what hostile answers have here: little enough for an instance to stay
// when it had it, and far beyond what the host may allocate for it.
const (
	large  = 40 << 20
	little = 1 << 20
)

func TestMessagesAreCutBeforeTheyAreCopied(t *testing.T) {
	for name, opts := range engines {
		eng := lavish(t, opts...)
		for _, n := range []int{0, 1, 4096} {
			_, err := eng.ValidateStream(ctx, ask(n, "e"))
			var guest *gohost.GuestError
			require.ErrorAs(t, err, &guest)
			assert.Zero(t, guest.CutFrom)
			assert.Len(t, guest.Message, n)
		}
		for _, n := range []int{4097, large, large} {
			var err error
			bytes := allocated(func() { _, err = eng.ValidateStream(ctx, ask(n, "e")) })
			if eng.Stats().GuestErrors > 5 { // the memory of the guest has grown before
				assert.Less(t, bytes, uint64(little), name)
			}
			var guest *gohost.GuestError
			require.ErrorAs(t, err, &guest)
			assert.Equal(t, n, guest.CutFrom)
			assert.Len(t, strings.TrimSuffix(guest.Message, noteOf(n)), 4096)
			assert.True(t, strings.HasSuffix(err.Error(), noteOf(n)), "and the text says so")
		}
		assert.Zero(t, eng.Stats().InstancesDiscarded)
	}
}

func noteOf(n int) string {
	return map[int]string{4097: "… (cut: 4097 bytes)", large: "… (cut: 41943040 bytes)"}[n]
}

// Nothing is allocated for an answer that the contract forbids.
func TestAnswersAreBoundedByTheirInput(t *testing.T) {
	for name, opts := range engines {
		eng := lavish(t, append(opts, gohost.WithMaxInstances(1))...)
		refused := func(class error, text string, call func() error) {
			t.Helper()
			// So that the memory of an instance has grown before.
			_, err := eng.ValidateStream(ctx, ask(large, "e"))
			require.ErrorContains(t, err, "cut")
			assert.Less(t, allocated(func() { err = call() }), uint64(little), name)
			require.ErrorIs(t, err, class, name)
			assert.ErrorContains(t, err, text)
		}
		validate := func(points int, text string) func() error {
			return func() error { _, err := eng.ValidateStream(ctx, ask(points, text)); return err }
		}
		refused(gohost.ErrContract, "2621440 points were returned for a text of 40 bytes, which has at most 6", validate(large/16, strings.Repeat("x", 36)))
		refused(gohost.ErrContract, "1 points were returned for a text of 6 bytes, which has at most 0", validate(1, "xx"))
		refused(gohost.ErrContract, "3 points were returned for a text of 18 bytes, which has at most 2", validate(3, strings.Repeat("x", 14)))
		refused(gohost.ErrContract, "an empty list", validate(0, "x"))
		require.NoError(t, validate(1, "xxx")())
		require.NoError(t, validate(3, strings.Repeat("x", 15))())

		process := func(bytes, size int) func() error {
			return func() error { _, err := eng.ProcessBatch(ctx, askBatch(bytes, size)); return err }
		}
		refused(gohost.ErrContract, "41943040 bytes were returned for 32", process(large, 32))
		refused(gohost.ErrContract, "48 bytes were returned for 32", process(48, 32))
		refused(gohost.ErrContract, "15 bytes were returned for 32", process(15, 32))
		require.NoError(t, process(32, 32)())
		require.NoError(t, process(0, 32)())

		refused(gohost.ErrLimit, "41943040 bytes, and 65536 are allowed", func() error { _, err := eng.Merge(ctx, ask(large, ""), nil); return err })
		refused(gohost.ErrLimit, "65537 bytes, and 65536 are allowed", func() error { _, err := eng.Fold(ctx, ask(65537, ""), nil); return err })
		state, err := eng.Merge(ctx, ask(65536, ""), nil)
		require.NoError(t, err)
		assert.Len(t, state, 65536)
	}
}

// The shortest text of n points has 6n+1 bytes, so the bound refuses nothing that
// the engine itself answers.
func TestTheBoundOfPointsIsExact(t *testing.T) {
	eng := newEngine(t)
	for n := 1; n < 300; n++ {
		text := []byte("[" + strings.Repeat("[0,0],", n-1) + "[0,0]]")
		require.Len(t, text, 6*n+1)
		points, err := eng.ValidateStream(ctx, text)
		require.NoError(t, err)
		require.Len(t, points, n)
	}
}

func TestMaxResult(t *testing.T) {
	eng := lavish(t, gohost.WithMaxResult(1))
	_, err := eng.ProcessBatch(ctx, askBatch(1<<20, 2<<20))
	require.NoError(t, err)
	_, err = eng.ProcessBatch(ctx, askBatch(1<<20+16, 2<<20))
	require.ErrorIs(t, err, gohost.ErrLimit)
	assert.ErrorContains(t, err, "the result takes 1048592 bytes, and WithMaxResult allows 1048576")
	_, err = eng.ValidateStream(ctx, ask(1<<16+1, strings.Repeat("x", 1<<20)))
	require.ErrorIs(t, err, gohost.ErrLimit)

	room := make([]byte, 3, 2<<20)
	out, err := eng.AppendProcessed(ctx, room, askBatch(1<<20+16, 2<<20))
	require.NoError(t, err, "what the caller has room for is not allocated")
	assert.Len(t, out, 3+1<<20+16)
	assert.Same(t, &room[0], &out[0])
	assert.Equal(t, int64(1<<20), eng.Stats().ResultBytesPeak)
	assert.Zero(t, eng.Stats().ResultBytes)
}

func TestHeapLimitIsOfAllCallsThatRun(t *testing.T) {
	eng := lavish(t, gohost.WithHeapLimit(1))
	const most = 700 << 10
	busy, cancel := context.WithCancel(ctx)
	ended := make(chan error)
	go func() {
		_, err := eng.ProcessBatch(busy, append(ask(most, "l"), make([]byte, most-5)...))
		ended <- err
	}()
	// Its result is there, and its post-return does not end.
	require.Eventually(t, func() bool { return eng.Stats().ResultBytes == most }, time.Minute, time.Millisecond)
	_, err := eng.ProcessBatch(ctx, askBatch(most, most))
	require.ErrorIs(t, err, gohost.ErrLimit)
	assert.ErrorContains(t, err, "the result takes 716800 bytes beside the 716800 of other calls, and WithHeapLimit allows 1048576")
	_, err = eng.ProcessBatch(ctx, askBatch(64<<10, most))
	require.NoError(t, err, "a small result is not counted")
	cancel()
	require.ErrorIs(t, <-ended, context.Canceled)
	assert.Zero(t, eng.Stats().ResultBytes)
	_, err = eng.ProcessBatch(ctx, askBatch(most, most))
	require.NoError(t, err)
	assert.Zero(t, eng.Stats().ResultBytes)
	assert.Equal(t, int64(most), eng.Stats().ResultBytesPeak)
}

func TestResultsAreAppendedInPlaceOrMoved(t *testing.T) {
	eng := lavish(t)
	for _, room := range []int{0, 100, 3 << 20} {
		dst := append(make([]byte, 0, room), "kept"...)
		for _, n := range []int{16, 64 << 10, 1 << 20, 3<<20 + 16} {
			out, err := eng.AppendProcessed(ctx, dst, askBatch(n, 4<<20))
			require.NoError(t, err)
			require.Len(t, out, len("kept")+n)
			require.Equal(t, "kept", string(out[:4]))
			// What is at 65536 in the guest is the batch.
			require.True(t, bytes.Equal(askBatch(n, n), out[4:]), "%d bytes", n)
		}
	}
	dst := bytes.Repeat([]byte("0123456789"), 300_000) // in several steps
	out, err := eng.AppendProcessed(ctx, dst[:len(dst):len(dst)], askBatch(2<<20, 2<<20))
	require.NoError(t, err)
	require.True(t, bytes.HasPrefix(out, dst))
	require.Len(t, out, len(dst)+2<<20)
}

// The guest is quick here and asks for no fuel: only the host can see that the
// time is over.
func TestTimeIsLookedAtWhereTheHostWorks(t *testing.T) {
	points := make([]gohost.Datapoint, 20_000)
	calls := map[string]func(*gohost.Engine, context.Context) error{
		"fold": func(e *gohost.Engine, ctx context.Context) error { _, err := e.Fold(ctx, nil, points); return err },
		"aggregate": func(e *gohost.Engine, ctx context.Context) error {
			_, err := e.ComputeAggregate(ctx, points)
			return err
		},
		"lowering": func(e *gohost.Engine, ctx context.Context) error {
			_, err := e.ValidateChecksum(ctx, make([]byte, 3<<20), 0)
			return err
		},
		"lifting": func(e *gohost.Engine, ctx context.Context) error {
			_, err := e.ValidateStream(ctx, ask(150_000, strings.Repeat("x", 1<<20-8)))
			return err
		},
		"lifting into room": func(e *gohost.Engine, ctx context.Context) error {
			_, err := e.AppendValidated(ctx, make([]gohost.Datapoint, 0, 150_000), ask(150_000, strings.Repeat("x", 1<<20-8)))
			return err
		},
	}
	for name, call := range calls {
		eng := lavish(t, gohost.WithCallTimeout(time.Nanosecond))
		_, err := eng.Fold(ctx, nil, points[:8192])
		require.NoError(t, err, "a call that is done before anybody looks")
		err = call(eng, ctx)
		require.ErrorIs(t, err, gohost.ErrLimit, name)
		assert.ErrorContains(t, err, "time limit passed: 1ns", name)
		assert.Equal(t, uint64(1), eng.Stats().InstancesDiscarded)

		for what, opts := range map[string][]gohost.Option{"metered": nil, "unmetered": {gohost.WithDebugInfo()}} {
			eng := lavish(t, opts...)
			require.NoError(t, call(eng, ctx), what)
			// The first look is before there is an instance.
			err := call(eng, &endsAfter{Context: ctx, looks: 1})
			require.ErrorIs(t, err, context.Canceled, "%s, %s", name, what)
			assert.Zero(t, eng.Stats().ResultBytes)
		}
	}
}

// Neither is a text checked to its end for a caller that has gone.
func TestALongTextIsCheckedInSteps(t *testing.T) {
	eng := lavish(t)
	long := bytes.Repeat([]byte("é"), 2<<20)
	_, err := eng.ValidateStream(&endsAfter{Context: ctx, looks: 2}, long)
	require.ErrorIs(t, err, context.Canceled)
	assert.Zero(t, eng.Stats().Calls)
	for _, at := range []int{0, 1<<20 - 1, 1 << 20, 1<<20 + 1, len(long) - 1} {
		bad := bytes.Clone(long)
		bad[at] = 0xff
		_, err := eng.ValidateStream(ctx, bad)
		require.ErrorIs(t, err, gohost.ErrInvalidInput)
		assert.ErrorContains(t, err, "the text is not UTF-8 at byte ")
		assert.ErrorContains(t, err, " ff")
	}
	odd := append([]byte("x"), long...) // characters lie across the steps
	_, err = eng.ValidateStream(ctx, odd)
	require.NotErrorIs(t, err, gohost.ErrInvalidInput)
}

func TestHeapLimitsThatMakeNoSense(t *testing.T) {
	for want, opt := range map[string]gohost.Option{
		"WithMaxResult(0)":       gohost.WithMaxResult(0),
		"WithMaxResult(257)":     gohost.WithMaxResult(257),
		"WithHeapLimit(-1)":      gohost.WithHeapLimit(-1),
		"WithHeapLimit(1048577)": gohost.WithHeapLimit(1<<20 + 1),
	} {
		_, err := gohost.New(ctx, opt)
		require.ErrorIs(t, err, gohost.ErrInvalidInput, want)
		assert.ErrorContains(t, err, want)
	}
}

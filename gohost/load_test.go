package gohost_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
)

// module reads a module of testdata; `make testdata` builds them.
func module(t testing.TB, name string) []byte {
	t.Helper()
	wasm, err := os.ReadFile(filepath.Join("testdata", name+".wasm"))
	require.NoError(t, err)
	return wasm
}

func load(t testing.TB, name string, opts ...gohost.Option) *gohost.Engine {
	t.Helper()
	eng, err := gohost.Load(ctx, module(t, name), opts...)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, eng.Close(ctx)) })
	return eng
}

func TestModulesThatAreNoImplementation(t *testing.T) {
	for _, test := range []struct{ module, want string }{
		{"imports_function", `imports the function "env" "clock", which is not granted`},
		{"imports_global", `imports the global "env" "seed", which is not granted`},
		{"no_memory", `exports no memory called "memory"`},
		{"no_realloc", `does not export "cabi_realloc"`},
		{"newer", `it exports org:analytics/metrics@0.3.0, and this host knows 0.1.x and 0.2.x; it exports org:compute/pipeline@0.3.0`},
		{"wrong_type", `#validate-checksum" has the type (func (param i32 i32 i64) (result i32)), not (func (param i32 i32 i32) (result i32))`},
		{"wrong_post_return", `"cabi_post_org:compute/pipeline@0.1.0#process-batch" has the type (func (param i32) (result i32)), not (func (param i32))`},
		{"half_summary", `does not export "org:compute-pipeline/summary@0.1.0#merge"`},
	} {
		t.Run(test.module, func(t *testing.T) {
			_, err := gohost.Load(ctx, module(t, test.module))
			var failure, checked *gohost.Error
			require.ErrorAs(t, err, &failure)
			require.Equal(t, gohost.ErrContract, failure.Class)
			assert.ErrorContains(t, err, test.want)
			require.ErrorAs(t, gohost.Check(ctx, module(t, test.module)), &checked)
			require.Equal(t, failure.Err, checked.Err)
		})
	}
}

func TestComponentIsLoaded(t *testing.T) {
	require.NoError(t, gohost.Check(ctx, module(t, "component")))
	eng := load(t, "component")
	for expected, want := range map[uint32]bool{0: false, 7: true} {
		ok, err := eng.ValidateChecksum(ctx, []byte("data"), expected)
		require.NoError(t, err)
		assert.Equal(t, want, ok)
	}
	assert.False(t, eng.HasSummary())
}

func TestComponentThatImports(t *testing.T) {
	// An import section in front: a function called "log", whose type comes first.
	wasm := module(t, "component")
	imports := []byte("\x07\x05\x01\x40\x00\x01\x00" + "\x0a\x08\x01\x00\x03log\x01\x00")
	_, err := gohost.Load(ctx, slices.Concat(wasm[:8], imports, wasm[8:]))
	require.ErrorIs(t, err, gohost.ErrContract)
	assert.ErrorContains(t, err, `the component imports the function "log", which is not granted`)
}

func TestBytesThatAreNoModule(t *testing.T) {
	whole := module(t, "echo")
	component := append([]byte{0, 'a', 's', 'm', 0x0d, 0, 1, 0}, whole[8:]...)
	_, err := gohost.Load(ctx, component)
	require.ErrorIs(t, err, gohost.ErrModule)
	require.ErrorIs(t, err, gohost.ErrContract)
	assert.ErrorContains(t, err, "not a valid component")
	names := bytes.LastIndex(whole, []byte("\x04name")) - 3 // id and length of the section
	section := 8                                            // where the next one begins
	for cut := range whole {
		if cut == names { // all of the module is there but its debugging names
			continue
		}
		_, err := gohost.Load(ctx, whole[:cut], gohost.WithInterpreter())
		require.ErrorIs(t, err, gohost.ErrContract, "cut at %d", cut)
		if cut != section { // sections that are whole may make a module
			require.ErrorIs(t, err, gohost.ErrModule, "cut at %d", cut)
			continue
		}
		size, n := binary.Uvarint(whole[section+1:])
		section += 1 + n + int(size)
	}
}

func TestModulesThatCannotStart(t *testing.T) {
	for name, want := range map[string]string{"start_traps": "unreachable", "start_recurses": "call stack exhausted"} {
		_, err := gohost.Load(ctx, module(t, name))
		require.ErrorIs(t, err, gohost.ErrTrap, name)
		var trap *gohost.TrapError
		require.ErrorAs(t, err, &trap)
		assert.Contains(t, trap.Message, want)
	}
	_, err := gohost.Load(ctx, module(t, "big_memory"), gohost.WithMemoryLimit(24))
	require.ErrorIs(t, err, gohost.ErrLimit)
	assert.ErrorContains(t, err, "WithMemoryLimit allows 25165824")
	load(t, "big_memory", gohost.WithMemoryLimit(25))
}

// Without hardening, wazero v1.12.0 on amd64 answers -7 (see tests/miscompiled).
func TestLoadedModulesComputeFloatsRight(t *testing.T) {
	for name, opts := range map[string][]gohost.Option{
		"compiler": nil, "interpreter": {gohost.WithInterpreter()}, "cached": {gohost.WithCacheDir(t.TempDir())},
	} {
		agg, err := load(t, "select", opts...).ComputeAggregate(ctx, values(10, 3))
		require.NoError(t, err, name)
		assert.Equal(t, -13.0, agg.Sum, name)
	}
}

func TestPatchVersionsAreCompatible(t *testing.T) {
	require.NoError(t, gohost.Check(ctx, module(t, "patch")))
	ok, err := load(t, "patch").ValidateChecksum(ctx, nil, 5)
	require.NoError(t, err)
	assert.True(t, ok)
}

func TestWithoutSummary(t *testing.T) {
	eng := load(t, "echo")
	assert.False(t, eng.HasSummary())
	_, err := eng.Fold(ctx, nil, values(1))
	require.ErrorIs(t, err, gohost.ErrNoSummary)
	require.ErrorIs(t, err, gohost.ErrContract)
	assert.ErrorContains(t, err, "org:compute-pipeline/summary@0.1.x, which is optional")
	_, err = eng.Merge(ctx, nil, nil)
	require.ErrorIs(t, err, gohost.ErrNoSummary)
	_, err = eng.Finish(ctx, nil)
	require.ErrorIs(t, err, gohost.ErrNoSummary)
	assert.Zero(t, eng.Stats().InstancesDiscarded)

	// The whole list goes to compute-aggregate, whatever its length: the first
	// point is the answer's header, the next two the three numbers.
	points := make([]gohost.Datapoint, 100_000)
	points[0].Timestamp = 3<<32 | (1024 + 16)
	points[1] = gohost.Datapoint{Timestamp: math.Float64bits(1), Value: 2}
	points[2].Timestamp = math.Float64bits(3)
	agg, err := eng.ComputeAggregate(ctx, points)
	require.NoError(t, err)
	assert.Equal(t, gohost.Aggregate{Mean: 1, Variance: 2, Sum: 3}, agg)
	assert.True(t, newEngine(t).HasSummary())
}

func TestAnswersThatTheContractForbids(t *testing.T) {
	eng := load(t, "echo", gohost.WithMaxInstances(1))
	_, err := eng.ComputeAggregate(ctx, []gohost.Datapoint{{Timestamp: 2<<32 | 1024}})
	require.ErrorIs(t, err, gohost.ErrContract)
	assert.ErrorContains(t, err, "compute-aggregate of module ")
	assert.ErrorContains(t, err, "2 numbers")

	emptyOk := binary.LittleEndian.AppendUint64(make([]byte, 4), 1024)
	_, err = eng.ValidateStream(ctx, emptyOk)
	require.ErrorIs(t, err, gohost.ErrContract)

	_, err = eng.ProcessBatch(ctx, batch(5))
	require.ErrorIs(t, err, gohost.ErrContract)
	assert.ErrorContains(t, err, "15 bytes were returned for 16")
	assert.EqualValues(t, 3, eng.Stats().InstancesDiscarded)
}

// batch is one packed datapoint that begins with what echo.wat shall do.
func batch(do byte) []byte { return append([]byte{do}, make([]byte, 15)...) }

func TestFailedInstanceIsReplaced(t *testing.T) {
	var log bytes.Buffer
	eng := load(t, "echo", gohost.WithMaxInstances(1), gohost.WithMemoryLimit(2),
		gohost.WithLogger(slog.New(slog.NewTextHandler(&log, nil))))
	unbounded := func() (context.Context, context.CancelFunc) { return ctx, func() {} }
	// Both end when the guest asks for more fuel, and not before it runs.
	deadline := func() (context.Context, context.CancelFunc) { return lateTimer{ctx}, func() {} }
	canceled := func() (context.Context, context.CancelFunc) {
		return &endsAfter{Context: ctx, looks: 3}, func() {}
	}
	for i, test := range []struct {
		name  string
		ctx   func() (context.Context, context.CancelFunc)
		do    byte
		is    []error
		isNot []error
	}{
		{"trap", unbounded, 1, []error{gohost.ErrTrap}, []error{gohost.ErrLimit, gohost.ErrABI}},
		{"endless loop at a deadline", deadline, 2, []error{context.DeadlineExceeded}, []error{gohost.ErrTrap}},
		{"endless loop when canceled", canceled, 2, []error{context.Canceled}, []error{gohost.ErrTrap}},
		{"all memory", unbounded, 3, []error{gohost.ErrLimit, gohost.ErrTrap}, nil},
		{"endless recursion", unbounded, 4, []error{gohost.ErrLimit, gohost.ErrTrap}, nil},
	} {
		limited, cancel := test.ctx()
		_, err := eng.ProcessBatch(limited, batch(test.do))
		cancel()
		for _, class := range test.is {
			require.ErrorIs(t, err, class, test.name)
		}
		for _, class := range test.isNot {
			require.NotErrorIs(t, err, class, test.name)
		}
		if test.do == 4 {
			require.ErrorContains(t, err, "call stack exhausted")
		}
		assert.EqualValues(t, i+1, eng.Stats().InstancesDiscarded, test.name)
		out, err := eng.ProcessBatch(ctx, batch(0))
		require.NoError(t, err, "the next call is right")
		assert.Equal(t, batch(0), out)
	}
	assert.Contains(t, log.String(), "instance discarded")
	assert.Contains(t, log.String(), "function=process-batch")
}

func TestABIViolationDiscards(t *testing.T) {
	eng := load(t, "echo", gohost.WithMaxInstances(1))
	_, err := eng.ComputeAggregate(ctx, []gohost.Datapoint{{Timestamp: 1 << 28 << 32}})
	require.ErrorIs(t, err, gohost.ErrABI)
	assert.NotErrorIs(t, err, gohost.ErrTrap)
	assert.EqualValues(t, 1, eng.Stats().InstancesDiscarded)
	assert.Equal(t, 0, eng.Stats().Instances)
	assert.Zero(t, eng.Stats().MemoryBytes)
	_, err = eng.ProcessBatch(ctx, batch(0))
	require.NoError(t, err)
	assert.Equal(t, 1, eng.Stats().Instances)
	assert.Positive(t, eng.Stats().MemoryBytes)
}

func TestGuestErrorKeepsTheInstance(t *testing.T) {
	eng := load(t, "echo", gohost.WithMaxInstances(1))
	raw := append([]byte{1, 0, 0, 0, 0, 4, 0, 0, 4, 0, 0, 0}, "none"...)
	raw[4], raw[5] = 12, 4 // the text is at 1024+12
	_, err := eng.ValidateStream(ctx, raw)
	var answer *gohost.GuestError
	require.ErrorAs(t, err, &answer)
	assert.Equal(t, "none", answer.Message)
	assert.Equal(t, uint64(1), eng.Stats().GuestErrors)
	assert.Zero(t, eng.Stats().InstancesDiscarded)
}

func TestInvalidInputNeverReachesTheGuest(t *testing.T) {
	eng := newEngine(t, gohost.WithMaxInstances(1))
	calls := eng.Stats().Calls
	_, err := eng.ProcessBatch(ctx, make([]byte, 17))
	require.ErrorIs(t, err, gohost.ErrInvalidInput)
	assert.ErrorContains(t, err, "17 bytes, which is not a multiple of 16")
	_, err = eng.ValidateStream(ctx, []byte("[{\"a\": \"\xff\"}]"))
	require.ErrorIs(t, err, gohost.ErrInvalidInput)
	assert.ErrorContains(t, err, "not UTF-8 at byte 8: ff 22 7d 5d")
	huge := make([]byte, 1<<28) // never touched, so never real
	_, err = eng.ProcessBatch(ctx, huge)
	require.ErrorIs(t, err, gohost.ErrInvalidInput)
	_, err = eng.ValidateChecksum(ctx, huge, 0)
	require.ErrorIs(t, err, gohost.ErrInvalidInput)
	_, err = eng.Finish(ctx, huge)
	require.ErrorIs(t, err, gohost.ErrInvalidInput)
	assert.Equal(t, calls, eng.Stats().Calls)
}

func TestPanicMessageReachesTheHost(t *testing.T) {
	eng := newEngine(t, gohost.WithMemoryLimit(1))
	_, err := eng.ValidateChecksum(ctx, make([]byte, 2<<20), 0)
	require.ErrorIs(t, err, gohost.ErrLimit)
	require.ErrorIs(t, err, gohost.ErrTrap)
	var trap *gohost.TrapError
	require.ErrorAs(t, err, &trap)
	assert.Equal(t, "out of memory: cannot allocate 2097152 bytes", trap.Message)
	assert.NotEmpty(t, trap.Stack)
	ok, err := eng.ValidateChecksum(ctx, nil, 0)
	require.NoError(t, err)
	assert.True(t, ok)
}

func TestNothingIsLeftBehind(t *testing.T) {
	goroutines := runtime.NumGoroutine()
	for range 5 {
		eng, err := gohost.Load(ctx, module(t, "echo"), gohost.WithMaxInstances(4))
		require.NoError(t, err)
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				deadline, cancel := context.WithTimeout(ctx, time.Millisecond)
				defer cancel()
				_, err := eng.ProcessBatch(deadline, batch(2))
				assert.ErrorIs(t, err, context.DeadlineExceeded)
			})
		}
		wg.Wait()
		require.NoError(t, eng.Close(ctx))
		assert.Zero(t, eng.Stats().Instances)
		assert.Zero(t, eng.Stats().MemoryBytes)
	}
	// One more is the goroutine that asks.
	require.Eventually(t, func() bool { return runtime.NumGoroutine() <= goroutines+1 }, time.Minute, 10*time.Millisecond)
}

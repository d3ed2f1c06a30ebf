package cabi

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"example.org/compute-pipeline/gohost/internal/fuel"
)

// world is an instance of a module of testdata that imports test:host.
type world struct {
	*Instance
	t           testing.TB
	meter       *fuel.Meter
	runtime     wazero.Runtime
	startModule func(context.Context) (api.Module, error)
	// take is the implementation of the import.
	take           func(*Call)
	thing, counter *ResourceType
	// dropped are the values of the things that the guest dropped.
	dropped []any
	// dropThing is what dropping a thing returns.
	dropThing func(value any) error
}

// onBoth runs a test on wazero's compiler and its interpreter.
func onBoth(t *testing.T, test func(t *testing.T, config wazero.RuntimeConfig)) {
	t.Run("compiler", func(t *testing.T) { test(t, wazero.NewRuntimeConfig()) })
	t.Run("interpreter", func(t *testing.T) { test(t, wazero.NewRuntimeConfigInterpreter()) })
}

func startWorld(t testing.TB, config wazero.RuntimeConfig, name string) *world {
	t.Helper()
	w := prepareWorld(t, config, name)
	w.start(context.Background())
	return w
}

func prepareWorld(t testing.TB, config wazero.RuntimeConfig, name string) *world {
	ctx := context.Background()
	w := &world{t: t, runtime: wazero.NewRuntimeWithConfig(ctx, config), Instance: NewInstance(nil), meter: &fuel.Meter{}}
	t.Cleanup(func() { assert.NoError(t, w.runtime.Close(ctx)) })
	w.Imports = true
	w.take = func(c *Call) { c.PushU32(0) }
	w.thing = &ResourceType{Interface: "test:host/host", Version: "1.0.0", Name: "thing", Drop: func(_ context.Context, value any) error {
		w.dropped = append(w.dropped, value)
		if w.dropThing != nil {
			return w.dropThing(value)
		}
		return nil
	}}
	w.counter = &ResourceType{Interface: "test:host/own", Version: "1.0.0", Name: "counter", Exported: true}
	take := HostFunction{
		Interface: "test:host/host", Version: "1.0.0", Name: "take", Params: "ii", Results: "i",
		Call: func(c *Call) { w.take(c) },
	}
	for _, functions := range [][]HostFunction{append(w.thing.Functions(), take), w.counter.Functions()} {
		require.NoError(t, Instantiate(ctx, w.runtime, functions[0].Module(), functions))
	}
	wasm, err := os.ReadFile(filepath.Join("testdata", name+".wasm"))
	require.NoError(t, err)
	compiled, err := w.runtime.CompileModule(ctx, wasm)
	require.NoError(t, err)
	w.startModule = func(ctx context.Context) (api.Module, error) {
		return w.runtime.InstantiateModule(ctx, compiled, wazero.NewModuleConfig())
	}
	return w
}

func (w *world) start(ctx context.Context) {
	w.meter.Begin(ctx, fuel.Limits{Budget: fuel.Unlimited})
	module, err := w.startModule(w.Within(w.meter))
	require.NoError(w.t, err)
	w.Leave()
	w.Bind(module)
	require.NoError(w.t, w.meter.Bind(module))
}

// call calls a function of i32s, metered.
func (w *world) call(function string, args ...uint32) (uint32, error) {
	return w.callWith(context.Background(), fuel.Limits{Budget: fuel.Unlimited}, function, args...)
}

func (w *world) callWith(ctx context.Context, limits fuel.Limits, function string, args ...uint32) (uint32, error) {
	w.meter.Begin(ctx, limits)
	c := w.Call(w.meter, w.Func(function))
	for _, a := range args {
		c.PushU32(a)
	}
	c.Invoke()
	result := c.PopU32()
	return result, c.Done()
}

func (w *world) write(at uint32, data string) { require.True(w.t, w.memory.WriteString(at, data)) }

func TestImportTakesAndReturnsValues(t *testing.T) {
	onBoth(t, func(t *testing.T, config wazero.RuntimeConfig) {
		w := startWorld(t, config, "imports")
		w.write(16, "grüße")
		w.take = func(c *Call) {
			s := c.PopString()
			require.True(t, c.Lifted())
			assert.Equal(t, "grüße", s)
			c.PushU32(uint32(len(s)))
		}
		n, err := w.call("run", 16, 7)
		require.NoError(t, err)
		assert.EqualValues(t, 7, n)

		// A result in memory: realloc runs within the import, and grows the memory.
		long := strings.Repeat("x", 200_000)
		w.take = func(c *Call) {
			_ = c.PopU32()
			area := c.PopArea(16, 4)
			c.StoreStrings(area, []string{"a", long})
			c.StoreU32(area+8, 5)
			c.PushU32(area)
		}
		at, err := w.call("run", 0, 64)
		require.NoError(t, err)
		w.take = func(c *Call) {
			area := c.PopArea(16, 4)
			assert.Equal(t, []string{"a", long}, c.LoadStrings(area, nil))
			assert.EqualValues(t, 5, c.LoadU32(area+8))
			c.PushU32(0)
		}
		_, err = w.call("run", at, 0)
		require.NoError(t, err)
	})
}

func TestAreaOfAnImportIsChecked(t *testing.T) {
	w := startWorld(t, wazero.NewRuntimeConfig(), "imports")
	w.take = func(c *Call) { c.StoreU64(c.PopArea(8, 8), 1) }
	for _, at := range []uint32{4, 1<<16 - 4, 1 << 16, 0xfffffff8} {
		_, err := w.call("run", at, 0)
		var v *Violation
		require.ErrorAs(t, err, &v, at)
	}
}

func TestImportThatFailsEndsTheCall(t *testing.T) {
	onBoth(t, func(t *testing.T, config wazero.RuntimeConfig) {
		cause := errors.New("the disk is full")
		for name, test := range map[string]struct {
			take  func(*Call)
			want  string
			is    error
			stack bool
		}{
			"an error":       {func(c *Call) { c.HostError(fmt.Errorf("put: %w", cause)) }, "put: the disk is full", cause, false},
			"a panic":        {func(*Call) { panic("out of luck") }, "out of luck", nil, true},
			"an error panic": {func(*Call) { panic(cause) }, "the disk is full", cause, true},
			"nil dereference": {func(c *Call) {
				var p *Call
				p.PushU32(p.flats2())
			}, "nil pointer", nil, true},
			"an invalid value": {func(c *Call) { c.PushChar(0xd800) }, "scalar value", nil, false},
		} {
			w := startWorld(t, config, "imports")
			w.take = test.take
			_, err := w.call("run", 0, 0)
			var host *HostError
			require.ErrorAs(t, err, &host, name)
			assert.Equal(t, "test:host/host@1.0.0#take", host.Function)
			assert.ErrorContains(t, host, test.want, name)
			assert.Equal(t, test.stack, host.Stack != "", name)
			if test.is != nil {
				require.ErrorIs(t, err, test.is, name)
			}
			var trap *Trap
			assert.NotErrorAs(t, err, &trap, name)
		}
	})
}

// flats2 dereferences a nil Call.
func (c *Call) flats2() uint32 { return uint32(c.flats[0]) }

func TestArgumentsOfAnImportAreChecked(t *testing.T) {
	w := startWorld(t, wazero.NewRuntimeConfig(), "imports")
	called := false
	w.take = func(c *Call) {
		_ = c.PopString()
		if c.Lifted() {
			called = true
		}
		c.PushU32(0)
	}
	w.write(16, "\xed\xa0\x80")
	for _, args := range [][]uint32{{16, 3}, {1 << 16, 1}, {0, 1 << 28}, {0xffffffff, 2}} {
		_, err := w.call("run", args...)
		var v *Violation
		require.ErrorAs(t, err, &v)
	}
	assert.False(t, called)
}

func TestReallocAndPostReturnCallNoImport(t *testing.T) {
	onBoth(t, func(t *testing.T, config wazero.RuntimeConfig) {
		w := startWorld(t, config, "imports")
		calls := 0
		w.take = func(c *Call) { calls++; c.PushU32(0) }
		setGlobal(w.Instance, "in-realloc", 1)
		w.meter.Begin(t.Context(), fuel.Limits{Budget: fuel.Unlimited})
		c := w.Call(w.meter, w.Func("run"))
		c.PushString("argument")
		err := c.Done()
		var v *Violation
		require.ErrorAs(t, err, &v)
		assert.ErrorContains(t, err, "realloc or post-return called the import test:host/host@1.0.0#take")
		assert.Zero(t, calls)

		w = startWorld(t, config, "imports")
		w.take = func(c *Call) { calls++; c.PushU32(0) }
		setGlobal(w.Instance, "in-post", 1)
		_, err = w.call("run", 0, 0)
		require.ErrorAs(t, err, &v)
		assert.Equal(t, 1, calls, "only from the function itself")
	})
}

func TestInstanceCannotBeCalledWithinItsCall(t *testing.T) {
	w := startWorld(t, wazero.NewRuntimeConfig(), "imports")
	var within, dropping error
	index, err := w.call("new", 7)
	require.NoError(t, err)
	var own *Handle
	w.take = func(c *Call) {
		own = c.LiftHandle(w.counter, c.PopU32())
		inner := w.Call(context.Background(), w.Func("run"))
		inner.PushU32(1)
		inner.PushString("x")
		inner.Invoke()
		assert.Zero(t, inner.PopU32())
		within = inner.Done()
		dropping = w.Drop(context.Background(), own)
		c.PushU32(9)
	}
	got, err := w.call("run", index, 0)
	require.NoError(t, err, "the call itself goes on")
	assert.EqualValues(t, 9, got)
	require.ErrorIs(t, within, ErrBusy)
	require.ErrorIs(t, dropping, ErrBusy)
	w.meter.Begin(t.Context(), fuel.Limits{Budget: fuel.Unlimited})
	require.NoError(t, w.Drop(w.meter, own), "it was not dropped")
	assert.EqualValues(t, 7, global(w.Instance, "destroyed"))
}

type contextKey struct{}

func TestContextReachesTheImplementation(t *testing.T) {
	w := startWorld(t, wazero.NewRuntimeConfig(), "imports")
	var got, again context.Context
	w.take = func(c *Call) { got, again = c.Context(), c.Context(); c.PushU32(0) }
	ctx := context.WithValue(t.Context(), contextKey{}, "value")
	_, err := w.callWith(ctx, fuel.Limits{Budget: fuel.Unlimited}, "run", 0, 0)
	require.NoError(t, err)
	assert.Equal(t, ctx, got, "without a limit it is the caller's own")

	_, err = w.callWith(ctx, fuel.Limits{Budget: fuel.Unlimited, Time: time.Hour}, "run", 0, 0)
	require.NoError(t, err)
	assert.Equal(t, "value", got.Value(contextKey{}))
	assert.Equal(t, got, again, "it is made once a call")
	deadline, ok := got.Deadline()
	require.True(t, ok)
	assert.Greater(t, time.Until(deadline), 30*time.Minute)
	assert.ErrorIs(t, got.Err(), context.Canceled, "it ends with the call")
}

func TestEndedContextStopsAnImport(t *testing.T) {
	w := startWorld(t, wazero.NewRuntimeConfig(), "imports")
	ctx, cancel := context.WithCancel(t.Context())
	calls := 0
	w.take = func(c *Call) { calls++; cancel(); c.PushU32(0) }
	_, err := w.callWith(ctx, fuel.Limits{Budget: fuel.Unlimited}, "repeat", 10, 0, 0)
	var stopped *fuel.Stopped
	require.ErrorAs(t, err, &stopped)
	require.ErrorIs(t, err, context.Canceled)
	assert.Equal(t, 1, calls)

	w = startWorld(t, wazero.NewRuntimeConfig(), "imports")
	ctx, cancel = context.WithCancel(t.Context())
	w.take = func(c *Call) { cancel(); c.HostError(c.Context().Err()) }
	_, err = w.callWith(ctx, fuel.Limits{Budget: fuel.Unlimited}, "run", 0, 0)
	require.ErrorIs(t, err, context.Canceled)
	var host *HostError
	assert.NotErrorAs(t, err, &host, "the implementation obeyed its context")
}

func TestImportsUseFuel(t *testing.T) {
	w := startWorld(t, wazero.NewRuntimeConfig(), "imports")
	w.take = func(c *Call) { _ = c.PopString(); _ = c.Lifted(); c.PushU32(0) }
	used := func(args ...uint32) uint64 {
		_, err := w.call("repeat", args...)
		require.NoError(t, err)
		n, err := w.meter.End()
		require.NoError(t, err)
		return n
	}
	none, one, ten := used(0, 0, 0), used(1, 0, 0), used(10, 0, 0)
	assert.Equal(t, ten, used(10, 0, 0), "the same each time")
	assert.GreaterOrEqual(t, one-none, uint64(callPrice))
	assert.GreaterOrEqual(t, ten-none, uint64(10*callPrice))
	long := used(1, 0, 1<<16)
	assert.GreaterOrEqual(t, long-one, uint64(1<<16/16), "a copy of 64 KiB")

	_, err := w.callWith(t.Context(), fuel.Limits{Budget: 5_000}, "repeat", 1_000, 0, 0)
	require.ErrorIs(t, err, fuel.ErrBudget)
}

func TestMemoryOfArgumentsIsCountedAndReleased(t *testing.T) {
	w := startWorld(t, wazero.NewRuntimeConfig(), "imports")
	_, ok := w.memory.Grow(8)
	require.True(t, ok)
	var asked []int
	w.Reserve = func(n int) error { asked = append(asked, n); return nil }
	w.take = func(c *Call) { assert.Len(t, c.PopString(), 300_000); c.PushU32(0) }
	_, err := w.call("repeat", 2, 0, 300_000)
	require.NoError(t, err)
	assert.Equal(t, []int{300_000, -300_000, 300_000, -300_000}, asked)

	refused := errors.New("no room")
	w.Reserve = func(n int) error { return refused }
	called := false
	w.take = func(c *Call) { _ = c.PopString(); called = c.Lifted() }
	_, err = w.call("repeat", 2, 0, 300_000)
	require.ErrorIs(t, err, refused)
	assert.False(t, called)
}

func TestStartFunctionCallsAnImport(t *testing.T) {
	onBoth(t, func(t *testing.T, config wazero.RuntimeConfig) {
		w := prepareWorld(t, config, "start_calls")
		var got string
		var ctx context.Context
		w.take = func(c *Call) { got, ctx = c.PopString(), c.Context(); c.PushU32(42) }
		own := context.WithValue(t.Context(), contextKey{}, "start")
		w.start(own)
		assert.Equal(t, "at the start", got)
		assert.Equal(t, own, ctx)
		assert.EqualValues(t, 42, global(w.Instance, "got"))
	})
}

func TestImportThatFailsAtTheStart(t *testing.T) {
	w := prepareWorld(t, wazero.NewRuntimeConfig(), "start_calls")
	cause := errors.New("not yet")
	w.take = func(c *Call) { c.HostError(cause) }
	w.meter.Begin(t.Context(), fuel.Limits{Budget: fuel.Unlimited})
	_, err := w.startModule(w.Within(w.meter))
	w.Leave()
	err = StartTrap(t.Context(), true, err)
	require.ErrorIs(t, err, cause)
	var host *HostError
	require.ErrorAs(t, err, &host)
}

func TestImportOutsideOfACall(t *testing.T) {
	w := prepareWorld(t, wazero.NewRuntimeConfig(), "start_calls")
	_, err := w.startModule(context.Background())
	var v *Violation
	require.ErrorAs(t, err, &v)
}

func TestUnmeteredImports(t *testing.T) {
	w := startWorld(t, wazero.NewRuntimeConfig(), "imports")
	ctx, cancel := context.WithCancel(context.WithValue(t.Context(), contextKey{}, "value"))
	w.take = func(c *Call) {
		assert.Equal(t, "value", c.Context().Value(contextKey{}))
		cancel()
		c.PushU32(3)
	}
	c := w.Call(ctx, w.Func("run"))
	c.PushU32(0)
	c.PushU32(0)
	c.Invoke()
	assert.EqualValues(t, 3, c.PopU32())
	require.NoError(t, c.Done())
	c = w.Call(ctx, w.Func("run"))
	c.PushU32(0)
	c.PushU32(0)
	c.Invoke()
	require.ErrorIs(t, c.Done(), context.Canceled)
}

func TestFlatTypesAreLetters(t *testing.T) {
	for _, f := range []HostFunction{{Name: "f", Params: "ix"}, {Name: "f", Results: "v"}} {
		err := Instantiate(t.Context(), wazero.NewRuntime(t.Context()), "$root", []HostFunction{f})
		assert.ErrorContains(t, err, "$root#f")
	}
	for want, f := range map[string]HostFunction{
		"$root": {}, "a:b/c": {Interface: "a:b/c"}, "a:b/c@1.0.0": {Interface: "a:b/c", Version: "1.0.0"},
		"[export]a:b/c@1.0.0": {Interface: "a:b/c", Version: "1.0.0", Exported: true},
	} {
		assert.Equal(t, want, f.Module())
	}
}

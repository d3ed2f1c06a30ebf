package fuel_test

import (
	"context"
	_ "embed"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"example.org/compute-pipeline/gohost/internal/fuel"
)

//go:embed testdata/metered.wasm
var metered []byte

// guest is an instance of the module with its meter.
type guest struct {
	t      *testing.T
	module api.Module
	meter  fuel.Meter
}

func start(t *testing.T, config wazero.RuntimeConfig) *guest {
	t.Helper()
	r := wazero.NewRuntimeWithConfig(t.Context(), config)
	t.Cleanup(func() { assert.NoError(t, r.Close(context.Background())) })
	require.NoError(t, fuel.Instantiate(t.Context(), r))
	g := &guest{t: t}
	g.meter.Begin(t.Context(), fuel.Limits{Budget: fuel.Unlimited})
	var err error
	g.module, err = r.Instantiate(&g.meter, metered)
	require.NoError(t, err)
	require.NoError(t, g.meter.Bind(g.module))
	_, err = g.meter.End()
	require.NoError(t, err)
	return g
}

// call charges units by the function, in a call of its own.
func (g *guest) call(ctx context.Context, limits fuel.Limits, function string, units ...uint64) (uint64, error) {
	g.meter.Begin(ctx, limits)
	var err error
	for _, n := range units {
		if err == nil {
			_, err = g.module.ExportedFunction(function).Call(&g.meter, n)
		}
	}
	used, over := g.meter.End()
	if err == nil {
		err = over
	}
	return used, err
}

func each(t *testing.T, test func(t *testing.T, g *guest)) {
	for name, config := range map[string]wazero.RuntimeConfig{
		"compiler": wazero.NewRuntimeConfig(), "interpreter": wazero.NewRuntimeConfigInterpreter(),
	} {
		t.Run(name, func(t *testing.T) { test(t, start(t, config)) })
	}
}

func TestFuelUsedIsWhatWasCharged(t *testing.T) {
	each(t, func(t *testing.T, g *guest) {
		for _, units := range [][]uint64{{0}, {1}, {fuel.Slice}, {fuel.Slice + 1}, {10*fuel.Slice + 7}, {5, fuel.Slice, 90, 3 * fuel.Slice}} {
			want := uint64(0)
			for _, n := range units {
				want += n
			}
			used, err := g.call(t.Context(), fuel.Limits{Budget: fuel.Unlimited}, "burn", units...)
			require.NoError(t, err)
			assert.Equal(t, want, used, "%d: what an earlier call left over is not counted", units)
		}
	})
}

func TestABudgetIsExact(t *testing.T) {
	each(t, func(t *testing.T, g *guest) {
		for _, need := range []uint64{1, 100, fuel.Slice, fuel.Slice + 1, 7 * fuel.Slice} {
			used, err := g.call(t.Context(), fuel.Limits{Budget: need}, "burn", need)
			require.NoError(t, err)
			assert.Equal(t, need, used)
			used, err = g.call(t.Context(), fuel.Limits{Budget: need - 1}, "burn", need)
			require.ErrorIs(t, err, fuel.ErrBudget, "%d", need)
			assert.Zero(t, used, "what could not be paid was not done")
			used, err = g.call(t.Context(), fuel.Limits{Budget: need + 10}, "burn", need, 11)
			require.ErrorIs(t, err, fuel.ErrBudget)
			assert.Equal(t, need, used)
		}
	})
}

func TestWhatIsChargedAtTheEndCountsToo(t *testing.T) {
	each(t, func(t *testing.T, g *guest) {
		used, err := g.call(t.Context(), fuel.Limits{Budget: 500}, "bulk", 500)
		require.NoError(t, err)
		assert.Equal(t, uint64(500), used)
		used, err = g.call(t.Context(), fuel.Limits{Budget: 499}, "bulk", 500)
		require.ErrorIs(t, err, fuel.ErrBudget)
		assert.Equal(t, uint64(500), used)
		used, err = g.call(t.Context(), fuel.Limits{Budget: fuel.Unlimited}, "bulk", 9*fuel.Slice)
		require.NoError(t, err)
		assert.Equal(t, uint64(9*fuel.Slice), used)
	})
}

func TestAMeterStopsAGuest(t *testing.T) {
	each(t, func(t *testing.T, g *guest) {
		const enough = 2 * fuel.Slice // to ask for more
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := g.call(ended, fuel.Limits{Budget: fuel.Unlimited}, "burn", enough)
		require.ErrorIs(t, err, context.Canceled)
		var stopped *fuel.Stopped
		require.ErrorAs(t, err, &stopped)

		passed, cancel := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
		defer cancel()
		_, err = g.call(passed, fuel.Limits{Budget: fuel.Unlimited}, "burn", enough)
		require.ErrorIs(t, err, context.DeadlineExceeded)

		_, err = g.call(t.Context(), fuel.Limits{Budget: fuel.Unlimited, Time: time.Nanosecond}, "burn", enough)
		require.ErrorIs(t, err, fuel.ErrTime)
		// The context's own end comes first where it is earlier.
		_, err = g.call(passed, fuel.Limits{Budget: fuel.Unlimited, Time: time.Hour}, "burn", enough)
		require.ErrorIs(t, err, context.DeadlineExceeded)
	})
}

// lateTimer is a context whose deadline has passed before its timer has fired,
// as on a busy machine.
type lateTimer struct{ context.Context }

func (lateTimer) Deadline() (time.Time, bool) { return time.Now().Add(-time.Millisecond), true }
func (lateTimer) Err() error                  { return nil }

func TestTheClockIsAskedNotTheTimer(t *testing.T) {
	each(t, func(t *testing.T, g *guest) {
		_, err := g.call(lateTimer{t.Context()}, fuel.Limits{Budget: fuel.Unlimited}, "burn", 2*fuel.Slice)
		require.ErrorIs(t, err, context.DeadlineExceeded)
	})
}

func TestAMeterIsFoundThroughOtherContexts(t *testing.T) {
	each(t, func(t *testing.T, g *guest) {
		type key struct{}
		g.meter.Begin(context.WithValue(t.Context(), key{}, "outer"), fuel.Limits{Budget: fuel.Unlimited})
		wrapped := context.WithValue(&g.meter, key{}, "inner")
		assert.Same(t, &g.meter, fuel.FromContext(wrapped))
		assert.Equal(t, "outer", g.meter.Value(key{}))
		_, err := g.module.ExportedFunction("burn").Call(wrapped, 5*fuel.Slice)
		require.NoError(t, err)
		used, err := g.meter.End()
		require.NoError(t, err)
		assert.Equal(t, uint64(5*fuel.Slice), used)
	})
}

func TestACallWithoutAMeterFails(t *testing.T) {
	each(t, func(t *testing.T, g *guest) {
		assert.Nil(t, fuel.FromContext(t.Context()))
		_, err := g.module.ExportedFunction("burn").Call(t.Context(), 5*fuel.Slice)
		require.ErrorContains(t, err, "a call without a meter")
	})
}

func TestAModuleWithoutMeteringIsNoticed(t *testing.T) {
	r := wazero.NewRuntime(t.Context())
	defer r.Close(t.Context())
	module, err := r.Instantiate(t.Context(), []byte("\x00asm\x01\x00\x00\x00"))
	require.NoError(t, err)
	var meter fuel.Meter
	require.ErrorContains(t, meter.Bind(module), "was not metered")
}

func TestCheckOfAContext(t *testing.T) {
	require.NoError(t, fuel.Check(t.Context()))
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	var stopped *fuel.Stopped
	err := fuel.Check(ended)
	require.ErrorAs(t, err, &stopped)
	require.ErrorIs(t, err, context.Canceled)

	// Of a call that is metered the meter says, which knows the time limit too.
	var meter fuel.Meter
	meter.Begin(t.Context(), fuel.Limits{Budget: fuel.Unlimited, Time: time.Nanosecond})
	require.ErrorIs(t, fuel.Check(&meter), fuel.ErrTime)
	meter.Begin(t.Context(), fuel.Limits{Budget: fuel.Unlimited, Time: time.Hour})
	require.NoError(t, fuel.Check(&meter))
	meter.Begin(ended, fuel.Limits{Budget: fuel.Unlimited})
	require.ErrorIs(t, fuel.Check(&meter), context.Canceled)
}

func TestACallThatIsWholeEndsByItself(t *testing.T) {
	each(t, func(t *testing.T, g *guest) {
		canceled, cancel := context.WithCancel(t.Context())
		cancel()
		late, cancel := context.WithTimeout(t.Context(), -time.Second)
		defer cancel()
		for _, ctx := range []context.Context{canceled, late} {
			used, err := g.call(ctx, fuel.Limits{Budget: fuel.Unlimited, Whole: true}, "burn", 10*fuel.Slice, fuel.Slice)
			require.NoError(t, err)
			assert.EqualValues(t, 11*fuel.Slice, used)
			_, err = g.call(ctx, fuel.Limits{Budget: fuel.Unlimited}, "burn", 10*fuel.Slice)
			require.ErrorIs(t, err, ctx.Err())
		}
	})
}

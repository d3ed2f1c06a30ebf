package fuel_test

import (
	"context"
	_ "embed"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"example.org/compute-pipeline/gohost/internal/fuel"
)

//go:embed testdata/paying.wasm
var paying []byte

// startedWith is what the start function of paying needs.
const startedWith = 1234 + 1000

// startPaying is start for the module that lets the host charge it.
func startPaying(t *testing.T, config wazero.RuntimeConfig, limits fuel.Limits) (*guest, uint64, error) {
	t.Helper()
	r := wazero.NewRuntimeWithConfig(t.Context(), config)
	t.Cleanup(func() { assert.NoError(t, r.Close(context.Background())) })
	require.NoError(t, fuel.Instantiate(t.Context(), r))
	_, err := r.NewHostModuleBuilder("host").NewFunctionBuilder().
		WithGoModuleFunction(api.GoModuleFunc(func(ctx context.Context, m api.Module, stack []uint64) {
			if err := fuel.FromContext(ctx).Charge(m, stack[0]); err != nil {
				panic(err)
			}
		}), []api.ValueType{api.ValueTypeI64}, nil).Export("pay").Instantiate(t.Context())
	require.NoError(t, err)
	g := &guest{t: t}
	g.meter.Begin(t.Context(), limits)
	g.module, err = r.Instantiate(&g.meter, paying)
	if err == nil {
		require.NoError(t, g.meter.Bind(g.module))
	}
	used, over := g.meter.End()
	if err == nil {
		err = over
	}
	return g, used, err
}

func eachPaying(t *testing.T, test func(t *testing.T, g *guest)) {
	for name, config := range map[string]wazero.RuntimeConfig{
		"compiler": wazero.NewRuntimeConfig(), "interpreter": wazero.NewRuntimeConfigInterpreter(),
	} {
		t.Run(name, func(t *testing.T) {
			g, used, err := startPaying(t, config, fuel.Limits{Budget: fuel.Unlimited})
			require.NoError(t, err)
			require.EqualValues(t, startedWith, used)
			test(t, g)
		})
	}
}

func TestWhatTheHostChargesCountsAsTheGuestsOwn(t *testing.T) {
	eachPaying(t, func(t *testing.T, g *guest) {
		for _, units := range []uint64{0, 1, fuel.Slice - 1, fuel.Slice, fuel.Slice + 1, 10*fuel.Slice + 7, 1 << 40, 1 << 62} {
			for function, want := range map[string]uint64{"pay": units, "both": 10*units + 70, "bulk": 2 * units} {
				if function == "both" && units > 1<<58 || function == "bulk" && units > 1<<61 {
					continue
				}
				used, err := g.call(t.Context(), fuel.Limits{Budget: fuel.Unlimited}, function, units)
				require.NoError(t, err)
				assert.Equal(t, want, used, "%s %d", function, units)

				// A budget is exact.
				used, err = g.call(t.Context(), fuel.Limits{Budget: want}, function, units)
				require.NoError(t, err, "%s %d", function, units)
				assert.Equal(t, want, used)
				if want == 0 {
					continue
				}
				used, err = g.call(t.Context(), fuel.Limits{Budget: want - 1}, function, units)
				require.ErrorIs(t, err, fuel.ErrBudget, "%s %d", function, units)
				if function == "pay" {
					assert.Zero(t, used, "what could not be paid is not counted")
				}
			}
		}
		// More than there are numbers for.
		_, err := g.call(t.Context(), fuel.Limits{Budget: math.MaxUint64 - 1}, "pay", math.MaxUint64)
		require.ErrorIs(t, err, fuel.ErrBudget)
		_, err = g.call(t.Context(), fuel.Limits{Budget: 1 << 40}, "bulk", 1<<63-1)
		require.ErrorIs(t, err, fuel.ErrBudget)
	})
}

func TestTheStartFunctionPaysTheHostToo(t *testing.T) {
	for name, config := range map[string]wazero.RuntimeConfig{
		"compiler": wazero.NewRuntimeConfig(), "interpreter": wazero.NewRuntimeConfigInterpreter(),
	} {
		_, used, err := startPaying(t, config, fuel.Limits{Budget: startedWith})
		require.NoError(t, err, name)
		assert.EqualValues(t, startedWith, used, name)
		for _, budget := range []uint64{startedWith - 1, 1233, 0} {
			_, _, err = startPaying(t, config, fuel.Limits{Budget: budget})
			require.ErrorIs(t, err, fuel.ErrBudget, "%s %d", name, budget)
		}
	}
}

func TestPayingMeetsTheEndOfTheCall(t *testing.T) {
	eachPaying(t, func(t *testing.T, g *guest) {
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		for _, units := range []uint64{0, 1, 5 * fuel.Slice} {
			_, err := g.call(ended, fuel.Limits{Budget: fuel.Unlimited}, "pay", units)
			require.ErrorIs(t, err, context.Canceled)
			var stopped *fuel.Stopped
			require.ErrorAs(t, err, &stopped)
			_, err = g.call(t.Context(), fuel.Limits{Budget: fuel.Unlimited, Time: time.Nanosecond}, "pay", units)
			require.ErrorIs(t, err, fuel.ErrTime)
		}
	})
}

func TestOnlyMeteredModulesCanPay(t *testing.T) {
	r := wazero.NewRuntime(t.Context())
	defer r.Close(t.Context())
	module, err := r.Instantiate(t.Context(), []byte("\x00asm\x01\x00\x00\x00"))
	require.NoError(t, err)
	var meter fuel.Meter
	meter.Begin(t.Context(), fuel.Limits{Budget: fuel.Unlimited})
	require.ErrorContains(t, meter.Charge(module, 1), "was not metered")
}

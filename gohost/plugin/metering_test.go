package plugin_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/plugin"
)

func TestTimeAndFuelOfACallAreBounded(t *testing.T) {
	reg := newRegistry(t, untested)
	for name, limits := range map[string]plugin.Limits{
		"time": {CallTimeout: time.Second},
		"fuel": {Fuel: 100_000},
	} {
		p := load(t, reg, name, echo(t), plugin.WithLimits(limits))
		limited, cancel := context.WithTimeout(ctx, time.Minute)
		_, err := p.Binding().ProcessBatch(limited, batch(doLoop))
		cancel()
		require.ErrorIs(t, err, gohost.ErrLimit, name)
		assert.EqualValues(t, 1, p.Stats().Outcomes[plugin.OutcomeLimit], name)
		_, err = p.Binding().ProcessBatch(ctx, batch(doEcho))
		require.NoError(t, err, name)
		assert.Positive(t, p.Stats().Fuel, name)
	}
}

// Each call used the same fuel, whatever ran before it.
func TestFuelIsTold(t *testing.T) {
	var fuel []uint64
	reg := newRegistry(t, plugin.WithHooks(plugin.Hooks{OnCall: func(_ context.Context, e plugin.CallEvent) {
		fuel = append(fuel, e.Fuel)
	}}))
	p := load(t, reg, "a", engine(t), plugin.WithLimits(plugin.Limits{CallsPerInstance: 1}))
	for range 3 {
		_, err := p.Binding().ComputeAggregate(ctx, values(1, 2, 3))
		require.NoError(t, err)
	}
	require.Len(t, fuel, 3)
	assert.Positive(t, fuel[0])
	assert.Equal(t, []uint64{fuel[0], fuel[0], fuel[0]}, fuel)
	assert.Equal(t, 3*fuel[0], p.Stats().Fuel)
}

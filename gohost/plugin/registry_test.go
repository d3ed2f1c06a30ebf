package plugin_test

import (
	"context"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/plugin"
)

var ctx = context.Background()

func TestLoadAndCall(t *testing.T) {
	wasm, err := os.ReadFile("testdata/engine.core.wasm")
	require.NoError(t, err)
	reg, err := plugin.NewRegistry()
	require.NoError(t, err)
	_, err = reg.Load(ctx, "a", plugin.Bytes(wasm))
	require.NoError(t, err)
	p, err := reg.Plugin("a")
	require.NoError(t, err)
	agg, err := p.ComputeAggregate(ctx, []gohost.Datapoint{{Value: 1}, {Value: 2}})
	require.NoError(t, err)
	assert.Equal(t, 3.0, agg.Sum)
	require.NoError(t, reg.Close(ctx))
	_, err = p.ComputeAggregate(ctx, nil)
	require.ErrorIs(t, err, gohost.ErrClosed)
}

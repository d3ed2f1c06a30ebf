package plugin

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/sandbox"
)

// An engine that is dropped while calls run in it is closed when they have ended.
func TestEnginesThatAreDroppedAreClosed(t *testing.T) {
	ctx := context.Background()
	reg, err := NewRegistry(gohost.Binding(), WithHistory(0), WithSelfTest(time.Minute, func(context.Context, gohost.Functions) error { return nil }))
	require.NoError(t, err)
	wasm, err := os.ReadFile("../testdata/echo.wasm")
	require.NoError(t, err)
	_, err = reg.Load(ctx, "a", Bytes(wasm))
	require.NoError(t, err)
	p, err := reg.Plugin("a")
	require.NoError(t, err)
	closed := func(module *sandbox.Module) func() bool {
		eng := gohost.Binding().Bind(module)
		return func() bool {
			_, err := eng.ValidateChecksum(ctx, nil, 0)
			if err != nil {
				require.ErrorIs(t, err, gohost.ErrClosed)
			}
			return err != nil
		}
	}
	var modules []*sandbox.Module
	replace := func(i int) {
		modules = append(modules, p.slot.Load().active().module)
		_, err = reg.Load(ctx, "a", Bytes(wasm), WithLimits(Limits{CallsPerInstance: i}))
		require.NoError(t, err)
	}
	replace(1)
	require.Eventually(t, closed(modules[0]), time.Minute, time.Millisecond, "no call ran")

	inner, cancel := context.WithCancel(ctx)
	ended := make(chan error)
	go func() {
		_, err := p.Binding().ProcessBatch(inner, append([]byte{2}, make([]byte, 15)...)) // never ends
		ended <- err
	}()
	require.Eventually(t, func() bool { return p.Stats().Running == 1 }, time.Minute, time.Millisecond)
	replace(2)
	require.False(t, closed(modules[1])(), "a call runs")
	cancel()
	require.ErrorIs(t, <-ended, context.Canceled)
	require.Eventually(t, closed(modules[1]), time.Minute, time.Millisecond)
	modules = append(modules, p.slot.Load().active().module)
	require.NoError(t, reg.Close(ctx))
	require.True(t, closed(modules[2])())
}

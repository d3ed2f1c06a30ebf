package wasi

import (
	"context"
	_ "embed"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/sys"

	"example.org/compute-pipeline/gohost/internal/fuel"
)

//go:embed testdata/without_memory.wasm
var withoutMemory []byte

func TestTheCallerIsAGuest(t *testing.T) {
	for name, config := range map[string]wazero.RuntimeConfig{
		"compiler": wazero.NewRuntimeConfig(), "interpreter": wazero.NewRuntimeConfigInterpreter(),
	} {
		t.Run(name, func(t *testing.T) {
			r := wazero.NewRuntimeWithConfig(t.Context(), config)
			t.Cleanup(func() { assert.NoError(t, r.Close(context.Background())) })
			require.NoError(t, Instantiate(t.Context(), r))
			h := NewHost(Config{Now: time.Now})
			t.Cleanup(func() { assert.NoError(t, h.Close()) })
			g := &guest{t: t, ctx: h.Within(t.Context())}
			var err error
			g.module, err = r.Instantiate(g.ctx, withoutMemory)
			require.NoError(t, err)

			// Nothing that the host calls ends the module that all guests share.
			for function, args := range map[string][]uint64{
				"imported_proc_exit": {3}, "imported_poll_oneoff": {0, 0, 1, 0},
			} {
				_, err := g.module.ExportedFunction(function).Call(g.ctx, args...)
				var stopped *fuel.Stopped
				require.ErrorAs(t, err, &stopped, function)
				require.ErrorContains(t, err, "a call that no guest made")
			}
			assert.False(t, r.Module(Module).IsClosed())

			// A guest without a memory has no bytes to read or write.
			for _, function := range []string{"args_get", "args_sizes_get", "clock_time_get"} {
				assert.Equal(t, fault, g.call(function), function)
			}
			assert.Equal(t, success, g.call("sched_yield"))
			_, err = g.module.ExportedFunction("proc_exit").Call(g.ctx, 3)
			var exit *sys.ExitError
			require.ErrorAs(t, err, &exit)
			assert.True(t, g.module.IsClosed())
			assert.False(t, r.Module(Module).IsClosed())
		})
	}
}

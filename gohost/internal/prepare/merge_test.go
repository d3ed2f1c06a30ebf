package prepare

import (
	"context"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
)

// Each import returns its values where its own core module makes room, also one that a
// destructor calls while another import runs. This host does not run destructors then, but
// says ErrBusy, so the test is a host of its own.
func TestAnImportWithinAnImportMakesRoomInItsOwnWay(t *testing.T) {
	const contract = "export\tex:a/things\t1.0.0\trequired\n" +
		"function\trun\tii\tI\tfunc(text: string) -> u64\nresource\tthing\n" +
		"import\t\t\nfunction\tget\ti\t\tfunc() -> string\n"
	component, err := os.ReadFile("testdata/destructor.wasm")
	require.NoError(t, err)
	prepared, err := newSandbox(t).Prepare(t.Context(), component, Options{Contract: []byte(contract)})
	require.NoError(t, err)

	runtime := wazero.NewRuntime(t.Context())
	defer func() { require.NoError(t, runtime.Close(context.WithoutCancel(t.Context()))) }()
	call := func(ctx context.Context, m api.Module, export string, args ...uint64) uint64 {
		results, err := m.ExportedFunction(export).Call(ctx, args...)
		if !assert.NoError(t, err, export) || len(results) == 0 {
			return 0
		}
		return results[0]
	}
	running := 0
	get := func(ctx context.Context, m api.Module, area uint32) {
		if running++; running == 1 {
			call(ctx, m, "ex:a/things@1.0.0#[dtor]thing", 0)
		}
		m.Memory().WriteUint32Le(area, uint32(call(ctx, m, "cabi_realloc", 0, 0, 1, 0)))
	}
	_, err = runtime.NewHostModuleBuilder("$root").NewFunctionBuilder().WithFunc(get).Export("get").Instantiate(t.Context())
	require.NoError(t, err)
	module, err := runtime.Instantiate(t.Context(), prepared.Wasm)
	require.NoError(t, err)
	assert.Equal(t, uint64(4096<<32|256), call(t.Context(), module, "ex:a/things@1.0.0#run", 0, 0))
	assert.Equal(t, 2, running)
}

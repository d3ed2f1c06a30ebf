package miscompiled

import (
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
)

// affected tells whether wazero's compiler is known to be wrong here.
const affected = runtime.GOARCH == "amd64" || runtime.GOARCH == "arm64"

// fixed is what to say when it no longer is.
const fixed = "wazero's compiler is no longer wrong about this: " +
	"look at docs/upstream.md and the release in use, then remove this part of hardening"

// engine is a wazero runtime, closed when the test ends.
type engine struct{ runtime wazero.Runtime }

func newEngine(t *testing.T, config wazero.RuntimeConfig) engine {
	t.Helper()
	r := wazero.NewRuntimeWithConfig(t.Context(), config)
	t.Cleanup(func() { require.NoError(t, r.Close(t.Context())) })
	return engine{r}
}

func newCompiler(t *testing.T) engine {
	t.Helper()
	return newEngine(t, wazero.NewRuntimeConfigCompiler())
}

func newInterpreter(t *testing.T) engine {
	t.Helper()
	return newEngine(t, wazero.NewRuntimeConfigInterpreter())
}

// instantiate compiles and starts a module.
func (e engine) instantiate(t *testing.T, wasm []byte) api.Module {
	t.Helper()
	compiled, err := e.runtime.CompileModule(t.Context(), wasm)
	require.NoError(t, err)
	instance, err := e.runtime.InstantiateModule(t.Context(), compiled, wazero.NewModuleConfig().WithName(""))
	require.NoError(t, err)
	return instance
}

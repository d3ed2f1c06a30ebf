package hazards

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/tetratelabs/wazero/api"
)

// The smallest programs known to be compiled wrongly, and what t(10, 3, 0)
// gives.
var reduced = []struct {
	name         string
	right, wrong float64
}{
	{name: "select", right: -13, wrong: -7},
	{name: "copysign", right: 0, wrong: -20},
}

func readModule(t *testing.T, name string) []byte {
	t.Helper()
	wasm, err := os.ReadFile(filepath.Join("testdata", name))
	require.NoError(t, err)
	return wasm
}

func callReduced(t *testing.T, e engine, wasm []byte) float64 {
	t.Helper()
	function := e.instantiate(t, wasm).ExportedFunction("t")
	results, err := function.Call(t.Context(), api.EncodeF64(10), api.EncodeF64(3), 0)
	require.NoError(t, err)
	require.Len(t, results, 1)
	return api.DecodeF64(results[0])
}

func TestInterpreterIsRight(t *testing.T) {
	for _, program := range reduced {
		for _, suffix := range []string{".wasm", ".hardened.wasm"} {
			wasm := readModule(t, program.name+suffix)
			assert.Equal(t, program.right, callReduced(t, newInterpreter(t), wasm), program.name+suffix)
		}
	}
}

func TestCompilerIsWrongWithoutHardening(t *testing.T) {
	for _, program := range reduced {
		got := callReduced(t, newCompiler(t), readModule(t, program.name+".wasm"))
		if affected {
			assert.NotEqual(t, program.right, got, "%s: %s", program.name, fixed)
			assert.Equal(t, program.wrong, got, "%s: wrong in a way not seen before", program.name)
		} else {
			assert.Equal(t, program.right, got, program.name)
		}
	}
}

func TestCompilerIsRightWithHardening(t *testing.T) {
	for _, program := range reduced {
		got := callReduced(t, newCompiler(t), readModule(t, program.name+".hardened.wasm"))
		assert.Equal(t, program.right, got, program.name)
	}
}

func TestCommittedModulesAreHardenedByTheToolboxOfToday(t *testing.T) {
	committed, err := filepath.Glob(filepath.Join("testdata", "*.hardened.wasm"))
	require.NoError(t, err)
	require.Greater(t, len(committed), len(reduced))
	for _, path := range committed {
		original, err := filepath.Abs(strings.TrimSuffix(path, ".hardened.wasm") + ".wasm")
		require.NoError(t, err)
		hardened := filepath.Join(t.TempDir(), "hardened.wasm")
		toolbox.run(t, "harden", original, hardened)
		got, err := os.ReadFile(hardened)
		require.NoError(t, err)
		assert.Equal(t, readModule(t, filepath.Base(path)), got,
			"%s is stale: run tests/hazards/testdata/build.sh", path)
		toolbox.run(t, "hazards", hardened)
	}
}

package metering

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/tests/internal/tool"
)

// root is the directory of the workspace.
const root = "../.."

// metered returns the metered form of a module.
func metered(t testing.TB, wasm []byte) []byte {
	t.Helper()
	in, out := filepath.Join(t.TempDir(), "in.wasm"), filepath.Join(t.TempDir(), "out.wasm")
	require.NoError(t, os.WriteFile(in, wasm, 0o600))
	tool.Prepare.Run(t, "meter", in, out)
	return readFile(t, out)
}

func readFile(t testing.TB, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	return data
}

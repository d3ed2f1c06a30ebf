package bind

import (
	"bytes"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/bind/wit"
)

// What grants give of WASI 0.2 is data too: the imports of a world, as the host reads them.
func TestImportsOfWASI(t *testing.T) {
	const room = "../../../../internal/wasi2/"
	world, err := wit.Describe(t.Context(), room+"wit", wit.Options{World: "imports"})
	require.NoError(t, err)
	contract, err := Contract(world)
	require.NoError(t, err)
	text, err := contract.Text()
	require.NoError(t, err)
	_, imports, found := bytes.Cut(text, []byte("\n")) // the first line names the world
	require.True(t, found)
	if *update {
		require.NoError(t, os.WriteFile(room+"imports.txt", imports, 0o644))
	}
	committed, err := os.ReadFile(room + "imports.txt")
	require.NoError(t, err)
	assert.Equal(t, string(imports), string(committed), "go test ./internal/bind -update writes it")
}

// Package versions runs hosts of both versions of org:analytics with modules of both.
package versions

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Modules by what they know.
const (
	onlyFirst  = "the engine of 0.1.0"
	both       = "the component of today"
	core       = "the core module of today"
	onlySecond = "a component of 0.2.0 alone"
)

// guest returns one of the modules.
func guest(t testing.TB, name string) []byte {
	t.Helper()
	switch name {
	case onlyFirst:
		return read(t, "testdata/engine-0.1.0.wasm")
	case core:
		return read(t, "../../dist/compute-pipeline.core.wasm")
	case both:
		return read(t, "../../dist/compute-pipeline.component.wasm")
	}
	// Nobody knows the interfaces that 0.2.0 replaces under another name.
	wasm := read(t, "../../dist/compute-pipeline.component.wasm")
	for _, old := range []string{"org:analytics/metrics@0.1.0", "org:compute-pipeline/summary@0.1.0"} {
		require.Positive(t, bytes.Count(wasm, []byte(old)), old)
		wasm = bytes.ReplaceAll(wasm, []byte(old), []byte("old"+old[3:]))
	}
	return wasm
}

func read(t testing.TB, path string) []byte {
	t.Helper()
	wasm, err := os.ReadFile(path)
	require.NoError(t, err)
	return wasm
}

func TestTheFrozenModulesAreAsTheyWere(t *testing.T) {
	for file, want := range map[string]string{
		"engine-0.1.0.wasm":      "308cf630fa8312bffe31f0fbaf19ba5ea6e885534a3789772b48435a45bfe5d7",
		"plugin-0.1.0.c.wasm":    "a242aa1d620e874cc5184459f48caa3e33cbd625bd5b47b97bdd72f5ac5cc187",
		"plugin-0.1.0.rust.wasm": "0da793ef008e60f953707746a727e8763817b37b8a73ff08a890520d015b1ba4",
	} {
		sum := sha256.Sum256(read(t, "testdata/"+file))
		assert.Equal(t, want, hex.EncodeToString(sum[:]), file)
	}
}

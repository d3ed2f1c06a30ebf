package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestSourceMap(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "places.c"), []byte("the source"), 0o600))
	out := filepath.Join(dir, "debug.wasm")
	require.Equal(t, outcome{}, pipeline(t, "", "symbolize", "--module", placesFile, "--source-map", out, "--source", "/places="+dir))

	assert.Equal(t, string(readFile(t, placesFile))+"\x00\x20\x10sourceMappingURL\x0edebug.wasm.map", string(readFile(t, out)))
	var m struct {
		Sources        []string
		SourcesContent []string
	}
	require.NoError(t, json.Unmarshal(readFile(t, out+".map"), &m))
	assert.Equal(t, []string{"places.c"}, m.Sources)
	assert.Equal(t, []string{"the source"}, m.SourcesContent)
}

func TestSourceMapsThatCannotBe(t *testing.T) {
	out := filepath.Join(t.TempDir(), "debug.wasm")
	for name, args := range map[string][]string{
		"no module":     {},
		"no symbols":    {"--module", tempFile(t, "stripped.wasm", stripped(t))},
		"cut off":       {"--module", tempFile(t, "cut.wasm", stripped(t)[:100])},
		"other symbols": {"--module", "../../engine.wasm", "--symbols", placesFile},
		"bad sources":   {"--module", placesFile, "--source", "x"},
	} {
		t.Run(name, func(t *testing.T) {
			got := pipeline(t, "", append([]string{"symbolize", "--source-map", out}, args...)...)
			assert.NotZero(t, got.status)
			assert.NotEmpty(t, got.err)
			assert.NoFileExists(t, out)
		})
	}
}

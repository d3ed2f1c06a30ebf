package main

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func committed(t *testing.T) manifest {
	t.Helper()
	t.Chdir("../..")
	m, err := readEmbedded()
	require.NoError(t, err)
	return m
}

func TestEmbeddedModuleIsTheOneDescribed(t *testing.T) {
	m := committed(t)
	wasm, err := os.ReadFile(embeddedFile)
	require.NoError(t, err)
	sum := sha256.Sum256(wasm)
	assert.Equal(t, m.Metered.SHA256, hex.EncodeToString(sum[:]))
	assert.Equal(t, m.Metered.Bytes, len(wasm))
	names, err := exports(embeddedFile, wasm, "compute-pipeline:fuel.refuel")
	require.NoError(t, err)
	assert.Equal(t, m.Exports, names)
	_, err = exports(embeddedFile, wasm)
	assert.ErrorContains(t, err, `imports ["compute-pipeline:fuel.refuel"], and must import []`)
}

func TestDiagramsAreCurrent(t *testing.T) {
	m := committed(t)
	known, err := readExamples()
	require.NoError(t, err)
	text, err := os.ReadFile(architectureFile)
	require.NoError(t, err)
	updated, err := replaceDiagrams(string(text), m, known)
	require.NoError(t, err)
	assert.Equal(t, updated, string(text), "run `make embed`")

	differ := func(change string) {
		t.Helper()
		other, err := replaceDiagrams(string(text), m, known)
		require.NoError(t, err)
		assert.NotEqual(t, updated, other, change)
		updated = other
	}
	m.Metered.Bytes += 5000
	differ("the size of the engine")
	for i := range known {
		known[i].Bytes += 1 << 20
		differ("the size of " + known[i].File)
	}
	known[0].Grants = []string{"clock"}
	differ("grants")
	_, err = replaceDiagrams("no comments", m, known)
	require.Error(t, err)
}

// The committed modules of the examples are those that the manifest describes.
func TestExamplesAreThoseDescribed(t *testing.T) {
	committed(t)
	known, err := readExamples()
	require.NoError(t, err)
	require.NoError(t, compareExamples(known, false))
	known[1].Bytes++
	require.ErrorContains(t, compareExamples(known, false), known[1].File)
	known[1].Bytes--
	known[0].Grants = []string{"clock"}
	require.ErrorContains(t, compareExamples(known, false), known[0].File)
	require.Error(t, compareExamples(known[1:], false))
	assert.True(t, isAbout(1049, 1000))
	assert.True(t, isAbout(951, 1000))
	assert.False(t, isAbout(1051, 1000))
}

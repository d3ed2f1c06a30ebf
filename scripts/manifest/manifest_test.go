package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func committed(t *testing.T) manifest {
	t.Helper()
	t.Chdir("../..")
	text, err := os.ReadFile(embeddedManifestFile)
	require.NoError(t, err)
	var m manifest
	require.NoError(t, json.Unmarshal(text, &m))
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

func TestDiagramIsCurrent(t *testing.T) {
	m := committed(t)
	text, err := os.ReadFile(architectureFile)
	require.NoError(t, err)
	updated, err := replaceDiagram(string(text), m)
	require.NoError(t, err)
	assert.Equal(t, updated, string(text), "run `make embed`")
	m.Metered.Bytes += 5000
	other, err := replaceDiagram(string(text), m)
	require.NoError(t, err)
	assert.NotEqual(t, updated, other, "the diagram shows the size")
}

package wit

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost/internal/sections"
)

const rustGuest = "../golden/testdata/resources.rust.wasm"

// withSection returns a module with a custom section at its end.
func withSection(wasm []byte, name string, payload []byte) []byte {
	contents := append(binary.AppendUvarint(nil, uint64(len(name))), name...)
	contents = append(contents, payload...)
	return append(binary.AppendUvarint(append(wasm[:len(wasm):len(wasm)], 0), uint64(len(contents))), contents...)
}

// The section of a core module leads to the same description as the WIT that it was built for.
func TestACoreModuleDeclaresItsWorld(t *testing.T) {
	wasm, err := os.ReadFile(rustGuest)
	require.NoError(t, err)
	got, err := DescribeModule(t.Context(), "guest.wasm", wasm, Options{})
	require.NoError(t, err)
	assert.Contains(t, string(got), `"world":"resources"`)
	byPath, err := Describe(t.Context(), rustGuest, Options{World: "resources"})
	require.NoError(t, err)
	assert.Equal(t, string(got), string(byPath))
}

func TestWhatAModuleDeclaresMayBeAnything(t *testing.T) {
	wasm, err := os.ReadFile(rustGuest)
	require.NoError(t, err)
	plain := wasm[:8]
	world, err := declared(wasm)
	require.NoError(t, err)
	assert.True(t, sections.IsComponent(world))
	for want, wasm := range map[string][]byte{
		"several sections":    withSection(wasm, "component-type:other", []byte("x")),
		ErrUndeclared.Error(): plain,
		"not a sequence":      append(plain[:8:8], 0, 200),
		"m.wasm:1:":           withSection(plain, "component-type", []byte("x")),
		"m.wasm: ":            withSection(plain, "component-type", world[:len(world)/2]),
		"more than 32 MiB":    withSection(plain, "component-type", make([]byte, maxBinary+1)),
	} {
		_, err := DescribeModule(t.Context(), "m.wasm", wasm, Options{})
		require.ErrorContains(t, err, want)
	}
	twice, err := DescribeModule(t.Context(), "m.wasm", withSection(wasm, "component-type:again", world), Options{})
	require.NoError(t, err)
	once, err := DescribeModule(t.Context(), "m.wasm", wasm, Options{})
	require.NoError(t, err)
	assert.Equal(t, once, twice)
	nested, err := declared(withSection(plain, "component-type", plain))
	require.NoError(t, err)
	assert.True(t, sections.IsCore(nested), "a module in the section declares nothing")
	_, err = Describe(t.Context(), filepath.Join(t.TempDir(), "none.wasm"), Options{})
	require.ErrorIs(t, err, os.ErrNotExist)
}

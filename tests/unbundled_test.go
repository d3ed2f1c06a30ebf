package tests

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/tests/internal/tool"
)

// sectionsOf calls each with the id and the contents of the sections of a module or component.
func sectionsOf(t *testing.T, wasm []byte, each func(id byte, contents []byte)) {
	t.Helper()
	const preamble = 8
	require.Greater(t, len(wasm), preamble)
	for rest := wasm[preamble:]; len(rest) > 0; {
		size, n := binary.Uvarint(rest[1:])
		require.Positive(t, n)
		begin := 1 + n
		require.LessOrEqual(t, size, uint64(len(rest)-begin))
		each(rest[0], rest[begin:][:size])
		rest = rest[begin+int(size):]
	}
}

// Tools take the core module out of a component, and wazero compiles some instructions
// wrongly. The one that is inside has none of them: it is the core module that is shipped.
func TestTheComponentHasTheHardenedModule(t *testing.T) {
	const custom, coreModule = 0, 1
	component, err := os.ReadFile(componentPath)
	require.NoError(t, err)
	core, err := os.ReadFile(corePath)
	require.NoError(t, err)
	var inside [][]byte
	sectionsOf(t, component, func(id byte, contents []byte) {
		if id == coreModule {
			inside = append(inside, contents)
		}
	})
	require.Len(t, inside, 1)

	path := filepath.Join(t.TempDir(), "inside.wasm")
	require.NoError(t, os.WriteFile(path, inside[0], 0o600))
	tool.Prepare.Run(t, "miscompiled", path)
	// Of custom sections the component's has no description of the interface.
	whatRuns := func(wasm []byte) (sections []byte) {
		sectionsOf(t, wasm, func(id byte, contents []byte) {
			if id != custom || bytes.HasPrefix(contents, []byte("\x04name")) {
				sections = append(append(sections, id), contents...)
			}
		})
		return sections
	}
	assert.True(t, bytes.Equal(whatRuns(core), whatRuns(inside[0])), "the component has another core module than the one that is shipped")
}

package tests

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"

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
// wrongly. The modules that are inside have none of them.
func TestTheComponentHasAHardenedModule(t *testing.T) {
	const coreModule = 1
	component, err := os.ReadFile(componentPath)
	require.NoError(t, err)
	inside := 0
	sectionsOf(t, component, func(id byte, contents []byte) {
		if id != coreModule {
			return
		}
		path := filepath.Join(t.TempDir(), "inside.wasm")
		require.NoError(t, os.WriteFile(path, contents, 0o600))
		tool.Prepare.Run(t, "miscompiled", path)
		inside++
	})
	require.Positive(t, inside)
}

package wasmfile

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSectionsOfTheEngineAddUp(t *testing.T) {
	wasm, err := os.ReadFile("../../../../plugin/testdata/engine.core.wasm")
	require.NoError(t, err)
	f, err := Parse(wasm)
	require.NoError(t, err)
	require.Equal(t, CoreModule, f.Kind)
	total := 8
	for _, s := range f.Sections {
		// The identifier and the size, which is a LEB128 number.
		total += 2 + s.Size
		for n := s.Size >> 7; n > 0; n >>= 7 {
			total++
		}
	}
	// A writer may pad a size: at most four bytes each.
	require.LessOrEqual(t, total, len(wasm))
	require.LessOrEqual(t, len(wasm)-total, 4*len(f.Sections))
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("\x00asm\x01\x00\x00\x00\x00\x05\x04note"))
	f.Add([]byte("\x00asm\x0d\x00\x01\x00\x0a\x0a\x01\x00\x05a:b/c\x05\x00\x0b\x0a\x01\x00\x04d:e/\x01\x02\x00"))
	f.Fuzz(func(t *testing.T, wasm []byte) {
		file, err := Parse(wasm)
		if err != nil {
			return
		}
		total := 0
		for _, s := range file.Sections {
			total += s.Size
		}
		require.LessOrEqual(t, total, len(wasm), "sections do not overlap")
		require.LessOrEqual(t, len(file.Imports)+len(file.Exports), len(wasm))
	})
}

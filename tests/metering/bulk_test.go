package metering

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
)

// Metering fills and copies long stretches piece by piece. Nobody may see that:
// pieces that overlap, and stretches that end outside, of which nothing may be
// written.
func TestOperationsInBulkAreDoneAsAWhole(t *testing.T) {
	const page, size = 1 << 16, 4 << 16
	m := newCompiler(t)
	wasm := readFile(t, filepath.Join("testdata", "bulk.wasm"))
	instances := make([]api.Module, 2)
	for i, form := range [][]byte{wasm, metered(t, wasm)} {
		compiled, err := m.runtime.CompileModule(t.Context(), form)
		require.NoError(t, err)
		instances[i], err = m.runtime.InstantiateModule(t.Context(), compiled, wazero.NewModuleConfig().WithName(""))
		require.NoError(t, err)
	}
	random := rand.NewChaCha8([32]byte{1})
	content := make([]byte, size)
	_, _ = random.Read(content)
	lengths := []uint64{
		0, 1, 16, page - 1, page, page + 1, 2*page - 1, 2 * page, 2*page + 7, 3 * page, size - 1, size,
		size + 1, math.MaxInt32, 1 << 31, math.MaxUint32,
	}
	places := []uint64{0, 1, 8, page - 1, page, page + 3, 2 * page, size - page - 1, size - 1, size, size + 1, math.MaxUint32}
	m.fuel = &fuel{slice: hostSlice, budget: noBudget}
	run := func(function string, args ...uint64) {
		var seen [2]string
		var memory [2][]byte
		for i, instance := range instances {
			require.True(t, instance.Memory().Write(0, content))
			_, err := instance.ExportedFunction(function).Call(t.Context(), args...)
			entries, sizeErr := instance.ExportedFunction("size").Call(t.Context())
			require.NoError(t, sizeErr)
			seen[i] = fmt.Sprint(kind(err, false), entries)
			memory[i], _ = instance.Memory().Read(0, size)
		}
		require.Equal(t, seen[0], seen[1], "%s%v", function, args)
		require.True(t, bytes.Equal(memory[0], memory[1]), "%s%v: other bytes are written", function, args)
	}
	for _, length := range lengths {
		for _, to := range places {
			run("fill", to, 0x5a, length)
			run("table.fill", to, 0, length)
			for _, from := range places {
				run("copy", to, from, length)
				run("init", to, from, length)
				run("table.copy", to, from, length)
				run("table.init", to, from, length)
			}
		}
	}
	for _, entries := range []uint64{0, 1, 99, 1, math.MaxUint32} {
		run("table.grow", 0, 0, entries)
	}
}

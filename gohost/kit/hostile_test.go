package kit_test

import (
	"bytes"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost/kit"
)

// Every module that breaks something gets a report, and none passes.
func TestHostileModulesGetAReport(t *testing.T) {
	t.Cleanup(kit.WithoutOwnVectors())
	files, err := filepath.Glob("../testdata/*.wasm")
	require.NoError(t, err)
	require.Greater(t, len(files), 20)
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			report := judge(t, read(t, file), kit.WithFuel(1_000_000), kit.WithMemoryLimit(16))
			assert.False(t, report.Passed)
			assert.Contains(t, textOf(t, report), "\nFAILED: module.wasm failed ")
		})
	}
}

// Whatever a module consists of, there is a report.
func TestMutatedModulesGetAReport(t *testing.T) {
	wasm := read(t, "testdata/small.wasm")
	passed := 0
	for at := 8; at < len(wasm); at += 5 {
		mutated := bytes.Clone(wasm)
		mutated[at] ^= 1 << (at % 8)
		report, err := kit.Check(t.Context(), mutated, kit.WithContract(small), kit.WithVectors([]byte(smallVectors)), kit.WithFuel(100_000), kit.WithMemoryLimit(8))
		require.NoError(t, err, at)
		require.NotEmpty(t, report.Checks)
		if report.Passed {
			passed++
		}
	}
	assert.Less(t, passed, len(wasm)/20, "most changes break something")
}

package tests

import (
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/tetratelabs/wazero"
)

// TestConformanceOfTheCompiler runs every vector on wazero's compiler alone. It
// is a part of TestConformance that takes seconds where a machine is emulated:
// `make test-arm64`.
func TestConformanceOfTheCompiler(t *testing.T) {
	v, err := readVectors(vectorsDir)
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(v.Cases), 400)
	core, err := os.ReadFile(corePath)
	require.NoError(t, err)

	library := &run{name: "Go library, compiler", legal: refusedLengths(v)}
	require.NoError(t, library.library(t.Context(), v))
	module := &run{name: "core module, compiler"}
	require.NoError(t, module.core(t.Context(), v, wazero.NewRuntimeConfigCompiler(), core))
	for _, r := range []*run{library, module} {
		judge(v, r)
		judgeGroups(v, r)
		for _, id := range firstFew(sortedKeys(r.failed)) {
			t.Errorf("%s: %s: %s", r.name, id, r.failed[id])
		}
		assert.Empty(t, r.failed, r.name)
	}
}

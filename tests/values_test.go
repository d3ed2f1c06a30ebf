package tests

import (
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost/vectors"
)

// The runners are for any contract: one with every kind of value.
func TestRunnersReadAndWriteEveryKindOfValue(t *testing.T) {
	text, err := os.ReadFile("testdata/values.json")
	require.NoError(t, err)
	v, err := vectors.Parse(text)
	require.NoError(t, err)

	const component = "testdata/values.wasm"
	wasmtime, node := &run{}, &run{}
	_, wasmtime.results, err = runTyped(rustRunner(t.Context(), "wasmtime", "component", component), v)
	require.NoError(t, err)
	_, node.results, err = runTyped(nodeRunner(t.Context(), component), v)
	require.NoError(t, err)
	for _, r := range []*run{wasmtime, node} {
		judge(v, r)
		assert.Empty(t, r.failed)
		assert.Len(t, r.results, 3)
	}
}

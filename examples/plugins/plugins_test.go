package plugins_test

import (
	"cmp"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/grade"
	"example.org/compute-pipeline/gohost/plugin"
)

// modules returns the directory of the plugins that are tested: the committed ones, or those
// that `make example` has built.
func modules() string {
	return cmp.Or(os.Getenv("COMPUTE_PIPELINE_GUESTS"), ".")
}

func TestThePlugins(t *testing.T) {
	for _, language := range []string{"c", "rust"} {
		t.Run(language, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(modules(), "plugin."+language+".wasm")
			wasm, err := os.ReadFile(file)
			require.NoError(t, err)
			claimed, claims, err := grade.Claimed(wasm)
			require.NoError(t, err)
			assert.True(t, claims)
			assert.Equal(t, grade.Stable, claimed)

			registry, err := plugin.NewRegistry(gohost.Binding())
			require.NoError(t, err)
			defer func() { assert.NoError(t, registry.Close(t.Context())) }()
			// The self-test has all vectors.
			_, err = registry.Load(t.Context(), language, plugin.File(file))
			require.NoError(t, err)
		})
	}
}

package plugins_test

import (
	"cmp"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost/grade"
	"example.org/compute-pipeline/gohost/kit"
)

// modules returns the directory of the plugins that are tested: the committed ones, or those
// that `make example` has built.
func modules() string {
	return cmp.Or(os.Getenv("COMPUTE_PIPELINE_GUESTS"), ".")
}

func TestThePlugins(t *testing.T) {
	for _, language := range []string{"c", "rust"} {
		t.Run(language, func(t *testing.T) {
			wasm, err := os.ReadFile(filepath.Join(modules(), "plugin."+language+".wasm"))
			require.NoError(t, err)
			claimed, claims, err := grade.Claimed(wasm)
			require.NoError(t, err)
			assert.True(t, claims)
			assert.Equal(t, grade.Stable, claimed)
			kit.Run(t, wasm)
		})
	}
}

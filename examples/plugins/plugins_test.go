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
	languages := map[string][]kit.Option{"c": nil, "rust": nil}
	if modules() != "." {
		languages["assemblyscript"] = nil // built with npm
		// Too large to be committed, and interpreters.
		languages["js"] = []kit.Option{kit.WithFuel(1_000_000_000_000), kit.WithSeed(1)}
		languages["python"] = []kit.Option{kit.WithSeed(1)}
	}
	for language, options := range languages {
		t.Run(language, func(t *testing.T) {
			wasm, err := os.ReadFile(filepath.Join(modules(), "plugin."+language+".wasm"))
			require.NoError(t, err)
			claimed, claims, err := grade.Claimed(wasm)
			require.NoError(t, err)
			assert.True(t, claims)
			assert.Equal(t, grade.Stable, claimed)
			kit.Run(t, wasm, options...)
		})
	}
}

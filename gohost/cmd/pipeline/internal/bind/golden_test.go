package bind

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the generated packages")

// worlds are the worlds of testdata, with the directories of the packages that are
// generated for them.
var worlds = map[string]string{
	"echo":      "golden/echo",
	"filter":    "golden/filter",
	"resources": "golden/resources",
	"lists":     "golden/lists",
	"engine":    "../../../../../tests/bindings/engine",
}

func readWorld(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile("testdata/" + name + ".json")
	require.NoError(t, err)
	return data
}

// The packages in the repository are those that this package generates.
func TestGeneratedPackages(t *testing.T) {
	for name, dir := range worlds {
		t.Run(name, func(t *testing.T) {
			files, err := Generate(readWorld(t, name), Options{Package: filepath.Base(dir)})
			require.NoError(t, err)
			if *update {
				require.NoError(t, os.MkdirAll(dir, 0o755))
			}
			var names []string
			for _, f := range files {
				path := filepath.Join(dir, f.Name)
				names = append(names, path)
				if *update {
					require.NoError(t, os.WriteFile(path, f.Content, 0o644))
				}
				content, err := os.ReadFile(path)
				require.NoError(t, err, "go test ./internal/bind -update writes it")
				assert.Equal(t, string(content), string(f.Content), "go test ./internal/bind -update writes %s", path)
			}
			found, err := filepath.Glob(filepath.Join(dir, "*_gen.go"))
			require.NoError(t, err)
			assert.ElementsMatch(t, names, found)
		})
	}
}

// The output depends on nothing but the input.
func TestGenerateIsDeterministic(t *testing.T) {
	for name := range worlds {
		world := readWorld(t, name)
		first, err := Generate(world, Options{Package: "p"})
		require.NoError(t, err)
		for range 5 {
			again, err := Generate(world, Options{Package: "p"})
			require.NoError(t, err)
			require.Equal(t, first, again)
		}
	}
}

package bind

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/bind/wit"
)

var update = flag.Bool("update", false, "write the generated packages")

// worlds are worlds with the directories of the packages that are generated for them, and
// what go generate runs there.
var worlds = map[string]struct{ wit, world, dir, command string }{
	"echo":       {"testdata/echo.wit", "echo", "golden/echo", ""},
	"filter":     {"testdata/filter.wit", "plugin", "golden/filter", ""},
	"resources":  {"testdata/resources.wit", "resources", "golden/resources", ""},
	"lists":      {"testdata/lists.wit", "bench", "golden/lists", ""},
	"giving":     {"testdata/giving.wit", "giving", "golden/giving", ""},
	"both":       {"testdata/both.wit", "both", "golden/both", ""},
	"engine":     {"../../../../../wit", "compute-pipeline", "../../../../../tests/bindings/engine", ""},
	"peers":      {"../../../../../bench/wazy/records.wit", "records", "../../../../../bench/wazy/records", ""},
	"rules":      {"../../../../../examples/composition/wit", "rules", "../../../../../examples/composition/rules", "pipeline bind ../wit --world rules --out ."},
	"classifier": {"../../../../../wit/inference", "classifier", "../../../../inference/classifier", "pipeline bind ../../../wit/inference --world classifier --out ."},
	"detector":   {"../../../../../wit/inference", "detector", "../../../../inference/detector", "pipeline bind ../../../wit/inference --world detector --out ."},
	"embedder":   {"../../../../../wit/inference", "embedder", "../../../../inference/embedder", "pipeline bind ../../../wit/inference --world embedder --out ."},
	"generator":  {"../../../../../wit/inference", "generator", "../../../../inference/generator", "pipeline bind ../../../wit/inference --world generator --out ."},
	"runner":     {"../../../../../wit/inference", "runner", "../../../../inference/runner", "pipeline bind ../../../wit/inference --world runner --out ."},
	"example":    {"../../../../../examples/filter/wit", "plugin", "../../../../../examples/filter/filter", "pipeline bind ../wit --out ."},
	"analytics":  {"../../../../../wit/analytics-0.2", "accumulating-engine", "../../../../../tests/bindings/analytics", ""},
}

// describe returns the description of a world.
func describe(t testing.TB, name string) []byte {
	t.Helper()
	data, err := wit.Describe(t.Context(), worlds[name].wit, wit.Options{World: worlds[name].world})
	require.NoError(t, err)
	return data
}

// The packages in the repository are those that this package generates.
func TestGeneratedPackages(t *testing.T) {
	for name, w := range worlds {
		t.Run(name, func(t *testing.T) {
			dir := w.dir
			files, err := Generate(describe(t, name), Options{Package: filepath.Base(dir), Command: w.command})
			require.NoError(t, err)
			if *update {
				require.NoError(t, Write(dir, files))
			}
			var names []string
			for _, f := range files {
				path := filepath.Join(dir, f.Name)
				names = append(names, path)
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
		world := describe(t, name)
		first, err := Generate(world, Options{Package: "p"})
		require.NoError(t, err)
		for range 5 {
			again, err := Generate(world, Options{Package: "p"})
			require.NoError(t, err)
			require.Equal(t, first, again)
		}
	}
}

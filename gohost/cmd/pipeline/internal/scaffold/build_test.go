package scaffold

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/bind"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/bind/wit"
	"example.org/compute-pipeline/gohost/kit"
	"example.org/compute-pipeline/gohost/sandbox"
)

// withTools reports whether the test runs in make example, which needs clang and npm.
func withTools() bool { return os.Getenv("COMPUTE_PIPELINE_GUESTS") != "" }

// build writes a plugin into a directory of its own, and builds it with its script. npm's
// packages are those of the example.
func build(t *testing.T, language string, files []File) []byte {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "new")
	require.NoError(t, Write(dir, files))
	if language == "js" || language == "typescript" {
		modules, err := filepath.Abs(root + "examples/plugins/js/node_modules")
		require.NoError(t, err)
		require.NoError(t, os.Symlink(modules, filepath.Join(dir, "node_modules")))
	}
	if language == "js" {
		check := exec.CommandContext(t.Context(), "node_modules/.bin/tsc", "--allowJs", "--checkJs", "--noEmit", "--target", "es2023",
			"--module", "esnext", "--strict", "--noImplicitAny", "false", "--useUnknownInCatchVariables", "false", "plugin.js")
		check.Dir = dir
		printed, err := check.CombinedOutput()
		require.NoError(t, err, string(printed))
	}
	command := exec.CommandContext(t.Context(), "./build.sh")
	command.Dir = dir
	command.Env = append(os.Environ(), "GOFLAGS=") // whatever the test was built with
	printed, err := command.CombinedOutput()
	require.NoError(t, err, string(printed))
	wasm, err := os.ReadFile(filepath.Join(dir, "plugin.wasm"))
	require.NoError(t, err)
	return wasm
}

// grants are what Go's runtime needs.
func grants() []sandbox.Grant {
	return []sandbox.Grant{sandbox.GrantClock(), sandbox.GrantSeededRandom(7), sandbox.GrantOutput(sandbox.OutputLimits{})}
}

// The scripts build what was written, in a directory of its own. Where there are no tools, a
// test of examples/plugins compares the sources with those of the committed modules.
func TestPluginsAreBuilt(t *testing.T) {
	languages := []string{"go"}
	if withTools() {
		languages = append(languages, "c", "js")
	}
	for _, language := range languages {
		t.Run(language, func(t *testing.T) {
			files, err := Plugin(language)
			require.NoError(t, err)
			require.NoError(t, gohost.Check(t.Context(), build(t, language, files), gohost.WithGrants(grants()...)))
		})
	}
}

// Skeletons are built, and have what the contract wants. The packages in golden call all
// functions of one in C and in Go.
func TestSkeletonsAreBuilt(t *testing.T) {
	if !withTools() {
		t.Skip("make example builds skeletons")
	}
	filter := root + "examples/filter/wit/filter.wit"
	for language, worlds := range map[string][]string{
		"c": {"testdata/names/names.wit", filter}, "go": {"testdata/names/names.wit", filter}, "js": {filter},
		"typescript": {"testdata/names/names.wit", "testdata/resources/resources.wit", filter},
	} {
		for _, path := range worlds {
			t.Run(language+"/"+filepath.Base(path), func(t *testing.T) {
				files, err := skeleton(t, language, path)
				require.NoError(t, err)
				var list []File
				for _, f := range files {
					list = append(list, f)
				}
				wasm := build(t, language, list)
				description, err := wit.Describe(t.Context(), path, wit.Options{})
				require.NoError(t, err)
				contract, err := bind.Contract(description)
				require.NoError(t, err)
				if language == "js" || language == "typescript" {
					// An interpreter takes long to compile, and is the same each time.
					require.NoError(t, sandbox.Check(t.Context(), wasm, contract))
					return
				}
				report, err := kit.Check(t.Context(), wasm, kit.WithContract(contract), kit.WithGrants(grants()...))
				require.NoError(t, err)
				assert.Equal(t, kit.Passed, report.Checks[0].Status, report.Checks[0].Failures)
				if language == "go" {
					assert.Contains(t, report.Output, "goroutine 1 [running]:", "a call panics")
				}
			})
		}
	}
}

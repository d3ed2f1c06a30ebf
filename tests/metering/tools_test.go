package metering

import (
	"bytes"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// root is the directory of the workspace.
const root = "../.."

// tool is a program of the workspace.
type tool struct {
	crate string
	// sources are directories, from the workspace's root.
	sources []string
	// env names the variable that holds the path of the built program.
	env string
}

var (
	toolbox = tool{
		"compute-pipeline-toolbox",
		[]string{"guest/toolbox"},
		"COMPUTE_PIPELINE_TOOLBOX",
	}
	generator = tool{
		"compute-pipeline-metering-generator",
		[]string{"guest/toolbox", "tests/metering/generator"},
		"COMPUTE_PIPELINE_METERING_GENERATOR",
	}
)

// command returns the program, to be built first if need be.
func (p tool) command(t testing.TB, args ...string) *exec.Cmd {
	t.Helper()
	// `go test` runs again only if a file that the test looked at has changed.
	for _, sources := range p.sources {
		err := filepath.WalkDir(filepath.Join(root, sources), func(path string, _ fs.DirEntry, err error) error {
			if err == nil {
				_, err = os.Stat(path)
			}
			return err
		})
		require.NoError(t, err)
	}
	if path := os.Getenv(p.env); path != "" {
		return exec.CommandContext(t.Context(), path, args...)
	}
	cargo := []string{"run", "--quiet", "--locked", "--profile", "tools", "-p", p.crate, "--"}
	cmd := exec.CommandContext(t.Context(), "cargo", append(cargo, args...)...)
	cmd.Dir = root
	return cmd
}

// run starts the program and returns what it printed. A program that cannot be
// built or started, or fails, fails the test.
func (p tool) run(t testing.TB, args ...string) []byte {
	t.Helper()
	cmd := p.command(t, args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	require.NoError(t, err, "%s %q: %s", p.crate, args, stderr.String())
	return stdout.Bytes()
}

// metered returns the metered form of a module.
func metered(t testing.TB, wasm []byte) []byte {
	t.Helper()
	in, out := filepath.Join(t.TempDir(), "in.wasm"), filepath.Join(t.TempDir(), "out.wasm")
	require.NoError(t, os.WriteFile(in, wasm, 0o600))
	toolbox.run(t, "meter", in, out)
	return readFile(t, out)
}

func readFile(t testing.TB, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	return data
}

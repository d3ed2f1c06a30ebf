package metering

import (
	"bytes"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
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

// built are the paths of the programs that were built.
var built sync.Map

// path returns where the program is, and builds it first if need be.
func (p tool) path(t testing.TB) string {
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
		return path
	}
	path, done := built.Load(p.crate)
	if !done {
		cmd := exec.CommandContext(t.Context(), "cargo", "build", "--quiet", "--locked", "--profile", "tools", "-p", p.crate)
		cmd.Dir = root
		output, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s", output)
		target := os.Getenv("CARGO_TARGET_DIR")
		if target == "" {
			target = filepath.Join(root, "target")
		}
		path, err = filepath.Abs(filepath.Join(target, "tools", p.crate))
		require.NoError(t, err)
		built.Store(p.crate, path)
	}
	return path.(string)
}

// run starts the program and returns what it printed. A program that cannot be
// built or started, or fails, fails the test.
func (p tool) run(t testing.TB, args ...string) []byte {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), p.path(t), args...)
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

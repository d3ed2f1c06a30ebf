package miscompiled

import (
	"bytes"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// tool is a program of the workspace.
type tool struct {
	crate string
	// sources is the crate's directory, from the workspace's root.
	sources string
	// env names the variable that holds the path of the built program.
	env string
}

var (
	toolbox   = tool{"compute-pipeline-toolbox", "guest/toolbox", "COMPUTE_PIPELINE_TOOLBOX"}
	generator = tool{"compute-pipeline-module-generator", "tests/miscompiled/generator", "COMPUTE_PIPELINE_MODULE_GENERATOR"}
	wasmtime  = tool{"compute-pipeline-wasmtime-runner", "tests/wasmtime", "COMPUTE_PIPELINE_RUNNER"}
)

// run starts the program, builds it if need be, and returns what it printed. A
// program that cannot be built or started fails the test.
func (p tool) run(t *testing.T, args ...string) []byte {
	t.Helper()
	const root = "../.."
	// `go test` runs again only if a file that the test looked at has changed.
	err := filepath.WalkDir(filepath.Join(root, p.sources), func(path string, _ fs.DirEntry, err error) error {
		if err == nil {
			_, err = os.Stat(path)
		}
		return err
	})
	require.NoError(t, err)
	var cmd *exec.Cmd
	if path := os.Getenv(p.env); path != "" {
		cmd = exec.CommandContext(t.Context(), path, args...)
	} else {
		cargo := []string{"run", "--quiet", "--locked", "--profile", "tools", "-p", p.crate, "--"}
		cmd = exec.CommandContext(t.Context(), "cargo", append(cargo, args...)...)
		cmd.Dir = root
	}
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err = cmd.Run()
	require.NoError(t, err, "%s %q: %s", p.crate, args, stderr.String())
	return stdout.Bytes()
}

// Package tool runs the Rust programs of the workspace in tests.
package tool

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

// Tool is a program of the workspace.
type Tool struct {
	crate string
	// env names the variable that holds the path of the built program.
	env string
	// sources are directories, from the workspace's root.
	sources []string
	built   sync.Mutex // while it is built
	path    string     // once it is
}

// The tools.
var (
	Prepare          = of("compute-pipeline-prepare", "COMPUTE_PIPELINE_PREPARE")
	Wasmtime         = of("compute-pipeline-wasmtime-runner", "COMPUTE_PIPELINE_RUNNER", "tests/wasmtime")
	Modules          = of("compute-pipeline-module-generator", "COMPUTE_PIPELINE_MODULE_GENERATOR", "tests/miscompiled/generator", "tests/random")
	MeteringModules  = of("compute-pipeline-metering-generator", "COMPUTE_PIPELINE_METERING_GENERATOR", "tests/metering/generator", "tests/random")
	Assemble         = of("compute-pipeline-assemble", "COMPUTE_PIPELINE_ASSEMBLE", "scripts/assemble")
	Worlds           = of("compute-pipeline-worlds", "COMPUTE_PIPELINE_WORLD_GENERATOR", "tests/worlds/generator", "tests/random")
	CompilingModules = of("compute-pipeline-compile-shapes", "COMPUTE_PIPELINE_COMPILE_SHAPES", "tests/compile/generator")
)

func of(crate, env string, sources ...string) *Tool {
	return &Tool{crate: crate, env: env, sources: append(sources, "guest/prepare")}
}

// Path returns where the program is. Without the variable, cargo builds it.
func (p *Tool) Path(t testing.TB) string {
	t.Helper()
	root := root(t)
	// `go test` runs again only if a file that the test looked at has changed.
	for _, sources := range p.sources {
		require.NoError(t, filepath.WalkDir(filepath.Join(root, sources), func(path string, _ fs.DirEntry, err error) error {
			if err == nil {
				_, err = os.Stat(path)
			}
			return err
		}))
	}
	if path := os.Getenv(p.env); path != "" {
		return path
	}
	p.built.Lock()
	defer p.built.Unlock()
	if p.path == "" {
		cmd := exec.CommandContext(t.Context(), "cargo", "build", "--quiet", "--locked", "--profile", "tools", "-p", p.crate)
		cmd.Dir = root
		output, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s", output)
		target := os.Getenv("CARGO_TARGET_DIR")
		if target == "" {
			target = filepath.Join(root, "target")
		}
		p.path = filepath.Join(target, "tools", p.crate)
	}
	return p.path
}

// Run starts the program and returns what it printed. If it cannot be built or
// started, or fails, so does the test.
func (p *Tool) Run(t testing.TB, args ...string) []byte {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), p.Path(t), args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	require.NoError(t, err, "%s %q: %s", p.crate, args, stderr.String())
	return stdout.Bytes()
}

// root returns the directory of the workspace, above the test's.
func root(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	require.NoError(t, err)
	for dir != filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.work")); err == nil {
			return dir
		}
		dir = filepath.Dir(dir)
	}
	require.Fail(t, "no go.work above the test")
	return ""
}

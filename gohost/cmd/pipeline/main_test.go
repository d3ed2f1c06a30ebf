package main

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
)

// asProgram makes the test binary behave as the program, so that tests can run
// it as a process of its own.
const asProgram = "PIPELINE_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	gohost.CompilerMain()
	if os.Getenv(asProgram) != "" {
		main()
	}
	// Compile the engine once for all tests.
	cache, err := os.MkdirTemp("", "pipeline-test-")
	if err != nil {
		panic(err)
	}
	if err := os.Setenv("PIPELINE_CACHE_DIR", cache); err != nil {
		panic(err)
	}
	status := m.Run()
	if err := os.RemoveAll(cache); err != nil {
		panic(err)
	}
	os.Exit(status)
}

// outcome is what a run left behind.
type outcome struct {
	status   int
	out, err string
}

// pipeline runs the command line in this process.
func pipeline(t *testing.T, stdin string, args ...string) outcome {
	t.Helper()
	var out, errs bytes.Buffer
	status := execute(context.Background(), args, streams{in: bytes.NewBufferString(stdin), out: &out, err: &errs})
	return outcome{status: status, out: out.String(), err: errs.String()}
}

// program returns the command line as a process of its own.
func program(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], args...)
	cmd.Env = append(os.Environ(), asProgram+"=1")
	return cmd
}

// tempFile writes a file that the test owns.
func tempFile(t *testing.T, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, data, 0o600))
	return path
}

func gzipped(t *testing.T, data []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	_, err := w.Write(data)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return out.Bytes()
}

func zstandard(t *testing.T, data []byte) []byte {
	t.Helper()
	w, err := zstd.NewWriter(nil)
	require.NoError(t, err)
	return w.EncodeAll(data, nil)
}

func readFile(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	return data
}

// files lists the names in a directory.
func files(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	names := []string{}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

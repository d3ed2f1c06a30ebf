package sandbox_test

import (
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/internal/compiler/compilertest"
)

// A service may run with a cache that its image has, and that only root can change.
func TestAReadOnlyCacheIsUsed(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.Chmod(filepath.Dir(dir), 0o755))
	loadLog(t, "echo", gohost.WithCacheDir(dir))
	require.NoError(t, filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		require.NoError(t, err)
		if d.IsDir() {
			t.Cleanup(func() { assert.NoError(t, os.Chmod(path, 0o700)) })
			return os.Chmod(path, 0o555)
		}
		return os.Chmod(path, 0o444)
	}))
	if os.Geteuid() == 0 { // who could write all the same
		require.NoError(t, syscall.Seteuid(65534))
		defer func() { require.NoError(t, syscall.Seteuid(0)) }()
	}
	require.ErrorIs(t, os.Mkdir(filepath.Join(dir, "more"), 0o700), os.ErrPermission)
	log := loadLog(t, "echo", gohost.WithCacheDir(dir))
	require.NotContains(t, log, checkedAndRewritten)
	require.NotContains(t, log, "WARN")
	// What is not there cannot be added.
	log = loadLog(t, "component", gohost.WithCacheDir(dir))
	require.Contains(t, log, checkedAndRewritten)
	require.Contains(t, log, "the cache directory cannot be used")
}

// asOnFullDisk makes the test binary a program for which the disk of the directory that it
// names is full.
const asOnFullDisk = "SANDBOX_TEST_AS_ON_FULL_DISK"

func TestAFullDiskIsDoneWithout(t *testing.T) {
	compilertest.NeedProcesses(t)
	if dir, is := os.LookupEnv(asOnFullDisk); is {
		onFullDisk(t, dir)
		return
	}
	dir := t.TempDir()
	loadLog(t, "component", gohost.WithCacheDir(dir))
	before := filesBelow(t, dir)
	program := exec.CommandContext(ctx, os.Args[0], "-test.run=^"+t.Name()+"$")
	program.Env = append(os.Environ(), asOnFullDisk+"="+dir)
	out, err := program.CombinedOutput()
	require.NoError(t, err, "%s", out)
	require.Equal(t, before, filesBelow(t, dir), "nothing half is left")
}

// onFullDisk limits the size of files: each write beyond the limit fails.
func onFullDisk(t *testing.T, dir string) {
	signal.Ignore(syscall.SIGXFSZ)
	require.NoError(t, syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 100, Max: 100}))
	require.NotContains(t, loadLog(t, "component", gohost.WithCacheDir(dir)), "WARN", "what was there still serves")
	require.Contains(t, loadLog(t, "echo", gohost.WithCacheDir(dir)), "the cache directory cannot be used")
	_, err := gohost.Compile(ctx, module(t, "echo"), gohost.WithCacheDir(dir))
	require.Error(t, err, "to fill the directory is all that it does")
}

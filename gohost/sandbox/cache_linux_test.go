package sandbox_test

import (
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
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

// A limit of the size of files stands for a full disk: each write beyond it fails.
func TestAFullDiskIsDoneWithout(t *testing.T) {
	dir := t.TempDir()
	loadLog(t, "component", gohost.WithCacheDir(dir)) // the prepare module is compiled
	before := filesBelow(t, dir)
	signal.Ignore(syscall.SIGXFSZ)
	defer signal.Reset(syscall.SIGXFSZ)
	var limit syscall.Rlimit
	require.NoError(t, syscall.Getrlimit(syscall.RLIMIT_FSIZE, &limit))
	full := limit
	full.Cur = 100
	require.NoError(t, syscall.Setrlimit(syscall.RLIMIT_FSIZE, &full))
	defer func() { require.NoError(t, syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit)) }()
	require.Contains(t, loadLog(t, "echo", gohost.WithCacheDir(dir)), "the cache directory cannot be used")
	require.Equal(t, before, filesBelow(t, dir), "nothing half is left")
	require.NotContains(t, loadLog(t, "component", gohost.WithCacheDir(dir)), "WARN", "what was there still serves")
}

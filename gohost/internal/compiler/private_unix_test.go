//go:build unix

package compiler

import (
	"os"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost/internal/compiler/compilertest"
)

func TestCodeThatOthersCanWriteDoesNotCount(t *testing.T) {
	compilertest.NeedProcesses(t)
	c, wasm := Cache{Dir: t.TempDir()}, bomb(10)
	compileInto(t, c, wasm)
	files := everyFile(t, c.Dir)
	require.Len(t, files, 2, "the code and the entry")
	for _, file := range files {
		for mode, want := range map[os.FileMode]bool{0o600: true, 0o444: true, 0o620: false, 0o602: false} {
			require.NoError(t, os.Chmod(file, mode))
			assert.Equal(t, want, c.Has(wasm), "%s: %#o", file, mode)
		}
		require.NoError(t, os.Chmod(file, 0o600))
		if os.Geteuid() == 0 { // only root can give it away
			require.NoError(t, os.Chown(file, 12345, -1))
			assert.False(t, c.Has(wasm), file)
			require.NoError(t, os.Chown(file, 0, -1))
		}
		require.True(t, c.Has(wasm))
	}
	// A pipe that nobody writes to is no reason to wait.
	require.NoError(t, os.Remove(c.index(wasm)))
	require.NoError(t, syscall.Mkfifo(c.index(wasm), 0o600))
	require.False(t, c.Has(wasm))
	compileInto(t, c, wasm)
	require.True(t, c.Has(wasm))
}

func TestADirectoryOfCodeIsPrivate(t *testing.T) {
	dir := t.TempDir()
	for _, c := range []struct {
		mode          os.FileMode
		warning, fail string
	}{
		{0o700, "", ""},
		{0o755, "", ""},
		{0o770, "its group can write to it", ""},
		{0o777, "", "all users can write to it"},
		{0o777 | os.ModeSticky, "", "all users can write to it"},
	} {
		require.NoError(t, os.Chmod(dir, c.mode))
		warning, err := Private(dir)
		assert.Contains(t, warning, c.warning)
		assert.Equal(t, c.warning == "", warning == "")
		if c.fail == "" {
			assert.NoError(t, err)
		} else {
			assert.ErrorContains(t, err, c.fail)
		}
	}
	_, err := Private(dir + "/none")
	require.ErrorIs(t, err, os.ErrNotExist)
	if os.Geteuid() == 0 { // only root can give it away
		require.NoError(t, os.Chmod(dir, 0o700))
		require.NoError(t, os.Chown(dir, 12345, -1))
		warning, err := Private(dir)
		require.NoError(t, err)
		assert.Contains(t, warning, "another user (12345)")
	}
}

//go:build unix

package prepare

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestEntriesThatOthersCanWriteDoNotCount(t *testing.T) {
	c, module := Cache{Dir: t.TempDir()}, []byte("module")
	require.NoError(t, c.Put(module, Options{}, some))
	file := c.path(newKey(module, Options{}))
	has := func() bool {
		_, ok := c.Get(module, Options{})
		return ok
	}
	for mode, want := range map[os.FileMode]bool{0o600: true, 0o444: true, 0o620: false, 0o602: false} {
		require.NoError(t, os.Chmod(file, mode))
		assert.Equal(t, want, has(), "%#o", mode)
	}
	require.NoError(t, os.Chmod(file, 0o600))
	if os.Geteuid() == 0 { // only root can give it away
		require.NoError(t, os.Chown(file, 12345, -1))
		assert.False(t, has())
	}
	// Made anew, it is this user's.
	require.NoError(t, c.Put(module, Options{}, some))
	require.True(t, has())
	// Nobody will ever write to the pipe.
	require.NoError(t, os.Remove(file))
	require.NoError(t, syscall.Mkfifo(file, 0o600))
	require.False(t, has())
	require.NoError(t, c.Put(module, Options{}, some))
	require.True(t, has())
}

func TestADirectoryThatCannotBeMade(t *testing.T) {
	c := Cache{Dir: t.TempDir()}
	require.NoError(t, os.WriteFile(filepath.Join(c.Dir, preparedDir), nil, 0o600))
	require.ErrorIs(t, c.Put(nil, Options{}, Prepared{}), syscall.ENOTDIR)
	_, ok := c.Get(nil, Options{})
	require.False(t, ok)
}

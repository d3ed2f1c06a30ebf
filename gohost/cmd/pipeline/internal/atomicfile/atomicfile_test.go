package atomicfile_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/atomicfile"
)

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	return string(data)
}

// A file is replaced, a link is kept, anything else is an error; and no other file is
// written.
func TestOnlyRegularFilesAreReplaced(t *testing.T) {
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	require.NoError(t, os.WriteFile(path("target"), []byte("old"), 0o600))
	require.NoError(t, os.Symlink("target", path("link")))
	require.NoError(t, atomicfile.Write(path("link"), []byte("new")))
	assert.Equal(t, "new", read(t, path("target")), "Write keeps the link")
	require.NoError(t, atomicfile.WriteIn(atomicfile.OS{}, path("link"), []byte("newer")))
	assert.Equal(t, "new", read(t, path("target")), "WriteIn does not go elsewhere")
	assert.Equal(t, "newer", read(t, path("link")))

	require.NoError(t, syscall.Mkfifo(path("pipe"), 0o600))
	require.NoError(t, os.Symlink("pipe", path("to-pipe")))
	require.NoError(t, os.Mkdir(path("directory"), 0o700))
	for _, name := range []string{"pipe", "to-pipe", "directory"} {
		require.ErrorContains(t, atomicfile.Write(path(name), nil), "not a regular file", name)
	}
	info, err := os.Lstat(path("pipe"))
	require.NoError(t, err)
	assert.Equal(t, fs.ModeNamedPipe, info.Mode().Type())
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	assert.Len(t, entries, 5, "no temporary file is left")
}

// What only some could read is not for all after it was replaced.
func TestPermissionsAreKept(t *testing.T) {
	name := filepath.Join(t.TempDir(), "file")
	for _, mode := range []fs.FileMode{0o600, 0o640, 0o666, 0o400} {
		require.NoError(t, os.WriteFile(name, []byte("old"), 0o600))
		require.NoError(t, os.Chmod(name, mode))
		require.NoError(t, atomicfile.Write(name, []byte("new")))
		info, err := os.Stat(name)
		require.NoError(t, err)
		require.Equal(t, mode, info.Mode().Perm())
		require.NoError(t, os.Chmod(name, 0o600))
		require.Equal(t, "new", read(t, name))
	}
}

// unsynced cannot sync directories.
type unsynced struct{ atomicfile.OS }

var errSync = errors.New("input/output error")

func (unsynced) SyncDir(string) error { return errSync }

func TestAFileThatIsInPlaceIsToldApart(t *testing.T) {
	name := filepath.Join(t.TempDir(), "file")
	err := atomicfile.WriteIn(unsynced{}, name, []byte("data"))
	require.ErrorIs(t, err, atomicfile.ErrNotDurable)
	require.ErrorIs(t, err, errSync)
	assert.Equal(t, "data", read(t, name))
}

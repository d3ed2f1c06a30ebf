//go:build unix

package compiler

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// aHome returns a private directory whose parents nobody else can change either: those of
// t.TempDir may be another user's.
func aHome(t *testing.T) string {
	t.Helper()
	home, err := filepath.EvalSymlinks(t.TempDir())
	require.NoError(t, err)
	if err := owned(filepath.Dir(home)); err != nil {
		t.Skip("the directory for temporary files is not safe: ", err)
	}
	require.NoError(t, os.Chmod(home, 0o700))
	return home
}

func TestTheDefaultDirectoryIsCreated(t *testing.T) {
	home := aHome(t)
	base := filepath.Join(home, ".cache")
	for range 2 {
		require.Equal(t, Cache{Dir: filepath.Join(base, "compute-pipeline"), Max: 64 << 20}, below(base))
		for _, dir := range []string{base, filepath.Join(base, "compute-pipeline")} {
			info, err := os.Stat(dir)
			require.NoError(t, err)
			assert.Equal(t, os.ModeDir|0o700, info.Mode(), dir)
		}
	}
	// No home, no cache: none is created.
	require.Empty(t, below(filepath.Join(home, "none", ".cache")))
	require.NoDirExists(t, filepath.Join(home, "none"))
	require.Empty(t, below("."), "a relative path")
}

func TestTheDefaultDirectoryIsNobodyElses(t *testing.T) {
	home := aHome(t)
	base := filepath.Join(home, "cache")
	dir := filepath.Join(base, "compute-pipeline")
	require.Equal(t, dir, below(base).Dir)
	for _, c := range []struct {
		path string
		mode os.FileMode
		used bool
	}{
		{dir, 0o755, true},
		{dir, 0o770, false},
		{dir, 0o702, false},
		{dir, 0o777 | os.ModeSticky, false}, // others could add entries
		{base, 0o777 | os.ModeSticky, true},
		{base, 0o777, false},
		{base, 0o720, false},
		{home, 0o777, false},
	} {
		require.NoError(t, os.Chmod(c.path, c.mode))
		assert.Equal(t, c.used, below(base).Dir != "", "%s: %v", c.path, c.mode)
		require.NoError(t, os.Chmod(c.path, 0o700))
	}
	if os.Geteuid() == 0 { // only root can give it away
		for _, path := range []string{dir, base, home} {
			require.NoError(t, os.Chown(path, 12345, -1))
			assert.Empty(t, below(base), path)
			if path != dir { // sudo with the user's HOME leaves nothing of root's there
				require.NoError(t, os.Remove(dir))
				assert.Empty(t, below(base), path)
				assert.NoDirExists(t, dir)
			}
			require.NoError(t, os.Chown(path, 0, -1))
			require.NotEmpty(t, below(base))
		}
	}
}

func TestLinksToTheDefaultDirectory(t *testing.T) {
	home := aHome(t)
	base, elsewhere := filepath.Join(home, "cache"), filepath.Join(home, "elsewhere")
	require.NoError(t, os.Mkdir(elsewhere, 0o700))
	require.NoError(t, os.Symlink(elsewhere, base))
	require.Equal(t, filepath.Join(elsewhere, "compute-pipeline"), below(base).Dir)
	require.NoError(t, os.Chmod(elsewhere, 0o777))
	require.Empty(t, below(base), "what the link leads to counts")

	base = filepath.Join(home, "other")
	require.NoError(t, os.Mkdir(base, 0o700))
	dir := filepath.Join(base, "compute-pipeline")
	require.NoError(t, os.Symlink(filepath.Join(home, "nowhere"), dir))
	require.Empty(t, below(base), "a link to nothing")
	require.NoError(t, os.Remove(dir))
	require.NoError(t, os.WriteFile(dir, nil, 0o600))
	require.Empty(t, below(base), "a file")
}

func TestATestHasNoDefaultDirectory(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", aHome(t))
	require.Empty(t, Default())
}

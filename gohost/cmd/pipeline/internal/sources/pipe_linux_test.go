package sources

import (
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// What is in a directory is not opened to find out that it never ends.
func TestPipesInADirectoryAreLeftOut(t *testing.T) {
	dir := tree(t, "a.csv")
	require.NoError(t, syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o600))
	require.Equal(t, []string{"a.csv"}, found(t, dir, "."))
	set, err := Find([]string{filepath.Join(dir, "pipe")})
	require.NoError(t, err)
	require.Equal(t, int64(-1), set.Size())
}

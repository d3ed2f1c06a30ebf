package regular_test

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost/internal/regular"
)

func TestRead(t *testing.T) {
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	require.NoError(t, os.WriteFile(path("ten"), []byte("0123456789"), 0o600))
	require.NoError(t, os.WriteFile(path("eleven"), []byte("0123456789a"), 0o600))
	require.NoError(t, os.WriteFile(path("none"), nil, 0o600))
	require.NoError(t, syscall.Mkfifo(path("pipe"), 0o600))
	for link, target := range map[string]string{
		"link": "ten", "chain": "link", "to-pipe": "pipe", "loop": "loop", "dangling": "nothing",
	} {
		require.NoError(t, os.Symlink(target, path(link)))
	}
	for name, want := range map[string]string{"ten": "0123456789", "none": "", "link": "0123456789", "chain": "0123456789"} {
		got, err := regular.Read(path(name), 10)
		require.NoError(t, err, name)
		assert.Equal(t, want, string(got), name)
	}
	require.NoError(t, os.Symlink("/dev/zero", path("zero")))
	for name, is := range map[string]error{
		"eleven": regular.ErrSize, "pipe": regular.ErrKind, "to-pipe": regular.ErrKind, "zero": regular.ErrKind, ".": regular.ErrKind,
		"loop": syscall.ELOOP, "dangling": fs.ErrNotExist, "missing": fs.ErrNotExist,
	} {
		var b bytes.Buffer
		err := regular.Copy(&b, path(name), 10)
		require.ErrorIs(t, err, is, name)
		assert.ErrorContains(t, err, path(name))
		assert.LessOrEqual(t, b.Len(), 11)
	}
	// A file that says it is empty, and is not.
	got, err := regular.Read("/proc/self/status", 10)
	require.ErrorIs(t, err, regular.ErrSize)
	assert.Nil(t, got)
}

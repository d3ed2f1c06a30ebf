//go:build unix

package wasi

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A pipe that nobody writes to would keep the call for ever.
func TestAPipeIsNotOpened(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o600))
	root, err := os.OpenRoot(dir)
	require.NoError(t, err)
	defer root.Close()
	g, _ := ours(t, Config{Files: root.FS()})
	_, no := g.open("pipe")
	assert.Equal(t, acces, no)
	g.put(atPath, []byte("pipe"))
	assert.Equal(t, success, g.call("path_filestat_get", 3, 1, atPath, 4, atResult))
}

package sources

import (
	"context"
	"errors"
	"os"
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

// To open a pipe waits for its writer, but no longer than the context says.
func TestAPipeWithoutAWriterIsGivenUp(t *testing.T) {
	name := filepath.Join(t.TempDir(), "pipe")
	require.NoError(t, syscall.Mkfifo(name, 0o600))
	ctx, cancel := context.WithCancelCause(t.Context())
	opened := make(chan error)
	go func() {
		_, err := Open(ctx, name, nil, "")
		opened <- err
	}()
	ended := errors.New("ended")
	cancel(ended)
	require.ErrorIs(t, <-opened, ended)

	writer, err := os.OpenFile(name, os.O_RDWR, 0) // ends the wait that is left
	require.NoError(t, err)
	source, err := Open(t.Context(), name, nil, "")
	require.NoError(t, err)
	require.NoError(t, source.Close())
	require.NoError(t, writer.Close())
}

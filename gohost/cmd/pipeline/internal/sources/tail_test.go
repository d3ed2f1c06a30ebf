package sources

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost/input"
)

// A file that is seen to be cut off ends at once, so that what is written to it later, maybe beyond its old
// length, is read from its start.
func TestAFileThatIsCutOffEnds(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log.csv")
	require.NoError(t, os.WriteFile(path, []byte("1,2\n3,4\n"), 0o600))
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	require.NoError(t, os.Truncate(path, 4))
	tail, err := openTail(ctx, path, path, 8, time.Hour)
	require.NoError(t, err)
	_, err = tail.Read(make([]byte, 10))
	require.ErrorIs(t, err, io.EOF)
	require.NoError(t, tail.Close())
}

// A pipe without a writer is refused, and not waited for.
func TestATailOfAPipe(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pipe")
	require.NoError(t, syscall.Mkfifo(path, 0o600))
	_, err := OpenTail(t.Context(), path, path, 0)
	require.ErrorContains(t, err, "is not a regular file")
}

// A file that was renamed while no run read it is found, and two of them are refused.
func TestFilesThatWereRenamed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log.csv")
	write := func(suffix, text string, minute int) {
		t.Helper()
		require.NoError(t, os.WriteFile(path+suffix, []byte(text), 0o600))
		at := time.Unix(int64(60*minute), 0)
		require.NoError(t, os.Chtimes(path+suffix, at, at))
	}
	write("", "1,2\n", 2)
	tail, err := OpenTail(t.Context(), path, path, 4)
	require.NoError(t, err)
	place, err := tail.Place(input.Position{Offset: 4})
	require.NoError(t, err)
	require.NoError(t, tail.Close())

	require.NoError(t, os.Rename(path, path+".1"))
	write("", "3,4\n", 4)
	write(".2", "0,1\n", 1)       // was before
	write(".state", "state\n", 5) // is something else
	found, err := place.Find(path)
	require.NoError(t, err)
	require.Equal(t, path+".1", found)

	require.NoError(t, os.Rename(path+".1", path+".2"))
	write(".1", "2,3\n", 3)
	_, err = place.Find(path)
	require.ErrorContains(t, err, "log.csv.1 was written after it")
}

//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package checkpoint_test

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/checkpoint"
)

func TestACheckpointIsForOneRun(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "state")
	require.NoError(t, os.WriteFile(name, nil, 0o600))
	require.NoError(t, os.Symlink("state", name+"-link"))
	lock, err := checkpoint.Acquire(name)
	require.NoError(t, err)
	for _, same := range []string{name, name + "-link"} {
		_, err = checkpoint.Acquire(same)
		require.ErrorIs(t, err, checkpoint.ErrInUse)
		require.ErrorContains(t, err, fmt.Sprintf("process %d on ", os.Getpid()))
	}
	other, err := checkpoint.Acquire(filepath.Join(dir, "other"))
	require.NoError(t, err)
	require.NoError(t, other.Release())
	require.NoError(t, lock.Release())
	// A file that nobody has locked is what a process that was killed leaves.
	require.NoError(t, os.WriteFile(name+".lock", []byte("process 1 on x since y, a longer text than that of this process, for all that it is worth\n"), 0o600))
	lock, err = checkpoint.Acquire(name)
	require.NoError(t, err)
	_, err = checkpoint.Acquire(name)
	require.ErrorContains(t, err, fmt.Sprintf("process %d on ", os.Getpid()))
	require.NotContains(t, err.Error(), "longer")
	require.NoError(t, lock.Release())
	_, err = os.Stat(name + ".lock")
	require.ErrorIs(t, err, os.ErrNotExist)
	_, err = checkpoint.Acquire(filepath.Join(dir, "no", "such"))
	require.ErrorIs(t, err, os.ErrNotExist)
}

// Whoever has the lock has it alone, also while others remove its file.
func TestLocksThatComeAndGo(t *testing.T) {
	name := filepath.Join(t.TempDir(), "state")
	var held, had atomic.Int32
	var running sync.WaitGroup
	for range 8 {
		running.Go(func() {
			for range 300 {
				lock, err := checkpoint.Acquire(name)
				if err != nil {
					assert.ErrorIs(t, err, checkpoint.ErrInUse)
					continue
				}
				assert.Equal(t, int32(1), held.Add(1))
				had.Add(1)
				held.Add(-1)
				assert.NoError(t, lock.Release())
			}
		})
	}
	running.Wait()
	require.Positive(t, had.Load())
}

package checkpoint_test

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/atomicfile"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/checkpoint"
)

// full is a disk that is full from the n-th step of a write on, but for removing files.
type full struct {
	atomicfile.OS
	n, steps int
}

func (f *full) step() error {
	if f.steps++; f.steps >= f.n {
		return syscall.ENOSPC
	}
	return nil
}

func (f *full) Create(name string) (atomicfile.File, error) {
	if err := f.step(); err != nil {
		return nil, err
	}
	file, err := f.OS.Create(name)
	return fullFile{file, f}, err
}

func (f *full) Rename(from, to string) error {
	if err := f.step(); err != nil {
		return err
	}
	return f.OS.Rename(from, to)
}

type fullFile struct {
	atomicfile.File
	disk *full
}

func (f fullFile) Write(p []byte) (int, error) {
	if err := f.disk.step(); err != nil {
		n, _ := f.File.Write(p[:len(p)/2])
		return n, err
	}
	return f.File.Write(p)
}

func (f fullFile) Sync() error {
	if err := f.disk.step(); err != nil {
		return err
	}
	return f.File.Sync()
}

func (f fullFile) Close() error {
	err := f.File.Close()
	if stepErr := f.disk.step(); stepErr != nil {
		return stepErr
	}
	return err
}

// A checkpoint that has no room is an error. The one before it stays, and nothing is left of it.
func TestAFullDiskLeavesTheCheckpointBefore(t *testing.T) {
	const steps = 5 // create, write, sync, close, rename
	for n := 1; n <= steps+1; n++ {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			dir := t.TempDir()
			name := filepath.Join(dir, "state")
			require.NoError(t, checkpoint.Write(atomicfile.OS{}, name, checkpoint.Checkpoint{Format: "csv", Snapshot: []byte("old")}))
			err := checkpoint.Write(&full{n: n}, name, checkpoint.Checkpoint{Format: "csv", Snapshot: make([]byte, 100_000)})
			want := []byte("old")
			if n <= steps {
				require.ErrorIs(t, err, syscall.ENOSPC)
			} else {
				require.NoError(t, err)
				want = make([]byte, 100_000)
			}
			got, found, err := checkpoint.Read(name)
			require.NoError(t, err)
			require.True(t, found)
			require.Equal(t, want, got.Snapshot)
			entries, err := os.ReadDir(dir)
			require.NoError(t, err)
			require.Len(t, entries, 1)
		})
	}
}

package atomicfile_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/atomicfile"
)

// failing is a file system whose n-th step fails.
type failing struct {
	atomicfile.OS
	n, steps int
}

var errStep = errors.New("input/output error")

func (f *failing) step(do func() error) error {
	if f.steps++; f.steps == f.n {
		return errStep
	}
	return do()
}

func (f *failing) Create(name string) (file atomicfile.File, err error) {
	err = f.step(func() (err error) { file, err = f.OS.Create(name); return err })
	return file, err
}

func (f *failing) Rename(from, to string) error {
	return f.step(func() error { return f.OS.Rename(from, to) })
}

func TestAllOrNone(t *testing.T) {
	old := map[string]string{"a": "old a", "b": "old b", "other": "other"}
	files := []atomicfile.Named{{Name: "a", Data: []byte("new a")}, {Name: "b", Data: []byte("new b")}, {Name: "c", Data: []byte("new c")}}
	const steps = 6 // each file is created and renamed
	for n := range steps + 1 {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			dir := t.TempDir()
			for name, data := range old {
				require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(data), 0o600))
			}
			err := atomicfile.WriteAll(&failing{n: n}, dir, files)
			want := old
			if n == 0 {
				require.NoError(t, err)
				want = map[string]string{"a": "new a", "b": "new b", "c": "new c", "other": "other"}
			} else {
				require.ErrorIs(t, err, errStep)
			}
			entries, err := os.ReadDir(dir)
			require.NoError(t, err)
			got := map[string]string{}
			for _, e := range entries {
				got[e.Name()] = read(t, filepath.Join(dir, e.Name()))
			}
			assert.Equal(t, want, got)
		})
	}
}

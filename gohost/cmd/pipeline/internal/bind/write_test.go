package bind

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestWrite(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	generated := func(name string) File { return File{Name: name, Content: []byte(header + "\n\npackage b\n")} }
	read := func() (names []string) {
		entries, err := os.ReadDir(dir)
		require.NoError(t, err)
		for _, e := range entries {
			names = append(names, e.Name())
		}
		return names
	}
	require.NoError(t, Write(dir, []File{generated("types_gen.go"), generated("imports_gen.go")}))
	assert.Equal(t, []string{"imports_gen.go", "types_gen.go"}, read())

	// A world without imports; what others wrote stays.
	require.NoError(t, os.WriteFile(filepath.Join(dir, "own.go"), []byte("package b\n"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "own_gen.go"), []byte("package b\n"), 0o600))
	require.NoError(t, Write(dir, []File{generated("types_gen.go")}))
	assert.Equal(t, []string{"own.go", "own_gen.go", "types_gen.go"}, read())

	err := Write(dir, []File{generated("other_gen.go"), generated("own_gen.go")})
	require.ErrorContains(t, err, "own_gen.go was not generated")
	assert.Equal(t, []string{"own.go", "own_gen.go", "types_gen.go"}, read(), "nothing was written")
}

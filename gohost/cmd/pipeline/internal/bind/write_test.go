package bind

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func generated(name string) File {
	return File{Name: name, Content: []byte(header + "\n\npackage b // " + name + "\n")}
}

// contents returns the files of a directory.
func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	files := map[string]string{}
	for _, e := range entries {
		data, err := os.ReadFile(filepath.Join(dir, e.Name()))
		require.NoError(t, err)
		files[e.Name()] = string(data)
	}
	return files
}

func TestWrite(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a[", "b")
	types, imports := generated("types_gen.go"), generated("imports_gen.go")
	require.NoError(t, Write(dir, []File{types, imports}))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "own.go"), []byte("package b\n"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "own_gen.go"), nil, 0o600))
	types.Content = append(types.Content, "// new\n"...)
	require.NoError(t, Write(dir, []File{types, imports}))
	assert.Equal(t, map[string]string{
		"types_gen.go": string(types.Content), "imports_gen.go": string(imports.Content), "own.go": "package b\n", "own_gen.go": "",
	}, contents(t, dir))
}

// Write fails, and nothing has changed.
func TestWhatIsNotOverwritten(t *testing.T) {
	files := []File{generated("exports_gen.go"), generated("types_gen.go")}
	for name, test := range map[string]struct {
		prepare func(dir string) error
		err     string
	}{
		"written by hand": {func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "types_gen.go"), []byte("package b // by hand, and not short enough to be taken for empty\n"), 0o600)
		}, "types_gen.go was not generated"},
		"empty": {func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "types_gen.go"), nil, 0o600)
		}, "types_gen.go was not generated"},
		"a link": {func(dir string) error {
			return os.Symlink(filepath.Join(dir, "nothing"), filepath.Join(dir, "types_gen.go"))
		}, "types_gen.go was not generated"},
		"a directory": {func(dir string) error {
			return os.Mkdir(filepath.Join(dir, "types_gen.go"), 0o700)
		}, "types_gen.go was not generated"},
		"stale": {func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "imports_gen.go"), generated("imports_gen.go").Content, 0o600)
		}, "imports_gen.go was generated for another world, or an earlier state of this one, and would stay: remove it first"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			require.NoError(t, test.prepare(dir))
			require.ErrorContains(t, Write(dir, files), test.err)
			entries, err := os.ReadDir(dir)
			require.NoError(t, err)
			require.Len(t, entries, 1)
		})
	}
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	require.Error(t, Write(file, files))
}

package scaffold

import (
	"bytes"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const root = "../../../../../"

// What is written is what is tested in examples/plugins, but for where the contract is.
func TestPluginsAreTheExamples(t *testing.T) {
	for _, language := range Languages {
		files, err := Plugin(language)
		require.NoError(t, err)
		paths := map[string]bool{}
		for _, f := range files {
			assert.False(t, paths[f.Path], "%s is there twice", f.Path)
			paths[f.Path] = true
			assert.NotContains(t, string(f.Data), "../", "%s of %s refers to what is not there", f.Path, language)
			if f.Path == "build.sh" {
				assert.True(t, f.Executable)
			}
			directory := language
			if language == "typescript" {
				directory = "js"
			}
			source := filepath.Join(root, "examples/plugins", directory, f.Path)
			if contract, ok := strings.CutPrefix(f.Path, "wit/"); ok {
				source = filepath.Join(root, "wit", contract)
			} else if f.Path == "go.mod" || strings.HasPrefix(f.Path, "compute-pipeline-guest/") {
				continue
			}
			want, err := os.ReadFile(source)
			require.NoError(t, err)
			want = bytes.ReplaceAll(want, []byte("../../../wit"), []byte("wit"))
			want = bytes.ReplaceAll(want, []byte("../../../guest/plugin"), []byte("compute-pipeline-guest"))
			assert.Equal(t, string(want), string(f.Data), f.Path)
		}
		for _, name := range []string{"README.md", "build.sh", "wit/world.wit", "wit/deps/compute/compute.wit", "wit/deps/analytics/pipeline.wit"} {
			assert.True(t, paths[name], "%s of %s", name, language)
		}
	}
}

// The crate beside a plugin in Rust is the one in guest/plugin, without the workspace.
func TestTheGuestCrate(t *testing.T) {
	files, err := Plugin("rust")
	require.NoError(t, err)
	found := map[string]string{}
	for _, f := range files {
		if name, ok := strings.CutPrefix(f.Path, "compute-pipeline-guest/"); ok {
			found[name] = string(f.Data)
		}
	}
	want := contents(t, filepath.Join(root, "guest/plugin"))
	manifest, err := os.ReadFile(filepath.Join(root, "Cargo.toml"))
	require.NoError(t, err)
	_, workspace, _ := strings.Cut(string(manifest), "[workspace.package]\n")
	for line := range strings.Lines(found["Cargo.toml"]) {
		line = strings.TrimSpace(line)
		name, _, _ := strings.Cut(line, " ")
		if strings.Contains(want["Cargo.toml"], "\n"+name+".workspace = true\n") {
			assert.Contains(t, workspace, line+"\n")
		} else {
			assert.Contains(t, want["Cargo.toml"], line)
		}
	}
	delete(found, "Cargo.toml")
	delete(want, "Cargo.toml")
	delete(want, "embed.go")
	assert.Equal(t, want, found)
}

// contents returns all files below a directory.
func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	found := map[string]string{}
	require.NoError(t, fs.WalkDir(os.DirFS(dir), ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := os.ReadFile(filepath.Join(dir, path))
		found[path] = string(data)
		return err
	}))
	return found
}

func TestWrite(t *testing.T) {
	files := []File{{Path: "a", Data: []byte("A")}, {Path: "b/c/d.sh", Data: []byte("D"), Executable: true}, {Path: "b/e", Data: []byte("E")}}
	want := map[string]string{"a": "A", "b/c/d.sh": "D", "b/e": "E"}
	dir := filepath.Join(t.TempDir(), "new")
	require.NoError(t, Write(dir, files))
	assert.Equal(t, want, contents(t, dir))
	info, err := os.Stat(filepath.Join(dir, "b/c/d.sh"))
	require.NoError(t, err)
	assert.NotZero(t, info.Mode()&0o100)

	require.ErrorIs(t, Write(dir, files), ErrNotEmpty)
	assert.Equal(t, want, contents(t, dir))

	empty := t.TempDir()
	t.Chdir(empty)
	require.NoError(t, Write(".", files), "an empty directory that exists")
	assert.Equal(t, want, contents(t, empty))
}

// After an error everything is as it was.
func TestWriteAllOrNothing(t *testing.T) {
	for name, last := range map[string]File{
		"a file in the place of a directory": {Path: "a/b"},
		"a file twice":                       {Path: "b/c"},
		"a name that is too long":            {Path: "d/" + strings.Repeat("x", 300)},
	} {
		files := []File{{Path: "a"}, {Path: "b/c"}, last}
		parent := t.TempDir()
		require.Error(t, Write(filepath.Join(parent, "new"), files), name)
		entries, err := os.ReadDir(parent)
		require.NoError(t, err)
		assert.Empty(t, entries, name)

		require.Error(t, Write(parent, files), name)
		entries, err = os.ReadDir(parent)
		require.NoError(t, err)
		assert.Empty(t, entries, name)
	}
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, []byte("text"), 0o600))
	require.Error(t, Write(file, nil))
	require.Error(t, Write(filepath.Join(file, "new"), nil))
	assert.Equal(t, []string{"file"}, slices.Collect(maps.Keys(contents(t, filepath.Dir(file)))))
}

package scaffold

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/bind/wit"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/scaffold/script"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/scaffold/world"
)

var update = flag.Bool("update", false, "write what is expected")

// expect compares a text with a file.
func expect(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(got), 0o600))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, string(want), got, path)
}

// The types of the plugin in TypeScript are those of the contract, without the optional
// interface.
func TestTheTypesOfTheContract(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.CopyFS(filepath.Join(dir, "deps"), os.DirFS(root+"wit/deps")))
	text, err := os.ReadFile(root + "examples/plugins/js/plugin.wit")
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "plugin.wit"), text, 0o600))
	description, err := wit.Describe(t.Context(), dir, wit.Options{})
	require.NoError(t, err)
	w, err := world.Read(description)
	require.NoError(t, err)
	types, err := script.Types(w)
	require.NoError(t, err)
	expect(t, root+"examples/plugins/js/contract.d.ts", types)
}

// skeleton returns a skeleton for a .wit file, by the paths of its files.
func skeleton(t *testing.T, language, path string) (map[string]File, error) {
	t.Helper()
	description, err := wit.Describe(t.Context(), path, wit.Options{})
	require.NoError(t, err)
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	files, err := Skeleton(language, description, []File{{Path: "a.wit", Data: text}})
	byPath := map[string]File{}
	for _, f := range files {
		assert.Empty(t, byPath[f.Path].Path, "%s is there twice", f.Path)
		byPath[f.Path] = f
	}
	return byPath, err
}

// Names that are keywords, types of every kind, resources of both sides: what is written is
// in testdata. `make example` builds it.
func TestSkeletons(t *testing.T) {
	for language, sources := range map[string][]string{
		"c": {"plugin.c", "contract.h"}, "go": {"plugin.go", "contract.go"}, "js": {"plugin.js"},
		"rust": {"src/lib.rs"}, "typescript": {"plugin.ts", "contract.d.ts"},
	} {
		for _, name := range []string{"names", "resources"} {
			if name == "resources" && (language == "c" || language == "go") {
				continue // it exports one
			}
			path := "testdata/" + name + "/" + name + ".wit"
			files, err := skeleton(t, language, path)
			require.NoError(t, err)
			for _, f := range files {
				assert.NotContains(t, string(f.Data), "../", f.Path)
			}
			for _, source := range sources {
				expect(t, "testdata/"+name+"/"+filepath.Base(source), string(files[source].Data))
			}
			assert.Contains(t, string(files["README.md"].Data), "pipeline check plugin.wasm --wit wit --world my-org:my-pkg/my-world@1.2.0")
			assert.True(t, files["build.sh"].Executable)
			assert.NotEmpty(t, files["wit/a.wit"].Data)
		}
	}
	files, err := skeleton(t, "rust", "testdata/maps/maps.wit")
	require.NoError(t, err)
	expect(t, "testdata/maps/lib.rs", string(files["src/lib.rs"].Data))
	files, err = skeleton(t, "rust", "testdata/names/names.wit")
	require.NoError(t, err)
	assert.NotContains(t, string(files["Cargo.toml"].Data), "serde")
	assert.Contains(t, string(files["Cargo.toml"].Data), "\nwit-bindgen = ")
	assert.NotEmpty(t, files["compute-pipeline-guest/src/lib.rs"].Data)
}

// A language that cannot have something says what, and where it is.
func TestSkeletonsThatCannotBe(t *testing.T) {
	for _, test := range []struct{ text, languages, want string }{
		{"world w { import log: interface { write: func(); } }", "c go js rust typescript", "the world exports no functions"},
		{"world w { export f: func(); }", "assemblyscript cobol", "only in c, go, js, rust, typescript"},
		{"world w { export a: interface { resource r; f: func(); } }", "c go", "a exports the resource r, which a skeleton in "},
		{"world w { export f: func(x: map<string, u8>); }", "js typescript", "the function f: a map, which a skeleton in JavaScript cannot have"},
		{"world w { export f: func() -> list<option<map<string, string>>>; }", "js", "the function f: a map"},
		{"world w { import g: func(x: result<list<u8, 4>>); export f: func(); }", "js", "the function g: a fixed list"},
		{"world w { export f: func(x: list<list<string>, 2>); }", "rust", "the function f: a fixed list of what is no number, which wit-bindgen 0.60 cannot pass"},
		{"interface x { f: func(); }\nworld w { export x; export c:d/x; }\npackage c:d { interface x { f: func(); } }", "js typescript", "a:b/x and c:d/x have the same name"},
	} {
		path := filepath.Join(t.TempDir(), "a.wit")
		require.NoError(t, os.WriteFile(path, []byte("package a:b;\n"+test.text), 0o600))
		for _, language := range strings.Fields(test.languages) {
			_, err := skeleton(t, language, path)
			require.ErrorContains(t, err, test.want, language)
		}
	}
}

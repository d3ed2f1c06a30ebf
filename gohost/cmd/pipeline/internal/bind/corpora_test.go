package bind

import (
	"bytes"
	"errors"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/bind/wit"
)

// The .wit files of other projects' tests: each world of them becomes a package that
// compiles, or is refused with the reason that testdata/corpora/NAME.txt has.
func TestCorpora(t *testing.T) {
	check := compiler(t)
	for _, name := range []string{"wasmtime", "wit-bindgen", "wit-parser"} {
		t.Run(name, func(t *testing.T) {
			corpus, err := os.ReadFile("testdata/corpora/" + name + ".txtar")
			require.NoError(t, err)
			t.Chdir(unpack(t, corpus))
			entries, err := os.ReadDir(".")
			require.NoError(t, err)
			var report strings.Builder
			read := map[string]bool{}
			for i, entry := range entries {
				if i%oneIn != 0 {
					continue
				}
				read[entry.Name()] = true
				for _, world := range worldsOf(t, entry.Name()) {
					fmt.Fprintf(&report, "%s %s: %s\n", entry.Name(), world, outcome(t, check, entry.Name(), world))
				}
			}
			t.Chdir(start)
			golden := "testdata/corpora/" + name + ".txt"
			if *update && oneIn == 1 {
				require.NoError(t, os.WriteFile(golden, []byte(report.String()), 0o644))
			}
			want, err := os.ReadFile(golden)
			require.NoError(t, err)
			var wanted strings.Builder
			for line := range strings.Lines(string(want)) {
				if unit, _, _ := strings.Cut(line, " "); read[unit] {
					wanted.WriteString(line)
				}
			}
			assert.Equal(t, wanted.String(), report.String())
		})
	}
}

// start is the directory of the tests.
var start = func() string {
	dir, err := os.Getwd()
	if err != nil {
		panic(err)
	}
	return dir
}()

// unpack writes the files of a text in the format of golang.org/x/tools/txtar into a
// new directory.
func unpack(t *testing.T, text []byte) string {
	t.Helper()
	dir := t.TempDir()
	for part := range bytes.SplitSeq(append([]byte("\n"), text...), []byte("\n-- ")) {
		name, contents, found := bytes.Cut(part, []byte(" --\n"))
		if !found {
			continue // the comment before the first file
		}
		path := filepath.Join(dir, filepath.FromSlash(string(name)))
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
		require.NoError(t, os.WriteFile(path, append(contents, '\n'), 0o600))
	}
	return dir
}

// topLevel is the name of an interface, not of one in a nested package.
var topLevel = regexp.MustCompile(`(?m)^interface (\S+) \{`)

// addWorld adds a world, which imports and exports all interfaces, to the first file
// of a package.
func addWorld(t *testing.T, path string) {
	t.Helper()
	if files, err := filepath.Glob(filepath.Join(path, "*.wit")); err == nil && len(files) > 0 {
		path = files[0]
	}
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	world := "world all {\n"
	for _, match := range topLevel.FindAllSubmatch(text, -1) {
		world += fmt.Sprintf("  import %s;\n  export %[1]s;\n", match[1])
	}
	require.NoError(t, os.WriteFile(path, append(text, world+"}\n"...), 0o600))
}

// worldsOf returns the names of the worlds, or only "" if a name is not needed: there is one
// world, or none, and then it adds one.
func worldsOf(t *testing.T, path string) []string {
	t.Helper()
	_, err := wit.Describe(t.Context(), path, wit.Options{})
	if err != nil {
		if strings.Contains(err.Error(), " has no world") {
			addWorld(t, path)
		}
		if _, names, found := strings.Cut(err.Error(), " has several worlds, of which one must be named: "); found {
			return strings.Split(names, ", ")
		}
	}
	return []string{""}
}

// outcome says what becomes of a world.
func outcome(t *testing.T, check func(files []File) error, path, world string) string {
	t.Helper()
	json, err := wit.Describe(t.Context(), path, wit.Options{World: world})
	if refused := (*wit.Error)(nil); errors.As(err, &refused) {
		return "refused: " + filepath.ToSlash(err.Error())
	}
	require.NoError(t, err)
	files, err := Generate(json, Options{Package: "bound"})
	if err != nil {
		return "not generated: " + err.Error()
	}
	if err := check(files); err != nil {
		return "does not compile: " + err.Error()
	}
	return "compiles"
}

// compiler returns a function that compiles a generated package, but for the code.
func compiler(t *testing.T) func(files []File) error {
	t.Helper()
	list := exec.CommandContext(t.Context(), "go", append([]string{
		"list", "-export", "-deps", "-f", "{{.ImportPath}}\t{{.Export}}",
	}, slices.Sorted(maps.Values(packages))...)...)
	list.Stderr = os.Stderr
	out, err := list.Output()
	require.NoError(t, err)
	exports := map[string]string{}
	for line := range strings.Lines(string(out)) {
		path, export, _ := strings.Cut(strings.TrimSpace(line), "\t")
		exports[path] = export
	}
	fset := token.NewFileSet()
	imports := importer.ForCompiler(fset, "gc", func(path string) (io.ReadCloser, error) { return os.Open(exports[path]) })
	return func(files []File) error {
		var parsed []*ast.File
		for _, f := range files {
			file, err := parser.ParseFile(fset, f.Name, f.Content, parser.SkipObjectResolution)
			if err != nil {
				return err
			}
			parsed = append(parsed, file)
		}
		config := types.Config{Importer: imports, Sizes: types.SizesFor("gc", "amd64"), GoVersion: "go1.25"}
		_, err := config.Check("bound", fset, parsed, nil)
		return err
	}
}

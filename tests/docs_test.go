package tests

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func readRoot(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", name))
	require.NoError(t, err)
	return string(text)
}

// presentDocuments returns the documents without the changelog, which names what
// is gone too.
func presentDocuments(t *testing.T) map[string]string {
	t.Helper()
	texts := documents(t)
	delete(texts, "CHANGELOG.md")
	return texts
}

// documents returns the text of every Markdown file of the project, by its path
// from the root.
func documents(t *testing.T) map[string]string {
	t.Helper()
	texts := make(map[string]string)
	walk(t, func(path string, entry fs.DirEntry) {
		if filepath.Ext(path) == ".md" {
			texts[path] = readRoot(t, path)
		}
	})
	require.GreaterOrEqual(t, len(texts), 10)
	return texts
}

// walk calls visit for each file and directory of the project by its path from
// the root. It leaves out hidden ones, what is built, and the data of tests.
func walk(t *testing.T, visit func(path string, entry fs.DirEntry)) {
	t.Helper()
	require.NoError(t, fs.WalkDir(os.DirFS(".."), ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || path == "." {
			return err
		}
		switch name := entry.Name(); {
		case !entry.IsDir():
		case strings.HasPrefix(name, "."), name == "dist", name == "target", name == "node_modules", name == "testdata":
			return fs.SkipDir
		}
		visit(path, entry)
		return nil
	}))
}

// targets returns the Makefile's targets with their descriptions, in its order.
func targets(t *testing.T) [][]string {
	t.Helper()
	found := regexp.MustCompile(`(?m)^([a-z0-9-]+):.*## (.*)$`).FindAllStringSubmatch(readRoot(t, "Makefile"), -1)
	require.NotEmpty(t, found)
	return found
}

// CONTRIBUTING's table of targets is the output of `make help`.
func TestContributingListsTheTargets(t *testing.T) {
	var rows strings.Builder
	for _, target := range targets(t) {
		rows.WriteString("| `make " + target[1] + "` | " + target[2] + " |\n")
	}
	assert.Contains(t, readRoot(t, "CONTRIBUTING.md"), "| --- | --- |\n"+rows.String()+"\n")
}

// Every make target that a document names exists.
func TestDocumentsNameTargetsThatExist(t *testing.T) {
	exists := make(map[string]bool)
	for _, target := range targets(t) {
		exists[target[1]] = true
	}
	named := 0
	for document, text := range documents(t) {
		for _, match := range regexp.MustCompile("(?m)(?:`|^    )make ([a-z0-9-]+)").FindAllStringSubmatch(text, -1) {
			assert.True(t, exists[match[1]], "%s: make %s", document, match[1])
			named++
		}
	}
	assert.GreaterOrEqual(t, named, 20)
}

// buildPipeline builds the command line.
func buildPipeline(t *testing.T) (binary string) {
	t.Helper()
	binary = filepath.Join(t.TempDir(), "pipeline")
	build := exec.Command("go", "build", "-o", binary, ".")
	build.Dir = "../gohost/cmd/pipeline"
	out, err := build.CombinedOutput()
	require.NoError(t, err, string(out))
	return binary
}

// The README shows what the main job and its errors really print.
func TestReadmeShowsRealOutput(t *testing.T) {
	t.Setenv("COMPUTE_PIPELINE_CACHE", "off")
	readme := readRoot(t, "README.md")
	binary := buildPipeline(t)

	table, err := exec.Command(binary, "run", "../examples/data/seattle-temps-2010.json", "--window", "1mo").Output()
	require.NoError(t, err)
	assert.Contains(t, readme, "```\n"+string(table)+"```\n")

	file := filepath.Join(t.TempDir(), "bad.json")
	require.NoError(t, os.WriteFile(file, []byte("[{\"timestamp\":1262304000,\"value\":39.4},\n {\"timestamp\":1262307600,\"value\":\"39.2\"}]\n"), 0o600))
	bad := exec.Command(binary, "run", file)
	message, err := bad.CombinedOutput()
	var exit *exec.ExitError
	require.ErrorAs(t, err, &exit)
	assert.Equal(t, 1, exit.ExitCode())
	assert.Contains(t, readme, strings.ReplaceAll(string(message), file, "bad.json"))
}

// Every relative link leads to a file of the project and, where it has a
// fragment, to a heading of it.
func TestLinksLeadSomewhere(t *testing.T) {
	heading := regexp.MustCompile(`(?m)^#+ (.*)$`)
	code := regexp.MustCompile("(?s)```.*?```|`[^`\n]*`") // Go's conversions look like links
	links := 0
	texts := documents(t)
	for document, text := range texts {
		for _, link := range regexp.MustCompile(`\]\(([^):]+)\)`).FindAllStringSubmatch(code.ReplaceAllString(text, ""), -1) {
			target, fragment, _ := strings.Cut(link[1], "#")
			path := document
			if target != "" {
				path = filepath.Join(filepath.Dir(document), target)
			}
			_, err := os.Stat(filepath.Join("..", path))
			assert.NoError(t, err, document)
			if fragment != "" {
				var anchors []string
				for _, match := range heading.FindAllStringSubmatch(texts[path], -1) {
					anchors = append(anchors, strings.ReplaceAll(strings.ToLower(match[1]), " ", "-"))
				}
				assert.Contains(t, anchors, fragment, "%s: %s", document, link[1])
			}
			links++
		}
		assert.NotContains(t, text, "@@", document)
	}
	assert.GreaterOrEqual(t, links, 20)
}

// Every file and directory that a document names by its path from the root
// exists.
func TestPathsInDocumentsExist(t *testing.T) {
	path := regexp.MustCompile("`((?:docs|examples|gohost|guest|scripts|tests|wit)/[a-zA-Z0-9_./-]*)`")
	paths := 0
	for document, text := range presentDocuments(t) {
		for _, match := range path.FindAllStringSubmatch(text, -1) {
			_, err := os.Stat(filepath.Join("..", match[1]))
			assert.NoError(t, err, document)
			paths++
		}
	}
	assert.GreaterOrEqual(t, paths, 40)
}

// ARCHITECTURE's tree shows directories that exist, and leaves none out: where
// it shows one subdirectory of a directory, it shows all.
func TestArchitectureShowsTheLayout(t *testing.T) {
	_, tree, found := strings.Cut(readRoot(t, "ARCHITECTURE.md"), "## Layout\n")
	require.True(t, found)
	_, tree, found = strings.Cut(tree, "```\n")
	require.True(t, found)
	tree, _, found = strings.Cut(tree, "```\n")
	require.True(t, found)

	shown := make(map[string]bool)    // every directory of the tree
	children := make(map[string]bool) // those that show subdirectories
	var parents []string              // of the line, by its depth
	for line := range strings.Lines(tree) {
		name := strings.TrimLeft(line, " ")
		depth := (len(line) - len(name)) / 2
		name = strings.Fields(name)[0]
		require.LessOrEqual(t, depth, len(parents), line)
		require.True(t, strings.HasSuffix(name, "/"), line)

		path := filepath.Join(append(append([]string{}, parents[:depth]...), name)...)
		parents = append(parents[:depth], name)
		info, err := os.Stat(filepath.Join("..", path))
		if assert.NoError(t, err) {
			assert.True(t, info.IsDir(), path)
		}
		for ; path != "."; path = filepath.Dir(path) {
			shown[path] = true
			children[filepath.Dir(path)] = true
		}
	}
	walk(t, func(path string, entry fs.DirEntry) {
		if entry.IsDir() && children[filepath.Dir(path)] {
			assert.True(t, shown[path], "%s is not in the tree", path)
		}
	})
}

package tests

import (
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

// The README's table of targets is what `make help` says.
func TestReadmeListsTheTargets(t *testing.T) {
	targets := regexp.MustCompile(`(?m)^([a-z0-9-]+):.*## (.*)$`).FindAllStringSubmatch(readRoot(t, "Makefile"), -1)
	require.NotEmpty(t, targets)
	var rows strings.Builder
	for _, target := range targets {
		rows.WriteString("| `make " + target[1] + "` | " + target[2] + " |\n")
	}
	assert.Contains(t, readRoot(t, "README.md"), "| --- | --- |\n"+rows.String()+"\n")
}

// The README shows what the main job and its errors really print.
func TestReadmeShowsRealOutput(t *testing.T) {
	readme := readRoot(t, "README.md")
	binary := filepath.Join(t.TempDir(), "pipeline")
	build := exec.Command("go", "build", "-o", binary, ".")
	build.Dir = "../gohost/cmd/pipeline"
	out, err := build.CombinedOutput()
	require.NoError(t, err, string(out))

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

// Every link to a file of the project has something at its end.
func TestLinksLeadSomewhere(t *testing.T) {
	documents, err := filepath.Glob("../*.md")
	require.NoError(t, err)
	more, err := filepath.Glob("../docs/*.md")
	require.NoError(t, err)
	links := 0
	for _, document := range append(documents, more...) {
		text, err := os.ReadFile(document)
		require.NoError(t, err)
		for _, link := range regexp.MustCompile(`\]\(([^)#:]+)\)`).FindAllStringSubmatch(string(text), -1) {
			_, err := os.Stat(filepath.Join(filepath.Dir(document), link[1]))
			assert.NoError(t, err, document)
			links++
		}
		assert.NotContains(t, string(text), "@@", document)
	}
	assert.GreaterOrEqual(t, links, 10)
}

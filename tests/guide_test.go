package tests

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	guide       = "docs/your-own-contract.md"
	pluginGuide = "docs/writing-plugins.md"
)

// block is a fenced block of the guide: a file if it has a name, commands, what the
// commands before it print, or an excerpt.
type block struct{ language, file, text string }

func guideBlocks(t *testing.T, guide string) []block {
	t.Helper()
	var blocks []block
	for _, match := range regexp.MustCompile("(?ms)^```([a-z]+)(?: (\\S+))?\n(.*?)^```\n").FindAllStringSubmatch(readRoot(t, guide), -1) {
		blocks = append(blocks, block{language: match[1], file: match[2], text: match[3]})
	}
	require.GreaterOrEqual(t, len(blocks), 8)
	return blocks
}

// newcomer returns an empty directory with the project beside it, and an environment
// in which the guide's commands work.
func newcomer(t *testing.T) (dir string, env []string) {
	t.Helper()
	rust, err := os.ReadFile("../.tools/rust-bin")
	if os.IsNotExist(err) {
		t.Skip("scripts/setup.sh wasm installs the target wasm32-unknown-unknown")
	}
	require.NoError(t, err)
	root, err := filepath.Abs("..")
	require.NoError(t, err)
	home := t.TempDir()
	dir = filepath.Join(home, "shop")
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "guest"), 0o700))
	require.NoError(t, os.Symlink(root, filepath.Join(home, "compute-pipeline")))
	// With these, and the two settings of the profile below, cargo has built nearly all
	// that the plugin needs, for the guest.
	lock, err := os.ReadFile("../Cargo.lock")
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "guest", "Cargo.lock"), lock, 0o600))
	target := os.Getenv("CARGO_TARGET_DIR")
	if target == "" {
		target = filepath.Join(root, "target")
	}
	require.NoError(t, os.Symlink(target, filepath.Join(dir, "guest", "target")))

	bin := filepath.Join(home, "bin")
	path := []string{bin, os.Getenv("PATH")}
	if first := strings.TrimSpace(string(rust)); first != "" {
		path = append([]string{first}, path...)
	}
	return dir, append(os.Environ(), "GOBIN="+bin, "PATH="+strings.Join(path, ":"),
		"CARGO_TARGET_DIR="+target, "CARGO_PROFILE_RELEASE_DEBUG=true", "CARGO_PROFILE_RELEASE_STRIP=none", "CARGO_TERM_QUIET=true", "COMPUTE_PIPELINE_CACHE=off")
}

func TestTheGuideWorks(t *testing.T) {
	dir, env := newcomer(t)
	follow(t, guide, dir, env)
}

func TestTheGuideForPluginsWorks(t *testing.T) {
	dir, env := newcomer(t)
	follow(t, pluginGuide, dir, env)
}

// Names that are keywords of Rust, types of every kind, resources of both sides.
func TestASkeletonIsBuilt(t *testing.T) {
	dir, env := newcomer(t)
	command := exec.CommandContext(t.Context(), "bash", "-eu", "-c", `go install -C ../compute-pipeline/gohost/cmd/pipeline .
		source=$PWD/../compute-pipeline/gohost/cmd/pipeline/internal/scaffold
		for name in names resources maps; do
			pipeline new plugin --lang rust --wit $source/testdata/$name/$name.wit $name
			(cd $name && ./build.sh && pipeline check plugin.wasm --wit wit | grep "the contract")
		done`)
	command.Dir, command.Env = dir, env
	printed, err := command.CombinedOutput()
	require.NoError(t, err, string(printed))
	assert.Equal(t, 3, strings.Count(string(printed), "  ok    the contract  "), string(printed))
}

// follow does what a guide says: its files and commands work in an empty directory, and print
// what it shows.
func follow(t *testing.T, guide, dir string, env []string) {
	t.Helper()
	var printed []byte
	for _, b := range guideBlocks(t, guide) {
		switch {
		case b.file != "":
			path := filepath.Join(dir, b.file)
			require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
			require.NoError(t, os.WriteFile(path, []byte(b.text), 0o600))
		case b.language == "sh":
			command := exec.CommandContext(t.Context(), "bash", "-eu", "-c", b.text)
			command.Dir, command.Env = dir, env
			var err error
			printed, err = command.CombinedOutput()
			require.NoError(t, err, "%s\n%s", b.text, printed)
		case b.language == "text":
			assert.Equal(t, b.text, string(printed))
		}
	}
}

// What the guide shows of the example is there.
func TestTheGuideShowsTheExample(t *testing.T) {
	var sources []byte
	files, err := filepath.Glob("../examples/filter/*.go")
	require.NoError(t, err)
	for _, file := range files {
		source, err := os.ReadFile(file)
		require.NoError(t, err)
		sources = append(sources, source...)
	}
	indent := regexp.MustCompile(`(?m)^\t+`)
	sources = indent.ReplaceAll(sources, nil)
	shown := 0
	for _, b := range guideBlocks(t, guide) {
		if b.language == "go" && b.file == "" {
			assert.True(t, bytes.Contains(sources, indent.ReplaceAll([]byte(b.text), nil)), b.text)
			shown++
		}
	}
	assert.Positive(t, shown)
}

// bind generates a package.
func bind(t *testing.T, wit, out string) {
	t.Helper()
	t.Setenv("COMPUTE_PIPELINE_CACHE", "off")
	command := exec.CommandContext(t.Context(), "go", "run", ".", "bind", wit, "--out", out)
	command.Dir = "../gohost/cmd/pipeline"
	printed, err := command.CombinedOutput()
	require.NoError(t, err, string(printed))
}

// The types of the guide's table are those that are generated.
func TestTheGuidesTypes(t *testing.T) {
	_, table, _ := strings.Cut(readRoot(t, guide), "| WIT | Go |\n")
	table, _, _ = strings.Cut(table, "\n\n")
	code := regexp.MustCompile("`([^`]+)`")
	var world strings.Builder
	world.WriteString("package guide:types;\n\nworld types {\n")
	var types []string
	for line := range strings.Lines(table) {
		cells := strings.Split(line, " | ")
		if len(cells) != 2 || !strings.HasPrefix(cells[1], "`") {
			continue // described in words
		}
		of, in := code.FindAllStringSubmatch(cells[0], -1), code.FindAllStringSubmatch(cells[1], -1)
		require.Len(t, of, len(in), line)
		for i := range of {
			world.WriteString("  export f" + string(rune('a'+len(types))) + ": func(v: " + of[i][1] + ");\n")
			types = append(types, in[i][1])
		}
	}
	require.GreaterOrEqual(t, len(types), 20)
	world.WriteString("}\n")
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "types.wit"), []byte(world.String()), 0o600))
	bind(t, dir, filepath.Join(dir, "types"))
	exports, err := os.ReadFile(filepath.Join(dir, "types", "exports_gen.go"))
	require.NoError(t, err)
	for i, goType := range types {
		assert.Contains(t, string(exports), ") F"+string(rune('a'+i))+"(ctx context.Context, v "+goType+") error", goType)
	}
}

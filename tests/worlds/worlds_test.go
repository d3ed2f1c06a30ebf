package worlds

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/tests/internal/tool"
)

const (
	defaultSeed = 1
	// defaultGroups have ten worlds each: one program cannot have a package for each of
	// so many worlds without taking minutes to build.
	defaultGroups = 100
	// calls are those of a world.
	calls = 20
)

func TestRandomWorlds(t *testing.T) {
	lookAt(t, "../../gohost")
	seed, count := fromEnv(t, "SEED", defaultSeed), fromEnv(t, "GROUPS", defaultGroups)
	dir := t.TempDir()
	if keep := os.Getenv("COMPUTE_PIPELINE_WORLDS_KEEP"); keep != "" {
		dir = keep
	}
	args := []string{strconv.Itoa(seed), "0", strconv.Itoa(count), strconv.Itoa(calls), dir}
	tool.Worlds.Run(t, append([]string{"write"}, args...)...)
	bind(t, dir, count)
	program := build(t, dir, count, "Main")
	output := runProgram(t, "", nil, program, dir)
	var groups, made, changed int
	_, err := fmt.Sscanf(output, "%d groups, %d calls, %d with changed memory\n", &groups, &made, &changed)
	require.NoError(t, err, output)
	require.Equal(t, []int{count, count * 10 * calls}, []int{groups, made})
	// Functions without values have none, and some need more Go memory than they may have.
	require.Greater(t, changed, count*500)
	tool.Worlds.Run(t, append([]string{"lift"}, args...)...)
}

func fromEnv(t *testing.T, name string, usual int) int {
	t.Helper()
	name = "COMPUTE_PIPELINE_WORLDS_" + name
	text, ok := os.LookupEnv(name)
	if !ok {
		return usual
	}
	value, err := strconv.Atoi(text)
	require.NoError(t, err, name)
	return value
}

// lookAt looks at all files, since `go test` runs again only if one that a test looked at
// has changed: the bindings are not compiled into this test.
func lookAt(t *testing.T, dir string) {
	t.Helper()
	require.NoError(t, filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err == nil {
			_, err = os.Stat(path)
		}
		return err
	}))
}

// bind generates bindings for all groups, each in a package of its own.
func bind(t *testing.T, dir string, count int) {
	t.Helper()
	runProgram(t, "", nil, "go", "run", "example.org/compute-pipeline/gohost/cmd/pipeline/internal/bind/batch", dir, strconv.Itoa(count))
	for number := range count {
		dir := filepath.Join(dir, strconv.Itoa(number), "bindings")
		parseBindings(t, dir).driver(t, dir, pkg(number))
	}
}

func pkg(number int) string { return fmt.Sprintf("g%d", number) }

// build builds the program that does something of package driver with all bindings.
func build(t *testing.T, dir string, count int, does string) string {
	t.Helper()
	root, err := filepath.Abs("../..")
	require.NoError(t, err)
	var imports, bindings bytes.Buffer
	for number := range count {
		fmt.Fprintf(&imports, "\t%s \"worlds/%d/bindings\"\n", pkg(number), number)
		fmt.Fprintf(&bindings, "\t%d: %s.Binding_,\n", number, pkg(number))
	}
	source := fmt.Sprintf(mainSource, imports.String(), bindings.String(), does)
	for name, text := range map[string]string{
		"go.mod":  "module worlds\n\ngo 1.25.0\n",
		"go.work": fmt.Sprintf("go 1.25.0\n\nuse (\n\t.\n\t%q\n)\n", root),
		"main.go": source,
	} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644))
	}
	program := filepath.Join(dir, "calls")
	// Nearly all of the time goes into compiling the bindings, each of which runs once.
	runProgram(t, dir, []string{"GOWORK=" + filepath.Join(dir, "go.work")},
		"go", "build", "-gcflags=worlds/...=-N -l", "-ldflags=-s -w", "-o", program, ".")
	return program
}

const mainSource = `package main

import (
	"context"
	"fmt"
	"os"

	"example.org/compute-pipeline/tests/worlds/driver"

%s)

var bindings = map[int]driver.Binding{
%s}

func main() {
	if err := driver.%s(context.Background(), os.Args[1], bindings, os.Stdout); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}
`

// runProgram runs a program in a directory and returns what it printed.
func runProgram(t *testing.T, dir string, env []string, program string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program, args...)
	cmd.Dir, cmd.Env = dir, append(append(os.Environ(), "COMPUTE_PIPELINE_CACHE=off"), env...)
	var output, errors bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &errors
	require.NoError(t, cmd.Run(), "%s\n%s", output.Bytes(), errors.Bytes())
	return output.String()
}

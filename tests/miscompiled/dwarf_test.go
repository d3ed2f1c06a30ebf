package miscompiled

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/tetratelabs/wazero/api"

	"example.org/compute-pipeline/tests/internal/tool"
)

// Calls of testdata/traps.wasm and the comments at the lines in their stack,
// innermost first.
var traps = []struct {
	function string
	args     []uint64
	lines    []string
}{
	{"nothing_rewritten", []uint64{api.EncodeF64(-1)}, []string{"trap: nothing_rewritten"}},
	{"after_selects", []uint64{api.EncodeF64(-1), api.EncodeF64(-2)}, []string{"trap: after_selects"}},
	{"inlined", []uint64{api.EncodeF64(1), api.EncodeF64(2), 4}, []string{"trap: check", "call: check"}},
	{"vectors", []uint64{api.EncodeF64(-1), api.EncodeF64(1)}, []string{"trap: vectors"}},
	{
		"calls",
		[]uint64{api.EncodeF64(1)},
		[]string{"trap: after_selects_outlined", "call: after_selects_outlined"},
	},
}

var position = regexp.MustCompile(`traps\.rs:(\d+)`)

// linesOf returns the positions in the stack of a trap.
func linesOf(err error) (lines []string) {
	for _, match := range position.FindAllStringSubmatch(err.Error(), -1) {
		lines = append(lines, match[1])
	}
	return lines
}

// commented maps each comment of traps.rs to its line.
func commented(t *testing.T) map[string]string {
	t.Helper()
	file, err := os.Open(filepath.Join("testdata", "traps.rs"))
	require.NoError(t, err)
	defer file.Close()
	lines := map[string]string{}
	scanner := bufio.NewScanner(file)
	for number := 1; scanner.Scan(); number++ {
		if _, comment, found := strings.Cut(scanner.Text(), "; // "); found {
			lines[comment] = fmt.Sprint(number)
		} else if _, comment, found := strings.Cut(scanner.Text(), ") // "); found {
			lines[comment] = fmt.Sprint(number)
		}
	}
	require.NoError(t, scanner.Err())
	return lines
}

func TestStackOfAHardenedModuleNamesTheLine(t *testing.T) {
	original, err := filepath.Abs(filepath.Join("testdata", "traps.wasm"))
	require.NoError(t, err)
	hardened := filepath.Join(t.TempDir(), "hardened.wasm")
	tool.Prepare.Run(t, "harden", "--dwarf", original, hardened)
	tool.Prepare.Run(t, "miscompiled", hardened)
	wasm, err := os.ReadFile(hardened)
	require.NoError(t, err)

	comments := commented(t)
	for _, e := range []struct {
		name   string
		engine engine
	}{{"compiler", newCompiler(t)}, {"interpreter", newInterpreter(t)}} {
		before := e.engine.instantiate(t, readModule(t, "traps.wasm"))
		after := e.engine.instantiate(t, wasm)
		for _, trap := range traps {
			expected := make([]string, len(trap.lines))
			for i, comment := range trap.lines {
				require.Contains(t, comments, comment)
				expected[i] = comments[comment]
			}
			_, err := before.ExportedFunction(trap.function).Call(t.Context(), trap.args...)
			assert.Equal(t, expected, linesOf(err), "%s of the original, %s", trap.function, e.name)
			_, err = after.ExportedFunction(trap.function).Call(t.Context(), trap.args...)
			assert.Equal(t, expected, linesOf(err), "%s of the hardened module, %s", trap.function, e.name)
		}
	}
}

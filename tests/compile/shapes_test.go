package compile

import (
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/tests/internal/tool"
)

const (
	// mostMemory is the bound on a module in guest/prepare/src/complexity.rs.
	mostMemory = 1 << 30
	// reserve is what any module may take more: the process, pages that the
	// collector has not given back, and what the estimate is too low by.
	reserve = 16 << 20
)

// estimate is what the generator says about a module that it writes.
type estimate struct {
	N, Bytes, Nanoseconds, Peak, Kept int64
	Refused                           *string
}

// everyday are shapes and sizes that take some 50 MiB and part of a second, one
// for each sort of term of the estimate.
var everyday = map[string]int{
	"calls with two hundred values": 200,
	"conversions f32 to u64":        4_000,
	"functions with locals":         1_000,
	"globals and calls":             500,
	"loads":                         8_000,
	"a machine of states":           3_000,
	"locals live across conditions": 300,
	"nested loops":                  1_000,
	"types":                         20_000,
	"values live across calls":      3_000,
}

func TestShapesTakeNoMoreMemoryThanEstimated(t *testing.T) {
	onlyLinux(t)
	for name, n := range everyday {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "shape.wasm")
			e := generated(t, "write", name, strconv.Itoa(n), path)
			u := compiled(t, path)
			report(t, e, u)
			assert.LessOrEqual(t, u.Peak, e.Peak+reserve)
			assert.LessOrEqual(t, u.Kept, e.Kept+reserve)
			// An estimate that is far too high would refuse usual modules.
			assert.GreaterOrEqual(t, u.Peak*16+reserve, e.Peak)
		})
	}
}

func TestShapesJustBelowTheBounds(t *testing.T) {
	onlyLinux(t)
	names := []string{"globals and calls", "locals live across nested loops"}
	if os.Getenv("COMPUTE_PIPELINE_COMPILE_ALL") != "" {
		names = shapes(t)
	}
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "shape.wasm")
			e := generated(t, "limit", name, path)
			require.Nil(t, e.Refused)
			u := compiled(t, path)
			report(t, e, u)
			assert.LessOrEqual(t, u.Peak, int64(mostMemory+reserve))
			assert.LessOrEqual(t, u.Peak, e.Peak+reserve)
			assert.LessOrEqual(t, u.Kept, e.Kept+reserve)
		})
	}
}

// The table is of shapes that there are, and none of them took a tenth more memory
// than is estimated for it, nor twice the time.
func TestWhatWasMeasured(t *testing.T) {
	table, err := os.ReadFile("measured.tsv")
	require.NoError(t, err)
	known := shapes(t)
	rows := 0
	for line := range strings.Lines(string(table)) {
		fields := strings.Split(strings.TrimSpace(line), "\t")
		if len(fields) != 9 || fields[0] == "shape" {
			continue
		}
		rows++
		assert.Contains(t, known, fields[0])
		figures := make([]int64, 9)
		for i := 1; i < 9; i++ {
			figures[i], err = strconv.ParseInt(fields[i], 10, 64)
			require.NoError(t, err, line)
		}
		const some = 4 << 10 // KiB that any module takes
		assert.LessOrEqual(t, figures[3], 2*figures[4]+50, line)
		assert.LessOrEqual(t, figures[5], figures[6]*11/10+some, line)
		assert.LessOrEqual(t, figures[7], figures[8]+2*some, line)
	}
	assert.GreaterOrEqual(t, rows, 40)
}

// onlyLinux skips the test where the kernel does not say what a process takes.
func onlyLinux(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("needs /proc")
	}
}

func report(t *testing.T, e estimate, u usage) {
	t.Logf("n %d, %d bytes: %d ms (estimated %d), peak %d MiB (%d), kept %d MiB (%d)",
		e.N, e.Bytes, u.CPU.Milliseconds(), e.Nanoseconds/1e6, u.Peak>>20, e.Peak>>20, u.Kept>>20, e.Kept>>20)
}

func shapes(t *testing.T) []string {
	return strings.Split(strings.TrimSpace(string(tool.CompilingModules.Run(t, "list"))), "\n")
}

func generated(t *testing.T, args ...string) (e estimate) {
	require.NoError(t, json.Unmarshal(tool.CompilingModules.Run(t, args...), &e))
	return e
}

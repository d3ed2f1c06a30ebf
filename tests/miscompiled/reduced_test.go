package miscompiled

import (
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/tetratelabs/wazero/api"

	"example.org/compute-pipeline/tests/internal/tool"
)

// oldProcessor names the variable that says that the processor, as in
// `qemu-x86_64-static -cpu Nehalem`, has neither LZCNT nor TZCNT.
const oldProcessor = "COMPUTE_PIPELINE_OLD_PROCESSOR"

// reduced are the smallest programs known to be compiled wrongly: what to call
// `t` with, and what it gives.
var reduced = []struct {
	name string
	// arch is where the compiler is wrong.
	arch  string
	args  []uint64
	right uint64
	// wrong is what the compiler gives; 0 when that depends on what was on the
	// stack before.
	wrong uint64
}{
	{name: "select", arch: "amd64", args: doubles(10, 3, 0), right: double(-13), wrong: double(-7)},
	{name: "copysign", arch: "amd64", args: doubles(10, 3, 0), right: double(0), wrong: double(-20)},
	{name: "replace_lane_f64x2", arch: "amd64", args: doubles(10, 3), right: double(-7), wrong: double(-10)},
	{name: "convert_i64_u", arch: "amd64", args: []uint64{5}, right: 0xa4, wrong: 0xa5},
	{name: "mul_i64x2", arch: "amd64", args: []uint64{vector}, right: 0x4757d3f7a5639712, wrong: 0x177f8b8a3d6fad64},
	{name: "popcnt_i8x16", arch: "amd64", args: []uint64{vector}, right: 0x87284a76b0fefef8, wrong: 0x84284a76aef5f5f4},
	{name: "min_f64x2", arch: "amd64", args: []uint64{vector}, right: 0x442d05e4d000001, wrong: 0x440905e4d000001},
	{name: "max_f64x2", arch: "amd64", args: []uint64{vector}, right: 0x8297150c84400000, wrong: 0x440905e4d000001},
	{name: "clz", arch: oldProcessor, args: []uint64{7}, right: 0x12f, wrong: 0x134},
	{name: "replace_lane_f32x4", arch: "arm64", args: []uint64{single(10), single(3)}, right: single(-7), wrong: single(-10)},
	{name: "narrow", arch: "arm64", args: []uint64{5}, right: 0xfb, wrong: 0x3ff00000000000fb},
	{name: "dot", arch: "arm64", args: []uint64{vector}, right: 0x7c4c89c36c54132a, wrong: 0x715a44a3bbf8f4b4},
	{name: "rem", arch: "arm64", args: []uint64{1000}, right: 0x7b7},
	{name: "bitmask", arch: "arm64", args: []uint64{math.MaxUint64}, right: 0x663},
}

const vector = 0x8123456789abcdef

func double(value float64) uint64 { return api.EncodeF64(value) }

func single(value float32) uint64 { return api.EncodeF32(value) }

func doubles(values ...float64) (bits []uint64) {
	for _, value := range values {
		bits = append(bits, double(value))
	}
	return bits
}

func readModule(t *testing.T, name string) []byte {
	t.Helper()
	wasm, err := os.ReadFile(filepath.Join("testdata", name))
	require.NoError(t, err)
	return wasm
}

func callReduced(t *testing.T, e engine, wasm []byte, args []uint64) uint64 {
	t.Helper()
	results, err := e.instantiate(t, wasm).ExportedFunction("t").Call(t.Context(), args...)
	require.NoError(t, err)
	require.Len(t, results, 1)
	return results[0]
}

func TestInterpreterIsRight(t *testing.T) {
	for _, program := range reduced {
		for _, suffix := range []string{".wasm", ".hardened.wasm"} {
			wasm := readModule(t, program.name+suffix)
			assert.Equal(t, program.right, callReduced(t, newInterpreter(t), wasm, program.args), program.name+suffix)
		}
	}
}

func TestCompilerIsWrongWithoutHardening(t *testing.T) {
	for _, program := range reduced {
		got := callReduced(t, newCompiler(t), readModule(t, program.name+".wasm"), program.args)
		wrong := program.arch == runtime.GOARCH
		if program.arch == oldProcessor {
			wrong = os.Getenv(oldProcessor) != ""
		}
		if !wrong {
			assert.Equal(t, program.right, got, program.name)
			continue
		}
		assert.NotEqual(t, program.right, got, "%s: %s", program.name, fixed)
		if program.wrong != 0 {
			assert.Equal(t, program.wrong, got, "%s: wrong in a way not seen before", program.name)
		}
	}
}

func TestCompilerIsRightWithHardening(t *testing.T) {
	for _, program := range reduced {
		got := callReduced(t, newCompiler(t), readModule(t, program.name+".hardened.wasm"), program.args)
		assert.Equal(t, program.right, got, program.name)
	}
}

func TestCommittedModulesAreHardenedByTheProgramOfToday(t *testing.T) {
	committed, err := filepath.Glob(filepath.Join("testdata", "*.hardened.wasm"))
	require.NoError(t, err)
	require.Greater(t, len(committed), len(reduced))
	for _, path := range committed {
		original, err := filepath.Abs(strings.TrimSuffix(path, ".hardened.wasm") + ".wasm")
		require.NoError(t, err)
		hardened := filepath.Join(t.TempDir(), "hardened.wasm")
		tool.Prepare.Run(t, "harden", original, hardened)
		got, err := os.ReadFile(hardened)
		require.NoError(t, err)
		assert.Equal(t, readModule(t, filepath.Base(path)), got,
			"%s is stale: run tests/miscompiled/testdata/build.sh", path)
		tool.Prepare.Run(t, "miscompiled", hardened)
	}
}

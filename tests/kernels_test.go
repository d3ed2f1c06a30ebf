package tests

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/tetratelabs/wazero"

	"example.org/compute-pipeline/tests/internal/tool"
)

const kernelsPath = "kernels/kernels.wasm"

// The operators of networks are right on every runtime, in its instructions of simd128: the
// convolution by its definition, on all pairs of int8, the largest numbers and random shapes; the
// others by the bits that they have as native code. Interpreters run a part.
func TestTheKernels(t *testing.T) {
	hardened := filepath.Join(t.TempDir(), "kernels.wasm")
	tool.Prepare.Run(t, "harden", kernelsPath, hardened)
	wasm, err := os.ReadFile(hardened)
	require.NoError(t, err)
	text, err := os.ReadFile("kernels/hashes.txt")
	require.NoError(t, err)
	hashes := strings.Fields(string(text))

	check := func(t *testing.T, each int, module coreModule) {
		call := func(name string, argument int) uint32 {
			results, err := module.invoke(t.Context(), name, uint64(uint32(argument)))
			require.NoError(t, err, "%s(%d)", name, argument)
			return uint32(results[0])
		}
		for weight := -128; weight < 128; weight += each {
			require.EqualValues(t, 1, call("pairs", weight), "weight %d", weight)
		}
		for pattern := 0; pattern < 8192; pattern += 4*each - 1 {
			require.EqualValues(t, 1, call("largest", pattern), "signs %b", pattern)
		}
		for seed := 0; seed < 256; seed += each {
			require.EqualValues(t, 1, call("shapes", seed), "seed %d", seed)
		}
		for seed, hash := range hashes {
			require.Equal(t, hash, fmt.Sprintf("%08x", call("floats", seed)), "seed %d", seed)
		}
	}
	for name, r := range map[string]struct {
		config wazero.RuntimeConfig
		each   int
	}{
		"compiler":    {wazero.NewRuntimeConfigCompiler(), 1},
		"interpreter": {wazero.NewRuntimeConfigInterpreter(), 32},
	} {
		t.Run("wazero, "+name, func(t *testing.T) {
			module, err := newWazeroModule(t.Context(), r.config, wasm)
			require.NoError(t, err)
			defer module.close(t.Context())
			check(t, r.each, module)
		})
	}
	for name, r := range map[string]struct {
		command *exec.Cmd
		each    int
	}{
		"Wasmtime": {rustRunner(t.Context(), "wasmtime", "core", kernelsPath), 1},
		"wasmi":    {rustRunner(t.Context(), "wasmi", kernelsPath), 32},
		"Node":     {exec.CommandContext(t.Context(), "node", "node/core.js", kernelsPath), 1},
	} {
		t.Run(name, func(t *testing.T) {
			p, err := startProcess(r.command, nil)
			require.NoError(t, err)
			check(t, r.each, coreProcess{p})
			require.NoError(t, p.close())
		})
	}
}

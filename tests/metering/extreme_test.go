package metering

import (
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/tests/internal/tool"
)

// extremes are modules at the limits of what a module may have, each with the
// reason why it is refused, if it is.
var extremes = []struct {
	name    string
	wasm    func() []byte
	refused string
}{
	{name: "nothing", wasm: func() []byte { return module() }},
	{name: "only imports", wasm: func() []byte {
		return module(voidType, section(importSection, vector(
			slices.Concat(named("host"), named("a"), []byte{0, 0}),
			slices.Concat(named("host"), named("b"), []byte{3, 0x7e, 1}))))
	}},
	{name: "no functions", wasm: func() []byte {
		return module(section(memorySection, vector([]byte{0, 1})),
			section(globalSection, vector([]byte{0x7e, 1, opI64Const, 5, opEnd})),
			section(exportSection, vector(exported("global", 3, 0))))
	}},
	{name: "100,000 functions", wasm: func() []byte { return functionsThat(100_000, func(int) []byte { return nil }) }},
	{name: "100,000 functions in a chain", wasm: func() []byte {
		return functionsThat(100_000, func(i int) []byte { return append([]byte{opCall}, number(min(i+1, 99_999))...) })
	}},
	{name: "100,000 functions in a ring", wasm: func() []byte {
		return functionsThat(100_000, func(i int) []byte { return append([]byte{opCall}, number((i+1)%100_000)...) })
	}},
	{name: "100,000 functions that call through a table of all", wasm: func() []byte {
		const n = 100_000
		all := make([][]byte, n)
		for i := range all {
			all[i] = number(i)
		}
		call := body(noLocals, []byte{opI32Const, 0, opIndirect, 0, 0})
		return module(voidType,
			section(functionSection, append(number(n), repeated(n, 0)...)),
			section(tableSection, vector(append([]byte{0x70, 0}, number(n)...))),
			section(elementSection, vector(append([]byte{0, opI32Const, 0, opEnd}, vector(all...)...))),
			section(codeSection, append(number(n), repeated(n, call...)...)))
	}},
	{name: "100,000 exports of a function", wasm: func() []byte {
		exports := make([][]byte, 100_000)
		for i := range exports {
			exports[i] = exported(fmt.Sprint(i), 0, 0)
		}
		return module(voidType, section(functionSection, vector([]byte{0})),
			section(exportSection, vector(exports...)), section(codeSection, vector(body(noLocals))))
	}},
	{name: "10,000 nested blocks", wasm: func() []byte {
		return program(noLocals, nested(10_000, opBlock))
	}},
	{name: "10,000 nested ifs", wasm: func() []byte {
		return program(noLocals, repeated(10_000, opI32Const, 1, opIf, void), repeated(10_000, opEnd))
	}},
	{name: "10,000 nested loops", wasm: func() []byte {
		return program(noLocals, nested(10_000, opLoop))
	}},
	{name: "10,000 loops in a row", wasm: func() []byte {
		return program(noLocals, repeated(10_000, opLoop, void, opEnd))
	}},
	{name: "a br_table with 100,000 targets", wasm: func() []byte {
		return program(noLocals, []byte{opLoop, void, opI32Const, 0, opBrTable}, number(100_000), repeated(100_001, 0), []byte{opEnd})
	}},
	{name: "branches out of 3,000 loops", wasm: func() []byte {
		var code []byte
		for i := range 3000 {
			code = append(code, opLoop, void, opI32Const, 0, opBrIf)
			code = append(code, number(i)...)
		}
		code = append(code, opI32Const, 0, opBrTable)
		code = append(code, number(3000)...)
		for i := range 3001 {
			code = append(code, number(i)...)
		}
		return program(noLocals, code, repeated(3000, opEnd))
	}},
	{name: "50,000 locals", wasm: func() []byte {
		return program(slices.Concat([]byte{1}, number(50_000), []byte{0x7f}), []byte{opLoop, void, opEnd})
	}},
	{name: "50,001 locals", refused: "not a valid", wasm: func() []byte {
		return program(slices.Concat([]byte{1}, number(50_001), []byte{0x7f}))
	}},
	{name: "a function of 7.5 MB", wasm: func() []byte {
		return program(noLocals, repeated(2_500_000, opI32Const, 0, opDrop))
	}},
	{name: "a function of 7.6 MB of loops", refused: "bytes long after rewriting", wasm: func() []byte {
		return program(noLocals, repeated((7_654_321-10)/3, opLoop, void, opEnd))
	}},
	{name: "a function above the limit", refused: "not a valid", wasm: func() []byte {
		return program(noLocals, repeated(7_654_321, 0x01))
	}},
	{name: "a million empty element segments", refused: "not a valid", wasm: func() []byte {
		const n = 1_000_000
		return module(section(tableSection, vector([]byte{0x70, 0, 1})),
			section(elementSection, append(number(n), repeated(n, 1, 0, 0)...)))
	}},
	{name: "a number of functions that is not there", refused: "not a valid", wasm: func() []byte {
		return module(voidType, section(functionSection, number(math.MaxUint32)))
	}},
	{name: "a number of br_table targets that is not there", refused: "not a valid", wasm: func() []byte {
		return program(noLocals, []byte{opLoop, void, opI32Const, 0, opBrTable}, number(math.MaxUint32), []byte{0, opEnd})
	}},
}

// functionsThat is a module of n functions of which the first is exported.
func functionsThat(n int, code func(i int) []byte) []byte {
	bodies := make([][]byte, n)
	for i := range bodies {
		bodies[i] = body(noLocals, code(i))
	}
	return module(voidType,
		section(functionSection, append(number(n), repeated(n, 0)...)),
		section(exportSection, vector(exported("run", 0, 0))),
		section(codeSection, vector(bodies...)))
}

func nested(n int, opcode byte) []byte {
	return append(repeated(n, opcode, void), repeated(n, opEnd)...)
}

// memoryLimit is what the prepare module has when it runs as a wasm module.
const memoryLimit = 512 << 20

func TestModulesAtTheLimits(t *testing.T) {
	m := newInterpreter(t)
	for _, extreme := range extremes {
		t.Run(extreme.name, func(t *testing.T) {
			wasm := extreme.wasm()
			out, refusal := tryToMeter(t, wasm)
			t.Logf("%d bytes to %d: %s", len(wasm), len(out), refusal)
			if extreme.refused != "" {
				require.Contains(t, refusal, extreme.refused)
				return
			}
			require.Empty(t, refusal)
			compiled, err := m.runtime.CompileModule(t.Context(), out)
			require.NoError(t, err)
			require.NoError(t, compiled.Close(t.Context()))
		})
	}
}

// tryToMeter returns the metered module, or why there is none. The prepare module has
// no more memory than when it runs as a wasm module.
func tryToMeter(t testing.TB, wasm []byte) (out []byte, refusal string) {
	t.Helper()
	in, to := filepath.Join(t.TempDir(), "in.wasm"), filepath.Join(t.TempDir(), "out.wasm")
	require.NoError(t, os.WriteFile(in, wasm, 0o600))
	limited := []string{"-c", fmt.Sprintf(`ulimit -v %d; exec "$@"`, memoryLimit>>10), "sh"}
	cmd := exec.CommandContext(t.Context(), "sh", append(limited, tool.Prepare.Path(t), "meter", in, to)...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	err := cmd.Run()
	require.NotNil(t, cmd.ProcessState, "%v", err)
	// 1 is a refusal; a panic would be 101, too little memory a signal, -1.
	require.Contains(t, []int{0, 1}, cmd.ProcessState.ExitCode(), stderr.String())
	if err != nil {
		return nil, stderr.String()
	}
	return readFile(t, to), ""
}

package miscompiled

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/tetratelabs/wazero/api"
)

// edges are bit patterns, of any type, where an instruction may differ from what
// replaces it: limits of integers and of lanes, and NaNs with a payload, quiet
// and signalling.
var edges = []uint64{
	0, 1, 2, 7, 63, 64, math.MaxUint64, math.MaxUint64 - 1,
	1 << 31, 1<<31 - 1, 1 << 32, math.MaxUint32,
	1 << 63, 1<<63 - 1, 1<<63 + 1, 1<<63 + 1<<10, 1<<63 + 1<<10 + 1, 1<<53 + 1, 1<<24 + 1, math.MaxUint64 - 1<<10,
	0x7fc00000_7f800001, 0xffc12345_ff812345, 0x7f800000_ff800000, 0x80000000_00000000 | 0x80000000,
	0x7ff8000000000000, 0x7ff0000000000001, 0xfff0123456789abc, 0x7ff0000000000000, 0xfff0000000000000,
	0x3ff0000000000000, 0xbff0000000000000, 0x3f800000_bf800000, 0x40490fdb_c2f60000, 0xc0f8ed8000000000,
	0x8000_7fff_8000_7fff, 0x8000_8000_8000_8000, 0x7fff_0080_ff7f_ff80, 0x00ff_0100_ffff_0001,
	0x0000_8000_0000_7fff, 0xffff_8000_ffff_7fff, 0x0000ffff_00010000, 0xfedcba98_76543210,
}

// grid returns arguments for n parameters: all there are of edges for one or
// two, a sample for more.
func grid(n int) (calls [][]uint64) {
	if n <= 2 {
		for _, a := range edges {
			if n == 1 {
				calls = append(calls, []uint64{a})
				continue
			}
			for _, b := range edges {
				calls = append(calls, []uint64{a, b})
			}
		}
		return calls
	}
	random := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // the same calls each time
	for range 3000 {
		args := make([]uint64, n)
		for i := range args {
			args[i] = edges[random.IntN(len(edges))]
		}
		calls = append(calls, args)
	}
	return calls
}

// cause is the first line of an error: the kind of a trap, without its stack.
func cause(err error) string {
	if err == nil {
		return ""
	}
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}

// significant clears what a value of 32 bits leaves open.
func significant(values []uint64, types []api.ValueType) {
	for i := range values {
		if types[i] == api.ValueTypeI32 || types[i] == api.ValueTypeF32 {
			values[i] &= math.MaxUint32
		}
	}
}

// The original in the interpreter says what is right.
func TestReplacementsMeanTheSameOnEdges(t *testing.T) {
	original := newInterpreter(t).instantiate(t, readModule(t, "edges.wasm"))
	hardened := readModule(t, "edges.hardened.wasm")
	replaced := map[string]api.Module{
		"interpreter": newInterpreter(t).instantiate(t, hardened),
		"compiler":    newCompiler(t).instantiate(t, hardened),
	}
	for name, definition := range original.ExportedFunctionDefinitions() {
		traps := 0
		for _, args := range grid(len(definition.ParamTypes())) {
			significant(args, definition.ParamTypes())
			want, wantErr := original.ExportedFunction(name).Call(t.Context(), args...)
			want = slices.Clone(want)
			significant(want, definition.ResultTypes())
			if wantErr != nil {
				traps++
			}
			for engine, module := range replaced {
				got, err := module.ExportedFunction(name).Call(t.Context(), args...)
				significant(got, definition.ResultTypes())
				require.Equal(t, cause(wantErr), cause(err), "%s%#x in the %s", name, args, engine)
				require.Equal(t, want, got, "%s%#x in the %s", name, args, engine)
			}
		}
		assert.Equal(t, strings.Contains(name, ".rem_"), traps > 0, "%s: a remainder by 0 traps, nothing else does", name)
	}
}

package kit_test

import (
	"encoding/json"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost/kit"
	"example.org/compute-pipeline/gohost/sandbox"
)

// smallWith returns the contract small with another type of the same core function.
func smallWith(typ string) *sandbox.Contract {
	return &sandbox.Contract{
		World: "test:kit/small", Runtime: 1,
		Exports: []sandbox.Interface{{Functions: []sandbox.Function{{Name: "f", Params: "ii", Results: "i", Type: typ}}}},
	}
}

// sizes returns how long a report is, in its three forms.
func sizes(t *testing.T, report *kit.Report) (n int) {
	t.Helper()
	data, err := json.Marshal(report)
	require.NoError(t, err)
	var junit strings.Builder
	require.NoError(t, report.WriteJUnit(&junit, "m"))
	return max(len(data), junit.Len(), len(textOf(t, report)))
}

// A module that answers the vectors, and everything but one argument in 16, has no table that
// fresh cases do not find out.
func TestAModuleThatIsSeldomWrong(t *testing.T) {
	t.Cleanup(kit.WithoutOwnVectors())
	for seed := range uint64(3) {
		r := newRewriter(t, engine(t))
		r.wrap("org:compute/pipeline@0.1.0#validate-checksum", func(original []byte) []byte {
			wrong := code(get1, i32(15), []byte{0x71}, i32(3), []byte{0x46}) // length & 15 == 3
			return code(get0, get1, get2, original, wrong, []byte{0x73})     // xor
		})
		report := judge(t, r.bytes(), kit.WithSeed(seed))
		assert.Contains(t, failed(report), "fresh", seed)
	}
}

// A module that recognises the check of realloc, by its first area of no bytes, and is right
// only there, is found by the rest.
func TestAModuleThatRecognisesACheck(t *testing.T) {
	r := newRewriter(t, read(t, "testdata/small.wasm"))
	seen, result := r.global(), r.global()
	r.wrap("cabi_realloc", func(original []byte) []byte {
		first := code(get(3), []byte{0x45, 0x04, 0x40}, one, globalSet(seen), []byte{0x0b}) // if size == 0, seen = 1
		return code(first, get0, get1, get2, get(3), original, globalSet(result),
			globalGet(seen), []byte{0x45, 0x04, 0x40}, // if !seen
			i32(1024), globalSet(result), []byte{0x0b}, globalGet(result))
	})
	report, err := kit.Check(t.Context(), r.bytes(), kit.WithContract(smallWith("func(data: list<string>) -> list<string>")), kit.WithFuel(1_000_000))
	require.NoError(t, err)
	assert.False(t, report.Passed)
	assert.NotContains(t, failed(report), "realloc")
}

// Results that stand for gigabytes, though a module has none, end as a limit.
func TestResultsOfGigabytes(t *testing.T) {
	for name, test := range map[string]struct {
		typ  string
		body func(original []byte) []byte
		text string
	}{
		"a list beyond memory": {
			"func(data: list<u8>) -> list<u8>",
			func(original []byte) []byte {
				return code(get0, get1, original, []byte{0x1a}, i32(2048), i32(1<<30), []byte{0x36, 2, 4}, i32(2048)) // i32.store offset=4
			},
			"a list has 1073741824 elements of 1 bytes",
		},
		// The list's elements are all the same zeros of memory, each of which is the empty list.
		"many lists that are one": {
			"func(data: list<u8>) -> list<list<list<u64>>>",
			func(original []byte) []byte {
				return code(get0, get1, original, []byte{0x1a},
					i32(3000), []byte{0x40, 0, 0x1a}, // memory.grow
					i32(2048), i32(65536), []byte{0x36, 2, 0}, i32(2048), i32(20<<20), []byte{0x36, 2, 4}, i32(2048))
			},
			"limit reached: ",
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRewriter(t, read(t, "testdata/small.wasm"))
			r.wrap("f", test.body)
			before := allocated()
			report, err := kit.Check(t.Context(), r.bytes(), kit.WithContract(smallWith(test.typ)))
			require.NoError(t, err)
			assert.False(t, report.Passed)
			assert.Contains(t, textOf(t, report), test.text)
			assert.Less(t, sizes(t, report), 1<<20)
			assert.Less(t, allocated()-before, uint64(3<<30), "all calls together, one after the other")
		})
	}
}

// allocated returns how many bytes the process has allocated ever.
func allocated() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.TotalAlloc
}

// Names as long as WebAssembly has them, in what is imported, exported and declared, do not
// make a long report.
func TestNamesOfAHundredThousandBytes(t *testing.T) {
	name := strings.Repeat("n", 99_000)
	r := newRewriter(t, read(t, "testdata/small.wasm"))
	index, _, _ := r.function("f")
	contract := smallWith("func(data: list<u8>) -> list<u8>")
	for i := range 20 {
		f := contract.Exports[0].Functions[0]
		f.Name = fmt.Sprintf("%s%d", name, i)
		f.Type = "func(" + name + ": list<u8>) -> list<u8>"
		contract.Exports[0].Functions = append(contract.Exports[0].Functions, f)
		r.export(f.Name, index)
	}
	r.custom(name, []byte(name))
	report, err := kit.Check(t.Context(), r.bytes(), kit.WithContract(contract), kit.WithFuel(1_000_000))
	require.NoError(t, err)
	assert.Less(t, sizes(t, report), 100<<10, textOf(t, report)[:1000])
	for line := range strings.Lines(textOf(t, report)) {
		assert.Less(t, len(line), 500)
	}

	r = newRewriter(t, read(t, "testdata/small.wasm"))
	r.sections = append(r.sections[:1:1], append([][2][]byte{{{2}, importOf(name)}}, r.sections[1:]...)...)
	report, err = kit.Check(t.Context(), r.bytes(), kit.WithContract(small))
	require.NoError(t, err)
	assert.Equal(t, []string{"contract"}, failed(report)[:1])
	assert.Less(t, sizes(t, report), 100<<10)
}

// importOf is an import section with a function that nobody has.
func importOf(name string) []byte {
	field := append([]byte{0xb8, 0x85, 0x06}, name...) // 99,000
	return append(append(append([]byte{1}, field...), field...), 0, 0)
}

// Ten thousand functions take time in proportion, and so does a contract of as many.
func TestTenThousandFunctions(t *testing.T) {
	const functions = 10_000
	r := newRewriter(t, read(t, "testdata/small.wasm"))
	index, _, _ := r.function("f")
	contract := smallWith("func(data: list<u8>) -> list<u8>")
	for i := range functions {
		f := contract.Exports[0].Functions[0]
		f.Name = fmt.Sprintf("f%d", i)
		r.export(f.Name, index)
		if i < functions/500 {
			contract.Exports[0].Functions = append(contract.Exports[0].Functions, f)
		}
	}
	wasm := r.bytes()
	report, err := kit.Check(t.Context(), wasm, kit.WithContract(small), kit.WithFuel(1_000_000))
	require.NoError(t, err)
	assert.True(t, report.Passed, textOf(t, report))
	report, err = kit.Check(t.Context(), wasm, kit.WithContract(contract), kit.WithFuel(1_000_000), kit.WithMemoryLimit(64))
	require.NoError(t, err)
	assert.Len(t, report.Functions, functions/500+1)
	assert.Equal(t, []string{"leaks"}, failed(report), "they have no post-return")
}

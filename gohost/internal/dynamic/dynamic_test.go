package dynamic

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/tetratelabs/wazero"

	"example.org/compute-pipeline/gohost/cabi"
	"example.org/compute-pipeline/gohost/vectors"
)

// echo starts the guest that returns what it is given.
func echo(t testing.TB) *cabi.Instance {
	t.Helper()
	wasm, err := os.ReadFile("testdata/echo.wasm")
	require.NoError(t, err)
	r := wazero.NewRuntime(t.Context())
	t.Cleanup(func() { assert.NoError(t, r.Close(t.Context())) })
	module, err := r.Instantiate(t.Context(), wasm)
	require.NoError(t, err)
	return cabi.NewInstance(module)
}

// typeOf reads the text of a type.
func typeOf(t testing.TB, text string) *Type {
	t.Helper()
	f, err := ParseFunction("func() -> " + text)
	require.NoError(t, err)
	return f.Result
}

// decoded decodes JSON as FromJSON needs it.
func decoded(t testing.TB, text string) any {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var v any
	require.NoError(t, d.Decode(&v), text)
	return v
}

// randomType returns the text of a type.
func randomType(random *rand.Rand, depth int) string {
	names := []string{"bool", "u8", "u16", "u32", "u64", "s8", "s16", "s32", "s64", "f32", "f64", "char", "string"}
	n := random.IntN(25)
	if n < len(names) || depth == 0 {
		return names[n%len(names)]
	}
	part := func() string { return randomType(random, depth-1) }
	several := func(format func(i int) string) string {
		parts := make([]string, 1+random.IntN(6))
		for i := range parts {
			parts[i] = format(i)
		}
		return strings.Join(parts, ", ")
	}
	field := func(i int) string { return fmt.Sprintf("f%d: %s", i, part()) }
	switch n {
	case 13:
		return "list<" + part() + ">"
	case 14:
		return "list<" + part() + ", 3>"
	case 15:
		return "record { " + several(field) + " }"
	case 16:
		return "tuple<" + several(func(int) string { return part() }) + ">"
	case 17, 18:
		return "variant { " + several(func(i int) string { return fmt.Sprintf("c%d(%s)", i, part()) }) + ", none }"
	case 19:
		return "enum { a, b-c, type }"
	case 20:
		return "option<" + part() + ">"
	case 21:
		return []string{"result", "result<_, " + part() + ">", "result<" + part() + ">", "result<" + part() + ", " + part() + ">"}[random.IntN(4)]
	case 22:
		return "flags { " + several(func(i int) string { return fmt.Sprintf("f%d", i) }) + " }"
	case 23:
		return "map<" + []string{"string", "u32", "char", "bool"}[random.IntN(4)] + ", " + part() + ">"
	}
	return "list<u8>"
}

func TestValuesCrossTheBoundaryUnchanged(t *testing.T) {
	in := echo(t)
	inMemory, flat := in.Func("memory-echo"), in.Func("flat-echo")
	random := rand.New(rand.NewPCG(1, 1))
	kinds := map[Kind]int{}
	for range 3000 {
		text := randomType(random, 3)
		typ := typeOf(t, text)
		kinds[typ.Kind]++
		value := typ.Random(random, 20, nil)
		c := in.Call(t.Context(), inMemory)
		typ.Store(c, c.PushArea(typ.size, typ.align), value)
		c.Invoke()
		got := typ.Load(c, c.PopArea(typ.size, typ.align))
		require.NoError(t, c.Done(), text)
		require.True(t, typ.Equal(value, got), "%s: %s", text, typ.Text(got, 1000))
		if typ.flat <= maxFlatParams {
			c := in.Call(t.Context(), flat)
			typ.Push(c, value)
			require.Equal(t, typ.flat, c.Pushed(), text)
			c.PadTo(maxFlatParams)
			c.Invoke()
			got := typ.Pop(c)
			require.Equal(t, typ.flat, c.Cursor(), text)
			require.NoError(t, c.Done(), text)
			require.True(t, typ.Equal(value, got), "%s: %s", text, typ.Text(got, 1000))
		}
		notation, err := json.Marshal(typ.ToJSON(value))
		require.NoError(t, err)
		got, err = typ.FromJSON(decoded(t, string(notation)))
		require.NoError(t, err, "%s: %s", text, notation)
		require.True(t, typ.Equal(value, got), "%s: %s", text, notation)
		_, differ := typ.Differ(value, got)
		require.False(t, differ)
		if other := typ.Random(random, 20, nil); !typ.Equal(value, other) {
			d, differ := typ.Differ(value, other)
			require.True(t, differ)
			require.NotEmpty(t, d.Text, text)
		}
	}
	assert.Len(t, kinds, int(FlagSet)+1, "every kind without handles is tested")
}

// The generator of bindings has a layout of its own, which a test compares with that of the
// parser of WIT: this package's must lead to the same calls.
func TestFunctionsAreCalledAsByGeneratedCode(t *testing.T) {
	files, err := filepath.Glob("../../cmd/pipeline/internal/bind/golden/*/contract_gen.go")
	require.NoError(t, err)
	function := regexp.MustCompile(`Params: "(\w*)", Results: "(\w*)", Type: (".*?")(?:, Handles: \[\]string{(.*)})?}`)
	called, resources := 0, 0
	for _, file := range files {
		code, err := os.ReadFile(file)
		require.NoError(t, err)
		exports, _, _ := strings.Cut(string(code), "Imports: ")
		for _, match := range function.FindAllStringSubmatch(exports, -1) {
			text, err := strconv.Unquote(match[3])
			require.NoError(t, err)
			var handles []*cabi.ResourceType
			for range strings.Count(match[4], "#") {
				handles = append(handles, &cabi.ResourceType{})
			}
			f, err := ParseFunction(text, handles...)
			require.NoError(t, err)
			resources += len(handles)
			params, results := f.params.flat, 0
			if f.paramsInMemory() {
				params = 1
			}
			if f.Result != nil {
				results = 1
			}
			assert.Equal(t, []int{len(match[1]), len(match[2])}, []int{params, results}, text)
			called++
		}
	}
	assert.Greater(t, called, 60)
	assert.Greater(t, resources, 30)
}

func TestLayouts(t *testing.T) {
	for text, want := range map[string][3]int{ // size, alignment, flat values
		"bool": {1, 1, 1}, "u16": {2, 2, 1}, "f64": {8, 8, 1}, "char": {4, 4, 1}, "string": {8, 4, 2},
		"list<u64>": {8, 4, 2}, "list<u16, 3>": {6, 2, 3}, "map<u8, f64>": {8, 4, 2},
		"record { a: u8, b: u64, c: u16 }": {24, 8, 3}, "tuple<u8, u16>": {4, 2, 2},
		"enum { a, b }": {1, 1, 1}, "option<u8>": {2, 1, 2}, "option<u64>": {16, 8, 2},
		"result": {1, 1, 1}, "result<_, string>": {12, 4, 3}, "variant { a(u8), b(f64), c(string) }": {16, 8, 3},
		"flags { a }": {1, 1, 1}, "flags { a, b, c, d, e, f, g, h, i }": {2, 2, 1},
		"enum { " + strings.Repeat("x, ", 256) + "y }": {2, 2, 1},
	} {
		l := typeOf(t, text).layout
		assert.Equal(t, want, [3]int{int(l.size), int(l.align), l.flat}, text)
	}
	assert.Equal(t, []uint32{0, 8, 16}, typeOf(t, "record { a: u8, b: u64, c: u16 }").offsets)
	assert.Equal(t, []uint32{8}, typeOf(t, "variant { a(u8), b(f64) }").offsets)
}

func TestTypesThatCannotBeRead(t *testing.T) {
	for text, want := range map[string]string{
		"":                                "\"func\" was expected",
		"func(":                           "a name was expected before \"\"",
		"func(a u8)":                      "\":\" was expected before \"u8)\"",
		"func() -> u8 u8":                 "\" u8\" was not expected",
		"func() -> u128":                  "\"u128\" is no type",
		"func() -> own<resource>":         "it has a resource",
		"func(a: list<borrow<resource>>)": "it has a resource",
		"func() -> variant { }":           "a variant has no case",
		"func() -> map<u8>":               "a map has a key and a value",
		"func() -> list<u8, 0>":           "the length of a list",
		"func() -> stream<u8>":            "\"stream\" is no type",
		"func() -> list<list<u8, 1000000>, 1000000>":             "without the lists in it",
		"func(a: list<u8, 1000000>, b: list<u8, 1000000>)":       "without the lists in it",
		"func() -> " + strings.Repeat("list<", 200):              "nested more than 100 levels",
		"func() -> flags { " + strings.Repeat("a, ", 32) + "a }": "at most 32 names",
		strings.Repeat(" ", maxText+1):                           "it has more than",
	} {
		_, err := ParseFunction(text)
		require.ErrorContains(t, err, want)
		assert.Less(t, len(err.Error()), 300)
	}
	_, err := ParseFunction("func(a: own<resource>)", &cabi.ResourceType{}, &cabi.ResourceType{})
	require.ErrorContains(t, err, "1 resources too many")
}

func TestNotation(t *testing.T) {
	for _, test := range []struct {
		typ, text string
		want      any
	}{
		{"u64", `"18446744073709551615"`, uint64(math.MaxUint64)},
		{"u64", `9007199254740992`, uint64(1 << 53)},
		{"s64", `"-9223372036854775808"`, int64(math.MinInt64)},
		{"s8", `-128`, int64(-128)},
		{"f64", `0.1`, 0.1},
		{"f64", `"3fb999999999999a"`, 0.1},
		{"f32", `"3dcccccd"`, float32(0.1)},
		{"f64", `"-Infinity"`, math.Inf(-1)},
		{"f32", `"Infinity"`, float32(math.Inf(1))},
		{"char", `"😀"`, '😀'},
		{"char", `"�"`, '�'},
		{"list<u8>", `{"hex": "00ff"}`, []byte{0, 255}},
		{"list<u8>", `[0, 255]`, []byte{0, 255}},
		{"option<u8>", `null`, Case{}},
		{"option<u8>", `7`, Case{1, uint64(7)}},
		{"option<option<u8>>", `{"some": null}`, Case{1, Case{}}},
		{"result", `{"ok": null}`, Case{}},
		{"result<_, string>", `{"err": "x"}`, Case{1, "x"}},
		{"variant { a, b(u8) }", `"a"`, Case{}},
		{"variant { a, b(u8) }", `{"b": 2}`, Case{1, uint64(2)}},
		{"enum { a, b }", `"b"`, Case{Index: 1}},
		{"flags { a, b, c }", `["c", "a"]`, Flags(5)},
		{"record { a: u8 }", `{"a": 1}`, []any{uint64(1)}},
		{"tuple<u8, bool>", `[1, true]`, []any{uint64(1), true}},
	} {
		typ := typeOf(t, test.typ)
		got, err := typ.FromJSON(decoded(t, test.text))
		require.NoError(t, err, test.text)
		assert.True(t, typ.Equal(test.want, got), "%s: %v", test.text, got)
	}
	for _, test := range [][3]string{
		{"u8", `256`, "an integer of 8 bits was expected, not 256"},
		{"u8", `"1"`, "an integer of 8 bits was expected"},
		{"u64", `9007199254740993`, "as a decimal string was expected"},
		{"u64", `-1`, "an integer of 64 bits"},
		{"u64", `1.5`, "an integer of 64 bits"},
		{"bool", `1`, "true or false was expected, not 1"},
		{"char", `"ab"`, "a string of one character"},
		{"f64", `"3fb99999"`, "16 hexadecimal digits"},
		{"f64", `null`, "a number, 16 hexadecimal digits"},
		{"string", `1`, "a string was expected"},
		{"list<u16>", `[1, 2, -3]`, "[2]: an integer of 16 bits"},
		{"list<u8>", `{"hex": "0"}`, `{"hex": "…"}`},
		{"list<u8>", `[256]`, "an integer from 0 to 255"},
		{"list<u8, 2>", `[1]`, "an array of 2 was expected, not of 1"},
		{"record { a: record { b: list<u8> } }", `{"a": {"b": 1}}`, `a.b: {"hex"`},
		{"record { a: u8 }", `{}`, `the field "a" is missing`},
		{"record { a: u8 }", `{"a": 1, "b": 2}`, "more than the record's 1 fields"},
		{"record { a: list<u16> }", `{"a": [true]}`, "a[0]: an integer"},
		{"tuple<u8>", `[1, 2]`, "an array of 1"},
		{"variant { a, b(u8) }", `"c"`, `the name of a case, or {"name": value}, was expected, not "c"`},
		{"variant { a, b(u8) }", `"b"`, `the case "b" has a value`},
		{"variant { a, b(u8) }", `{"a": null}`, `the case "a" has no value`},
		{"variant { a, b(u8) }", `{"b": 300}`, "b: an integer of 8 bits"},
		{"enum { a }", `{"a": null}`, "the name of a case was expected"},
		{"result", `"ok"`, `{"ok": …} or {"err": …} was expected`},
		{"result", `{"ok": 1}`, `the case "ok" has no value`},
		{"option<option<u8>>", `7`, `null or {"some": …} was expected`},
		{"flags { a }", `["b"]`, `the name of a flag was expected, not "b"`},
		{"flags { a }", `"a"`, "an array of names"},
	} {
		_, err := typeOf(t, test[0]).FromJSON(decoded(t, test[1]))
		require.ErrorContains(t, err, test[2], test[1])
	}
}

func TestText(t *testing.T) {
	for _, test := range [][3]string{
		{"f64", `"3fb999999999999a"`, "0.1"},
		{"f64", `1e300`, "1e+300"},
		{"f64", `"NaN"`, "NaN"},
		{"u64", `"18446744073709551615"`, "18446744073709551615"},
		{"list<record { t: u64, v: f64 }>", `[{"t": 1, "v": 2.5}]`, "[{t: 1, v: 2.5}]"},
		{"list<u16>", "[" + strings.Repeat("11, ", 999) + "11]", "[11, 11, 11, 11, 11, 11, 11, 11, 11, 11, 11, 11, 11, 11, 11, 11, 11, 11, 11, 11, … 980 more]"},
		{"list<u8>", `{"hex": "00ff"}`, "0x00ff"},
		{"list<u8>", `[]`, "no bytes"},
		{"string", `"a\"\u001b[31m"`, `"a\"\x1b[31m"`},
		{"result<u8, string>", `{"err": "x"}`, `err("x")`},
		{"result", `{"ok": null}`, `ok`},
		{"option<u8>", `7`, `some(7)`},
		{"flags { a, b }", `["b"]`, `{b}`},
		{"tuple<u8, char>", `[1, "x"]`, `(1, 'x')`},
		{"string", `"` + strings.Repeat("é", 100) + `"`, `"` + strings.Repeat("é", 40) + `"… 120 bytes more`},
		{"list<u8>", `{"hex": "` + strings.Repeat("ab", 100) + `"}`, "0x" + strings.Repeat("ab", 40) + "… 60 bytes more"},
	} {
		typ := typeOf(t, test[0])
		v, err := typ.FromJSON(decoded(t, test[1]))
		require.NoError(t, err)
		assert.Equal(t, test[2], typ.Text(v, 80))
	}
}

func TestDifferences(t *testing.T) {
	for _, test := range [][5]string{
		{"f64", `0.30000000000000004`, `0.3`, "", "0.30000000000000004, not 0.3 (1 unit in the last place apart)"},
		{"f64", `0`, `"8000000000000000"`, "", "0, not -0 (the signs of the zeros differ)"},
		{"f64", `"NaN"`, `"Infinity"`, "", "NaN, not +Inf"},
		{"list<u16>", `[1, 2, 3]`, `[1, 2]`, "", "3 elements, not 2"},
		{"result<list<record { v: f64 }>, string>", `{"ok": [{"v": 1}, {"v": 2}]}`, `{"ok": [{"v": 1}, {"v": 2.5}]}`, "ok[1].v", "2, not 2.5"},
		{"result<u8, string>", `{"ok": 1}`, `{"err": "no"}`, "", `ok(1), not err("no")`},
		{"list<u8>", `[1, 2, 3]`, `[1, 9]`, "", "3 bytes, not 2; byte 1 is 0x02, not 0x09"},
		{"map<u8, u8>", `[[1, 2]]`, `[[1, 3]]`, "", "[(1, 2)], not [(1, 3)]"},
	} {
		typ := typeOf(t, test[0])
		got, err := typ.FromJSON(decoded(t, test[1]))
		require.NoError(t, err)
		want, err := typ.FromJSON(decoded(t, test[2]))
		require.NoError(t, err)
		d, differ := typ.Differ(got, want)
		require.True(t, differ)
		assert.Equal(t, test[3:], []string{d.Path, d.Text})
	}
}

// A module may declare a world with long names.
func TestLongNamesAreCut(t *testing.T) {
	long := strings.Repeat("n", 100_000)
	typ := typeOf(t, "record { "+long+": variant { "+long+"(flags { "+long+" }) } }")
	value := func(set Flags) any { return []any{Case{Index: 0, Value: set}} }
	assert.Less(t, len(typ.Text(value(1), 72)), 400)
	d, ok := typ.Differ(value(1), value(0))
	require.True(t, ok)
	assert.Less(t, len(d.Path)+len(d.Text), 600)
}

// A hostile guest's values take no more Go memory than was counted for them.
func TestLiftedValuesAreCounted(t *testing.T) {
	in := echo(t)
	inMemory := in.Func("memory-echo")
	for _, text := range []string{"list<bool>", "list<record { a: u8, b: list<u8> }>", "list<option<u8>>", "list<string>", "list<list<u16>>", "list<tuple<u8>>", "list<f64>", "list<s16>"} {
		typ := typeOf(t, text)
		reserved := 0
		in.Reserve = func(n int) error { reserved += n; return nil }
		value := make([]any, 10_000)
		for i := range value {
			value[i] = typ.Elem.Random(rand.New(rand.NewPCG(uint64(i), 1)), 3, nil)
		}
		c := in.Call(t.Context(), inMemory)
		typ.Store(c, c.PushArea(typ.size, typ.align), value)
		c.Invoke()
		at := c.PopArea(typ.size, typ.align)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_ = typ.Load(c, at)
		runtime.ReadMemStats(&after)
		require.NoError(t, c.Done())
		in.Reserve = nil
		const uncounted = 64 << 10 // of a call; and half as much for what the collector and the runtime allocate
		assert.LessOrEqual(t, int(after.TotalAlloc-before.TotalAlloc), reserved+uncounted*3/2, text)
	}
	refused := errors.New("no more")
	in.Reserve = func(int) error { return refused }
	typ := typeOf(t, "list<u16>")
	value := make([]any, 10_000)
	for i := range value {
		value[i] = uint64(i)
	}
	c := in.Call(t.Context(), inMemory)
	typ.Store(c, c.PushArea(typ.size, typ.align), value)
	c.Invoke()
	_ = typ.Load(c, c.PopArea(typ.size, typ.align))
	require.ErrorIs(t, c.Done(), refused)
}

// The notation is that of the other runners: what they read and write for every kind of
// value is this package's canonical form.
func TestTheNotationIsThatOfTheOtherRunners(t *testing.T) {
	const everything = `record { yes: bool, a: s8, b: u8, c: s16, d: u16, e: s32, f: u32, g: s64, h: u64, i: f32, j: f64,
		letter: char, text: string, bytes: list<u8>, numbers: list<s16>, pair: tuple<u8, string>,
		colour: enum { red, dark-green }, rights: flags { read, write, run },
		shape: variant { nothing, circle(f64), corners(list<record { x: f32, y-axis: s64 }>) },
		maybe: option<u8>, twice: option<option<string>>, answer: result<u64, string>, bare: result }`
	typ := typeOf(t, strings.Join(strings.Fields(everything), " "))
	text, err := os.ReadFile("../../../tests/testdata/values.json")
	require.NoError(t, err)
	file, err := vectors.Parse(text)
	require.NoError(t, err)
	require.NotEmpty(t, file.Cases)
	for _, c := range file.Cases {
		written := c.Want().Value
		value, err := typ.FromJSON(written)
		require.NoError(t, err, c.ID)
		want, err := json.Marshal(written)
		require.NoError(t, err)
		got, err := json.Marshal(typ.ToJSON(value))
		require.NoError(t, err)
		assert.JSONEq(t, string(want), string(got), c.ID)
	}
}

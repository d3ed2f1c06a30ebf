package kit_test

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost/grade"
	"example.org/compute-pipeline/gohost/kit"
	"example.org/compute-pipeline/gohost/vectors/conformance"
)

// engine is the engine before it is metered, and claims to be exact.
func engine(t testing.TB) []byte {
	t.Helper()
	wasm, err := grade.Claim(read(t, "../plugin/testdata/engine.core.wasm"), grade.Exact)
	require.NoError(t, err)
	return wasm
}

// judge judges a module of the engine's contract.
func judge(t testing.TB, wasm []byte, opts ...kit.Option) *kit.Report {
	t.Helper()
	report, err := kit.Check(t.Context(), wasm, opts...)
	require.NoError(t, err)
	return report
}

func TestTheEnginePasses(t *testing.T) {
	// What is embedded is metered, and can be loaded only because it is known.
	report := judge(t, read(t, "../engine.wasm"))
	assert.True(t, report.Passed, textOf(t, report))
	assert.Equal(t, "exact", report.Grade)
	assert.Equal(t, "exact", report.Module.Claims)
	for _, check := range report.Checks {
		assert.Equal(t, kit.Passed, check.Status, check.Name)
		if check.Name == "vectors" {
			assert.Greater(t, check.Cases, 2500)
		}
	}
}

// crook is the engine with three lies: validate-checksum knows the vectors and nothing else,
// the variance is not exact, and process-batch keeps memory.
func crook(t *testing.T) []byte {
	file, err := conformance.Vectors()
	require.NoError(t, err)
	known := i32(0)
	for _, c := range file.Cases {
		if step := c.Steps()[0]; strings.HasSuffix(step.Call, "#validate-checksum") {
			expected, err := strconv.ParseUint(string(step.Args[1].(json.Number)), 10, 32)
			require.NoError(t, err)
			known = code(known, get2, i32(int32(expected)), []byte{0x46, 0x72}) // eq, or
		}
	}
	r := newRewriter(t, inexact(t, engine(t)))
	r.wrap("org:compute/pipeline@0.1.0#validate-checksum", func(original []byte) []byte {
		return code(get0, get1, get2, original, known, []byte{0x71}) // and
	})
	realloc, _, _ := r.function("cabi_realloc")
	r.wrap("org:compute/pipeline@0.1.0#process-batch", func(original []byte) []byte {
		leak := code(i32(0), i32(0), i32(8), i32(256), call(realloc), []byte{0x1a}) // drop
		return code(leak, get0, get1, original)
	})
	return r.bytes()
}

func TestAModuleThatCheats(t *testing.T) {
	report := judge(t, crook(t))
	assert.False(t, report.Passed)
	found := map[string]map[string]bool{}
	for _, check := range report.Checks {
		found[check.Name] = map[string]bool{}
		for _, f := range check.Failures {
			_, name, _ := strings.Cut(f.Function, "#")
			found[check.Name][name] = true
		}
	}
	assert.Equal(t, map[string]bool{"compute-aggregate": true}, found["vectors"], "the answers to vectors are in the table")
	assert.Equal(t, map[string]bool{"compute-aggregate": true, "validate-checksum": true}, found["fresh"])
	assert.Equal(t, map[string]bool{"process-batch": true}, found["leaks"])
	text := textOf(t, report)
	assert.Contains(t, text, "\n  see   docs/contract.md#compute-aggregate\n")
	assert.Contains(t, text, "\n        the variance is ")
	assert.Contains(t, text, "memory grew from ")
}

// liar returns the small module with an f that returns nothing while condition holds, which
// is code that leaves an i32. counter has the number of the call.
func liar(t *testing.T, condition func(counter []byte) []byte) []byte {
	r := newRewriter(t, read(t, "testdata/small.wasm"))
	counter, result := r.global(), r.global()
	r.wrap("f", func(original []byte) []byte {
		return code(
			globalGet(counter), one, add, globalSet(counter),
			get0, get1, original, globalSet(result),
			condition(globalGet(counter)), []byte{0x04, 0x40}, // if
			globalGet(result), i32(0), []byte{0x36, 2, 4}, // i32.store offset=4
			[]byte{0x0b}, globalGet(result),
		)
	})
	return r.bytes()
}

// Modules that are right when they believe to be tested.
func TestModulesThatCount(t *testing.T) {
	for name, test := range map[string]struct {
		condition func(n []byte) []byte
		check     string // that must fail
		text      string
	}{
		"right on the first call only":          {func(n []byte) []byte { return code(n, one, []byte{0x4b}) }, "vectors", "want  0x000102ff"},              // n > 1
		"wrong on the first call only":          {func(n []byte) []byte { return code(n, one, []byte{0x46}) }, "instances", "in a new instance"},           // n == 1
		"right but for some calls":              {func(n []byte) []byte { return code(n, i32(31), []byte{0x70, 0x45}) }, "reuse", "after other calls"},     // n % 31 == 0
		"right for longer than a test may take": {func(n []byte) []byte { return code(n, i32(9000), []byte{0x4b}) }, "leaks", "\n        in call 9,001\n"}, // n > 9000
	} {
		t.Run(name, func(t *testing.T) {
			report, err := kit.Check(t.Context(), liar(t, test.condition), kit.WithContract(small), kit.WithVectors([]byte(smallVectors)))
			require.NoError(t, err)
			assert.Contains(t, failed(report), test.check)
			assert.Contains(t, textOf(t, report), test.text)
		})
	}
}

// Modules that are refused before they run.
func TestModulesThatCannotBeJudged(t *testing.T) {
	custom := func(name string, contents []byte) []byte {
		r := newRewriter(t, engine(t))
		r.custom(name, contents)
		return r.bytes()
	}
	for name, test := range map[string]struct {
		wasm        []byte
		check, text string
	}{
		"a claim that is unknown":         {custom(grade.Section, []byte("perfect")), "claim", `"perfect"`},
		"two claims":                      {custom(grade.Section, []byte("stable")), "claim", "claim both"},
		"100 MB":                          {custom("padding", make([]byte, 100<<20)), "contract", "limit reached: "},
		"a section whose name is no text": {custom("\xff\xfe", nil), "contract", "malformed UTF-8"},
		"no module":                       {[]byte("hello"), "contract", "invalid module"},
		"a part":                          {engine(t)[:100_000], "contract", "invalid module"},
	} {
		t.Run(name, func(t *testing.T) {
			report := judge(t, test.wasm)
			assert.Equal(t, []string{test.check}, failed(report))
			assert.Contains(t, textOf(t, report), test.text)
			assert.Contains(t, textOf(t, report), " more checks left out: ")
		})
	}
}

// inexact returns the module with a variance that is a bit too large: times 1 + 2^-52.
func inexact(t *testing.T, wasm []byte) []byte {
	r := newRewriter(t, wasm)
	result := r.global()
	r.wrap("org:analytics/metrics@0.1.0#compute-aggregate", func(original []byte) []byte {
		at := code(globalGet(result), []byte{0x28, 2, 0}) // i32.load
		return code(
			get0, get1, original, globalSet(result),
			at, at, []byte{0x2b, 3, 8}, // f64.load offset=8
			[]byte{0x44, 1, 0, 0, 0, 0, 0, 0xf0, 0x3f, 0xa2}, // f64.const, f64.mul
			[]byte{0x39, 3, 8}, // f64.store offset=8
			globalGet(result),
		)
	})
	return r.bytes()
}

// A module is held to the grade that it claims: without a claim it may round.
func TestAStableModulePasses(t *testing.T) {
	t.Cleanup(kit.WithoutOwnVectors()) // the fresh cases suffice
	report := judge(t, inexact(t, read(t, "../plugin/testdata/engine.core.wasm")))
	assert.True(t, report.Passed, textOf(t, report))
	assert.Equal(t, "stable", report.Grade)
	assert.Empty(t, report.Module.Claims)
}

// What sections of a tool chain say changes nothing.
func TestSectionsThatLie(t *testing.T) {
	t.Cleanup(kit.WithoutOwnVectors())
	r := newRewriter(t, engine(t))
	r.custom("component-type:other", []byte("\x00asm\x0d\x00\x01\x00 lies"))
	r.custom("producers", []byte("\x01\x08language\x01\x04Rust\xff\xff\xff\xff\x0f"))
	r.custom("name", []byte("\x01\xff\xff\xff\x0f\x00"))
	r.custom("name", []byte("\x00\x0d\x0c\x1b[31mfuel\x00\xff\xff"))
	r.custom("compute-pipeline:grade2", []byte("perfect"))
	r.custom("", bytes.Repeat([]byte{0xff}, 1<<16))
	report := judge(t, r.bytes(), kit.WithGrade(grade.Stable)) // exact is more
	assert.True(t, report.Passed, textOf(t, report))
	assert.Equal(t, "exact", report.Grade)
}

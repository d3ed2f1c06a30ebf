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

const (
	checksum  = "org:compute/pipeline@0.1.0#validate-checksum"
	aggregate = "org:analytics/metrics@0.1.0#compute-aggregate"
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

// A module that has the answers to all vectors, and nothing else.
func TestATableOfTheVectors(t *testing.T) {
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
	r := newRewriter(t, engine(t))
	r.wrap(checksum, func(original []byte) []byte {
		return code(get0, get1, get2, original, known, []byte{0x71}) // and
	})
	report := judge(t, r.bytes())
	assert.NotContains(t, failed(report), "vectors")
	assert.Contains(t, failed(report), "fresh")
}

// liar returns the engine with a validate-checksum that lies while condition holds, which
// is code that leaves an i32. counter has the number of the call.
func liar(t *testing.T, condition func(counter []byte) []byte) []byte {
	r := newRewriter(t, engine(t))
	counter := r.global()
	r.wrap(checksum, func(original []byte) []byte {
		honest := code(get0, get1, get2, original)
		return code(
			globalGet(counter), one, add, globalSet(counter),
			honest, condition(globalGet(counter)), []byte{0x73}, // xor
		)
	})
	return r.bytes()
}

func TestModulesThatCheat(t *testing.T) {
	t.Cleanup(kit.WithoutOwnVectors()) // the fresh cases suffice
	for name, test := range map[string]struct {
		wasm   func(t *testing.T) []byte
		checks []string // one of them must fail
		text   string
	}{
		"right on the first call only": {func(t *testing.T) []byte {
			return liar(t, func(n []byte) []byte { return code(n, one, []byte{0x4b}) }) // n > 1
		}, []string{"fresh"}, "validate-checksum"},
		"right for longer than a test may take": {func(t *testing.T) []byte {
			return liar(t, func(n []byte) []byte { return code(n, i32(9000), []byte{0x4b}) })
		}, []string{"leaks"}, "in call 9,001"},
		"right but for some calls": {func(t *testing.T) []byte {
			return liar(t, func(n []byte) []byte { return code(n, i32(31), []byte{0x70, 0x45}) }) // n % 31 == 0
		}, []string{"reuse"}, "validate-checksum"},
		"wrong on the first call only": {func(t *testing.T) []byte {
			return liar(t, func(n []byte) []byte { return code(n, one, []byte{0x46}) }) // n == 1
		}, []string{"instances"}, "in a new instance"},
		"no exact variance": {func(t *testing.T) []byte { return inexact(t, engine(t)) }, []string{"fresh"}, "the variance is"},
		"a leak in a function without a result in memory": {func(t *testing.T) []byte {
			r := newRewriter(t, engine(t))
			realloc, _, _ := r.function("cabi_realloc")
			r.wrap(checksum, func(original []byte) []byte {
				leak := code(i32(0), i32(0), i32(8), i32(256), call(realloc), []byte{0x1a})
				return code(leak, get0, get1, get2, original)
			})
			return r.bytes()
		}, []string{"leaks"}, "memory grew from"},
		"a claim that is unknown": {func(t *testing.T) []byte {
			r := newRewriter(t, read(t, "../plugin/testdata/engine.core.wasm"))
			r.custom(grade.Section, []byte("perfect"))
			return r.bytes()
		}, []string{"claim"}, `"perfect"`},
		"two claims": {func(t *testing.T) []byte {
			r := newRewriter(t, engine(t))
			r.custom(grade.Section, []byte("stable"))
			return r.bytes()
		}, []string{"claim"}, "claim both"},
		"100 MB": {func(t *testing.T) []byte {
			r := newRewriter(t, engine(t))
			r.custom("padding", make([]byte, 100<<20))
			return r.bytes()
		}, []string{"contract"}, "limit reached: "},
		"a section whose name is no text": {func(t *testing.T) []byte {
			r := newRewriter(t, engine(t))
			r.custom("\xff\xfe", nil)
			return r.bytes()
		}, []string{"contract"}, "malformed UTF-8"},
		"no module":    {func(*testing.T) []byte { return []byte("hello") }, []string{"contract"}, "invalid module"},
		"not the half": {func(t *testing.T) []byte { return engine(t)[:100_000] }, []string{"contract"}, "invalid module"},
	} {
		t.Run(name, func(t *testing.T) {
			report := judge(t, test.wasm(t))
			assert.False(t, report.Passed)
			assert.Subset(t, failed(report), test.checks)
			assert.Contains(t, strings.Join(strings.Fields(textOf(t, report)), " "), test.text)
		})
	}
}

// inexact returns the module with a variance that is a bit too large: times 1 + 2^-52.
func inexact(t *testing.T, wasm []byte) []byte {
	r := newRewriter(t, wasm)
	result := r.global()
	r.wrap(aggregate, func(original []byte) []byte {
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

// A module is held to the grade that it claims.
func TestGrades(t *testing.T) {
	t.Cleanup(kit.WithoutOwnVectors())
	plain := inexact(t, read(t, "../plugin/testdata/engine.core.wasm"))
	report := judge(t, plain)
	assert.True(t, report.Passed, textOf(t, report))
	assert.Equal(t, "stable", report.Grade)

	report = judge(t, plain, kit.WithGrade(grade.Exact))
	assert.Contains(t, textOf(t, report), "it claims no grade, which means stable")
	stable, err := grade.Claim(plain, grade.Stable)
	require.NoError(t, err)
	report = judge(t, stable, kit.WithGrade(grade.Exact))
	assert.Contains(t, textOf(t, report), "it claims stable")
	report = judge(t, engine(t), kit.WithGrade(grade.Stable))
	assert.True(t, report.Passed)
	assert.Equal(t, "exact", report.Grade)
}

// What sections of a tool chain say changes nothing.
func TestSectionsThatLie(t *testing.T) {
	t.Cleanup(kit.WithoutOwnVectors())
	honest := judge(t, engine(t), kit.WithSeed(1))
	r := newRewriter(t, engine(t))
	r.custom("component-type:other", []byte("\x00asm\x0d\x00\x01\x00 lies"))
	r.custom("producers", []byte("\x01\x08language\x01\x04Rust\xff\xff\xff\xff\x0f"))
	r.custom("name", []byte("\x01\xff\xff\xff\x0f\x00"))
	r.custom("name", []byte("\x00\x0d\x0c\x1b[31mfuel\x00\xff\xff"))
	r.custom("compute-pipeline:grade2", []byte("perfect"))
	r.custom("", bytes.Repeat([]byte{0xff}, 1<<16))
	report := judge(t, r.bytes(), kit.WithSeed(1))
	assert.True(t, report.Passed, textOf(t, report))
	assert.Equal(t, honest.Functions, report.Functions)
}

package kit_test

import (
	"context"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost/kit"
	"example.org/compute-pipeline/gohost/sandbox"
)

// small is a contract with one function.
var small = &sandbox.Contract{
	World: "test:kit/small", Runtime: 1,
	Exports: []sandbox.Interface{{Functions: []sandbox.Function{
		{Name: "f", Params: "ii", Results: "i", Type: "func(data: list<u8>) -> list<u8>"},
	}}},
}

const smallVectors = `{"format": 2, "world": "test:kit/small", "cases": [
	{"id": "nothing", "call": "f", "args": [[]], "want": {"value": []}},
	{"id": "bytes", "call": "f", "args": [{"hex": "000102ff"}], "want": {"value": [0, 1, 2, 255]}},
	{"id": "twice", "steps": [
		{"call": "f", "args": [{"hex": "aa"}]},
		{"call": "f", "args": [{"$step": 0}]}
	], "want": {"value": {"hex": "aa"}}}
]}`

func read(t testing.TB, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	return data
}

// checkSmall judges a module of testdata.
func checkSmall(t *testing.T, name string, opts ...kit.Option) *kit.Report {
	t.Helper()
	opts = append([]kit.Option{
		kit.WithContract(small), kit.WithVectors([]byte(smallVectors)), kit.WithFuel(20_000_000), kit.WithMemoryLimit(16),
	}, opts...)
	report, err := kit.Check(t.Context(), read(t, "testdata/"+name+".wasm"), opts...)
	require.NoError(t, err)
	return report
}

// textOf returns the report for people.
func textOf(t testing.TB, report *kit.Report) string {
	t.Helper()
	var text strings.Builder
	require.NoError(t, report.WriteText(&text, kit.TextOptions{Name: "module.wasm"}))
	return text.String()
}

// failed returns the names of the checks that failed.
func failed(report *kit.Report) (names []string) {
	for _, check := range report.Checks {
		if check.Status == kit.Failed {
			names = append(names, check.Name)
		}
	}
	return names
}

func TestAGoodModulePasses(t *testing.T) {
	report := checkSmall(t, "small")
	assert.True(t, report.Passed, textOf(t, report))
	kit.Run(t, read(t, "testdata/small.wasm"), kit.WithContract(small), kit.WithVectors([]byte(smallVectors)))
}

// The host asks for new memory only, so a realloc need not be able to move any.
func TestAReallocThatMovesNothingPasses(t *testing.T) {
	report := checkSmall(t, "fixed")
	assert.True(t, report.Passed, textOf(t, report))
	assert.Contains(t, textOf(t, report), "it traps where it is to move memory, which this host never asks for")
}

// Each module of testdata breaks one rule.
func TestBrokenRules(t *testing.T) {
	for name, want := range map[string]struct {
		checks []string // that must fail; others may
		text   string
	}{
		"forgets":    {[]string{"realloc"}, "realloc moved 1 bytes"},
		"overlaps":   {[]string{"realloc"}, "are in use"},
		"misaligned": {[]string{"realloc"}, "is not aligned to 4"},
		"leaks":      {[]string{"leaks"}, "memory grew from"},
		"hangs":      {[]string{"vectors"}, "limit reached"},
		"grows":      {[]string{"vectors"}, "limit reached: the memory it asked for was refused"},
		"counts":     {[]string{"vectors", "reuse"}, "byte 0 is 0x"},
		"wild":       {[]string{"abi", "growth"}, "is outside of the memory"},
	} {
		t.Run(name, func(t *testing.T) {
			report := checkSmall(t, name)
			assert.False(t, report.Passed)
			assert.Subset(t, failed(report), want.checks)
			assert.Contains(t, strings.Join(strings.Fields(textOf(t, report)), " "), want.text)
		})
	}
}

// A module that hangs ends after a few calls.
func TestAModuleThatHangsIsLeft(t *testing.T) {
	report := checkSmall(t, "hangs")
	assert.Equal(t, []string{"vectors", "returns"}, failed(report))
	for _, check := range report.Checks {
		switch check.Name {
		case "abi", "reuse", "instances", "interpreter", "growth", "leaks":
			assert.Equal(t, kit.Skipped, check.Status, check.Name)
			assert.Contains(t, check.Note, "were stopped by a limit")
		}
	}
}

func TestTheTimeOfAllChecks(t *testing.T) {
	report := checkSmall(t, "small", kit.WithTime(1))
	assert.False(t, report.Passed)
	assert.Contains(t, textOf(t, report), "the time for all checks was used up")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := kit.Check(ctx, read(t, "testdata/small.wasm"), kit.WithContract(small))
	require.ErrorIs(t, err, context.Canceled)
}

// A module that always traps has answered nothing wrong, and does not pass.
func TestAModuleThatOnlyTrapsFails(t *testing.T) {
	for name, vectors := range map[string]string{
		"without vectors":            `{"format": 2, "cases": []}`,
		"with vectors of traps only": `{"format": 2, "cases": [{"id": "x", "call": "f", "args": [[]], "want": {"trap": ""}}]}`,
	} {
		t.Run(name, func(t *testing.T) {
			report, err := kit.Check(t.Context(), trapping(t), kit.WithContract(small), kit.WithVectors([]byte(vectors)))
			require.NoError(t, err)
			assert.Equal(t, []string{"returns"}, failed(report))
			text := textOf(t, report)
			assert.Contains(t, text, "\n        f: trap: unreachable\n")
			assert.Contains(t, text, "no call of any function returned; this is the first")
			assert.Contains(t, text, "\nFAILED: module.wasm failed 1 of 10 checks, ")
		})
	}
}

// trapping returns the small module with an f that traps.
func trapping(t *testing.T) []byte {
	r := newRewriter(t, read(t, "testdata/small.wasm"))
	r.wrap("f", func([]byte) []byte { return []byte{0} }) // unreachable
	return r.bytes()
}

// A function that never returns is named, and what has nothing to judge is said to.
func TestTheVerdictSaysWhatWasJudged(t *testing.T) {
	report, err := kit.Check(t.Context(), read(t, "testdata/small.wasm"), kit.WithContract(small))
	require.NoError(t, err)
	text := textOf(t, report)
	assert.Contains(t, text, "\n  -     vectors                    left out: there are no vectors\n")
	assert.Contains(t, text, "\n  ok    functions that return      1 function\n")
	assert.Contains(t, text, "\nPASSED: module.wasm passed 9 of 10 checks, 1 had nothing to judge, in ")

	two := *small
	two.Exports = append(slices.Clone(small.Exports), sandbox.Interface{Functions: []sandbox.Function{
		{Name: "g", Params: "ii", Results: "i", Type: "func(data: list<u8>) -> list<u8>"},
	}})
	r := newRewriter(t, read(t, "testdata/small.wasm"))
	r.export("g", r.wrapped("f", []byte{0}))
	report, err = kit.Check(t.Context(), r.bytes(), kit.WithContract(&two), kit.WithVectors([]byte(smallVectors)))
	require.NoError(t, err)
	assert.True(t, report.Passed, textOf(t, report))
	assert.Contains(t, textOf(t, report), "\n  ok    functions that return      1 function, no call of g did\n")

	none := &sandbox.Contract{World: "test:kit/none", Runtime: 1}
	report, err = kit.Check(t.Context(), read(t, "testdata/small.wasm"), kit.WithContract(none))
	require.NoError(t, err)
	assert.Equal(t, []string{"returns"}, failed(report))
	assert.Contains(t, textOf(t, report), "no function was called")
}

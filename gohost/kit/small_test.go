package kit_test

import (
	"context"
	"os"
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
		kit.WithContract(small), kit.WithVectors([]byte(smallVectors)), kit.WithFuel(20_000_000), kit.WithMemory(16),
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
	assert.Equal(t, []string{"vectors"}, failed(report))
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

package kit_test

import (
	"encoding/json"
	"encoding/xml"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost/grade"
	"example.org/compute-pipeline/gohost/kit"
	"example.org/compute-pipeline/gohost/sandbox"
)

// Only times differ.
func TestReportsAreTheSame(t *testing.T) {
	texts := func() (list []string) {
		report := checkSmall(t, "counts")
		data, err := json.MarshalIndent(report, "", " ")
		require.NoError(t, err)
		var junit strings.Builder
		require.NoError(t, report.WriteJUnit(&junit, "m"))
		list = append(list, regexp.MustCompile(`seconds": [^,\n]*`).ReplaceAllString(string(data), ""))
		list = append(list, regexp.MustCompile(` time="[^"]*"`).ReplaceAllString(junit.String(), ""))
		return append(list, regexp.MustCompile(`[0-9.e-]+ m?s\b`).ReplaceAllString(textOf(t, report), ""))
	}
	assert.Equal(t, texts(), texts())
}

func TestTheTextOfAFailure(t *testing.T) {
	report := checkSmall(t, "counts", kit.WithSeed(7))
	text := textOf(t, report)
	for _, want := range []string{
		"module.wasm: 379 bytes, SHA-256 ",
		"\ntest:kit/small, seed 7\n",
		"\n  ok    the contract               1 function\n",
		"\n  FAIL  vectors                    1 of 3 cases failed\n",
		"\nvectors\n\n  case  bytes\n  call  f(data: 0x000102ff)\n  got   0x0",
		"\n  want  0x000102ff\n        byte 0 is 0x0",
		"\n  rule  Every function returns what the vectors say.\n  see   docs/vectors.md\n",
		"\n  fuel of a call          median             max     peak memory\n  f                          ",
		"\nFAILED: module.wasm failed 5 of 10 checks in ",
	} {
		assert.Contains(t, text, want)
	}
	assert.NotContains(t, text, "\x1b")
	var colored strings.Builder
	require.NoError(t, report.WriteText(&colored, kit.TextOptions{Name: "module.wasm", Color: true}))
	assert.Contains(t, colored.String(), "\x1b[1;31mFAILED\x1b[0m")
	for line := range strings.Lines(text) {
		if !strings.Contains(line, "0x") { // bytes are not broken into lines
			assert.LessOrEqual(t, len([]rune(line)), 101, line)
		}
	}
}

// The peak is of an instance that served the function alone.
func TestTheReportHasThePeakOfMemory(t *testing.T) {
	report := checkSmall(t, "small")
	require.Len(t, report.Functions, 1)
	// 100,000 bytes need a page beside the first.
	assert.Equal(t, int64(2<<16), report.Functions[0].PeakMemory)
	assert.Contains(t, textOf(t, report), "         128 KiB\n")
	var junit strings.Builder
	require.NoError(t, report.WriteJUnit(&junit, "m"))
	assert.Contains(t, junit.String(), `<property name="f peak memory" value="131072"></property>`)
}

func TestJUnit(t *testing.T) {
	report := checkSmall(t, "hangs")
	var text strings.Builder
	require.NoError(t, report.WriteJUnit(&text, "a\x1b[31m <&\"\xff"))
	assert.True(t, strings.HasPrefix(text.String(), xml.Header))
	var suites struct {
		Suites []struct {
			Name     string `xml:"name,attr"`
			Tests    int    `xml:"tests,attr"`
			Failures int    `xml:"failures,attr"`
			Skipped  int    `xml:"skipped,attr"`
			Cases    []struct {
				Name    string  `xml:"name,attr"`
				Class   string  `xml:"classname,attr"`
				Failure *string `xml:"failure"`
				Skipped *struct {
					Message string `xml:"message,attr"`
				} `xml:"skipped"`
			} `xml:"testcase"`
		} `xml:"testsuite"`
	}
	require.NoError(t, xml.Unmarshal([]byte(text.String()), &suites))
	require.Len(t, suites.Suites, 1)
	suite := suites.Suites[0]
	assert.Equal(t, `a?[31m <&"?`, suite.Name)
	assert.Equal(t, len(report.Checks), suite.Tests)
	assert.Len(t, suite.Cases, suite.Tests)
	assert.Equal(t, []int{2, 6}, []int{suite.Failures, suite.Skipped})
	for i, c := range suite.Cases {
		assert.Equal(t, report.Checks[i].Title, c.Name)
		assert.Equal(t, "kit."+report.Checks[i].Name, c.Class)
		switch report.Checks[i].Status {
		case kit.Failed:
			assert.Contains(t, *c.Failure, "limit reached: fuel budget spent")
		case kit.Skipped:
			assert.Contains(t, c.Skipped.Message, "3 calls were stopped by a limit")
		case kit.Passed:
			assert.Nil(t, c.Failure)
		}
	}
}

// A failure has what repeats it.
func TestArgumentsAreInTheNotationOfVectors(t *testing.T) {
	report := checkSmall(t, "counts")
	for _, check := range report.Checks {
		if check.Name == "vectors" {
			assert.Equal(t, []any{map[string]any{"hex": "000102ff"}}, check.Failures[0].Arguments)
			assert.Equal(t, "f", check.Failures[0].Function)
		}
	}
}

func TestOptionsThatAreRefused(t *testing.T) {
	vectors := func(text string) kit.Option { return kit.WithVectors([]byte(text)) }
	for want, options := range map[string][]kit.Option{
		"an Option is nil":                                  {nil},
		"WithContract: the contract is nil":                 {kit.WithContract(nil)},
		`WithGrade("good"): must be exact or stable`:        {kit.WithGrade("good")},
		"only the engine's contract has grades":             {kit.WithContract(small), kit.WithGrade(grade.Exact)},
		"WithTime(-1ns): must be positive":                  {kit.WithTime(-1)},
		"WithFuel(0): must be at least 1":                   {kit.WithFuel(0)},
		"WithMemoryLimit(5000): must be from 1 to 4096 MiB": {kit.WithMemoryLimit(5000)},
		"WithProgress: the function is nil":                 {kit.WithProgress(nil)},
		"WithLogger: the logger is nil":                     {kit.WithLogger(nil)},
		"WithGrants: a Grant is zero":                       {kit.WithContract(small), kit.WithGrants(sandbox.Grant{})},
		"vectors: file 1":                                   {kit.WithContract(small), vectors("{")},
		"the vectors are for the world a:b/c":               {kit.WithContract(small), vectors(`{"format": 2, "world": "a:b/c", "cases": []}`)},
		`the contract has no function "g"`:                  {kit.WithContract(small), vectors(`{"format": 2, "cases": [{"id": "x", "call": "g", "args": [], "want": {"same": true}}]}`)},
		"the vector x: step 0: 0 arguments, and f has 1":    {kit.WithContract(small), vectors(`{"format": 2, "cases": [{"id": "x", "call": "f", "args": [], "want": {"same": true}}]}`)},
		"the vector x: step 0: data: [1]: an integer":       {kit.WithContract(small), vectors(`{"format": 2, "cases": [{"id": "x", "call": "f", "args": [[1, 256]], "want": {"same": true}}]}`)},
		"the vector x: want: ":                              {kit.WithContract(small), vectors(`{"format": 2, "cases": [{"id": "x", "call": "f", "args": [[]], "want": {"value": "no"}}]}`)},
	} {
		_, err := kit.Check(t.Context(), read(t, "testdata/small.wasm"), options...)
		require.ErrorIs(t, err, sandbox.ErrInvalidInput, want)
		assert.ErrorContains(t, err, want)
	}
}

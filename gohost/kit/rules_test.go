package kit

import (
	"encoding/json"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/grade"
)

func document(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile("../../" + name)
	require.NoError(t, err)
	return string(text)
}

// A failure leads to where its rule is written.
func TestRulesAreWhereTheyAreSaidToBe(t *testing.T) {
	rules := []Rule{ruleTrap, ruleLimits, ruleMemory, ruleTime}
	for _, c := range checks {
		rules = append(rules, (&checker{}).written(c.rule), (&checker{config: config{own: true}}).written(c.rule))
	}
	for _, rule := range rules {
		file, anchor, _ := strings.Cut(rule.See, "#")
		if strings.HasPrefix(file, "https:") {
			continue
		}
		heading := regexp.MustCompile("(?mi)^#+ " + strings.ReplaceAll(regexp.QuoteMeta(anchor), "-", "[- ]") + "$")
		if text := document(t, file); anchor != "" {
			assert.Regexp(t, heading, text, rule.See)
		}
	}
}

// The document has every field of the report, and every check.
func TestTheReportIsDocumented(t *testing.T) {
	text := document(t, "docs/check.md")
	documented := 0
	var fields func(t reflect.Type)
	fields = func(typ reflect.Type) {
		for i := range typ.NumField() {
			f := typ.Field(i)
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			if name == "" {
				continue
			}
			assert.Contains(t, text, "`"+name+"`", "%v", typ)
			documented++
			inner := f.Type
			for inner.Kind() == reflect.Slice || inner.Kind() == reflect.Pointer {
				inner = inner.Elem()
			}
			if inner.Kind() == reflect.Struct {
				fields(inner)
			}
		}
	}
	fields(reflect.TypeFor[Report]())
	assert.Greater(t, documented, 30)
	for _, c := range checks {
		assert.Contains(t, text, "| `"+c.name+"` | "+c.title+" |", c.name)
	}
}

// The names of the fields are those of the document, also where they are empty.
func TestAnEmptyReportHasItsLists(t *testing.T) {
	r := newReport(nil, config{contract: gohost.Binding().Contract})
	text, err := json.Marshal(r)
	require.NoError(t, err)
	assert.Contains(t, string(text), `"checks":[]`)
	assert.Contains(t, string(text), `"functions":[]`)
}

// What a module says does not control a terminal.
func TestTextOfAModuleIsPrintable(t *testing.T) {
	r := &Result{}
	r.fail(&Failure{Got: "trap: \x1b[2J\u009b\u202egone\a", Want: "\x1b]0;", Call: "f(…)", Reason: "a\r\nb"})
	var text strings.Builder
	r.writeFailures(&text)
	assert.NotContains(t, text.String(), "\x1b")
	assert.Contains(t, text.String(), "\n  got   trap: ?[2J??gone?\n  want  ?]0;\n        a b\n")
}

// A module that claims less than is required fails, and is judged by what is required.
func TestRequiredGrades(t *testing.T) {
	claim := func(g grade.Grade) []byte {
		wasm, err := grade.Claim([]byte("\x00asm\x01\x00\x00\x00"), g)
		require.NoError(t, err)
		return wasm
	}
	plain := []byte("\x00asm\x01\x00\x00\x00")
	for _, test := range []struct {
		wasm             []byte
		required, judged grade.Grade
		problem          string
	}{
		{plain, "", grade.Stable, ""},
		{claim(grade.Exact), "", grade.Exact, ""},
		{claim(grade.Exact), grade.Stable, grade.Exact, ""},
		{claim(grade.Stable), grade.Stable, grade.Stable, ""},
		{claim(grade.Stable), grade.Exact, grade.Exact, "it claims stable"},
		{plain, grade.Exact, grade.Exact, "it claims no grade, which means stable"},
	} {
		c := &checker{config: config{own: true, grade: test.required}, wasm: test.wasm, report: &Report{}}
		r := &Result{Status: Passed}
		c.checkClaim(t.Context(), r)
		assert.Equal(t, test.judged, c.judged)
		assert.Equal(t, string(test.judged), c.report.Grade)
		if test.problem == "" {
			assert.Equal(t, Passed, r.Status)
			continue
		}
		require.Len(t, r.Failures, 1)
		assert.Equal(t, test.problem, r.Failures[0].Got)
	}
}

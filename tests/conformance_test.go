package tests

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost/vectors"
)

// run is one runtime's answers to all cases.
type run struct {
	name    string
	version string
	results map[string]result
	// legal are cases where another answer is right on this runtime.
	legal map[string]difference
	// allowed are cases with another answer that the grade of a plugin allows, and why it differs.
	allowed map[string]string
	// failed are cases with a wrong answer, and what is wrong.
	failed map[string]string
	// took is how long all cases took, beside the other runtimes.
	took time.Duration
}

// difference is another answer that is right on one runtime, and why.
type difference struct {
	Case   string
	Reason string
	Want   want
}

// TestConformance runs every vector on every runtime. Each answer must have
// the bits that the vectors expect, and the bits of every other runtime; the
// states of the same points must be the same bytes. The plugins of examples/plugins are
// judged by the grades that they claim. The report is dist/conformance.md, and the same as a
// page dist/conformance.html.
func TestConformance(t *testing.T) {
	v, err := readVectors(vectorsDir)
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(v.Cases), 400)

	plugins := readPlugins(t, v, everywhere())
	runs := runEverywhere(t, v, plugins)
	for _, r := range runs {
		judge(v, r)
		judgeGroups(v, r)
	}
	judgeAgainst(v, runs)
	for i := range plugins {
		plugins[i].judge()
	}
	require.NoError(t, writeReport("../dist", v, runs, plugins))
	failures(t, "", runs)
	for _, p := range plugins {
		failures(t, "plugin in "+p.language+", ", p.runs)
	}
	if !t.Failed() {
		checkSummary(t, v, runs, plugins)
	}
}

// failures fails the test for each case that has failed, by name for the first few.
func failures(t *testing.T, what string, runs []*run) {
	t.Helper()
	for _, r := range runs {
		for _, id := range firstFew(sortedKeys(r.failed)) {
			t.Errorf("%s%s: %s: %s", what, r.name, id, r.failed[id])
		}
		assert.Zero(t, len(r.failed), "%s%s: cases that failed", what, r.name)
	}
}

// judge compares a run with what the vectors expect.
func judge(v *vectors.File, r *run) {
	r.failed, r.allowed = make(map[string]string), make(map[string]string)
	known := make(map[string]bool)
	for _, c := range v.Cases {
		known[c.ID] = true
		got, ok := r.results[c.ID]
		if !ok {
			r.failed[c.ID] = "no answer"
			continue
		}
		wrong := compare(want{Want: c.Want()}, got)
		if legal, ok := r.legal[c.ID]; ok {
			if wrong == "" {
				wrong = "named as a legal difference, but does not differ"
			} else {
				wrong = compare(legal.Want, got)
			}
		}
		if wrong != "" {
			r.failed[c.ID] = wrong
		}
	}
	for id := range r.results {
		if !known[id] {
			r.failed[id] = "an answer to no case"
		}
	}
}

// judgeGroups demands the same states in the last step of all cases of a group.
func judgeGroups(v *vectors.File, r *run) {
	first := make(map[string]*vectors.Case)
	for _, c := range v.Cases {
		if c.Group == "" {
			continue
		}
		if first[c.Group] == nil {
			first[c.Group] = c
			continue
		}
		model := r.results[first[c.Group].ID].Given
		if model == nil || !reflect.DeepEqual(model, r.results[c.ID].Given) {
			r.fail(c.ID, "the state does not have the bytes of "+first[c.Group].ID)
		}
	}
}

// judgeAgainst compares the runs in which a case has passed so far: where the
// vectors leave something open (a state's bytes, a message), all must return the same.
func judgeAgainst(v *vectors.File, runs []*run) {
	for _, c := range v.Cases {
		var model *run
		for _, r := range runs {
			_, isLegal := r.legal[c.ID]
			_, isFailed := r.failed[c.ID]
			if isLegal || isFailed {
				continue
			}
			if model == nil {
				model = r
				continue
			}
			if a, b := model.results[c.ID], r.results[c.ID]; !same(a, b) {
				r.fail(c.ID, fmt.Sprintf("not the answer of %s: got %s, given %s; want %s, given %s", model.name,
					b, vectors.Text(b.Given), a, vectors.Text(a.Given)))
			}
		}
	}
}

// fail keeps the first thing that is wrong with a case.
func (r *run) fail(id, what string) {
	if _, ok := r.failed[id]; !ok {
		r.failed[id] = what
	}
}

func firstFew(ids []string) []string { return ids[:min(len(ids), 10)] }

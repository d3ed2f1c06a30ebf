package tests

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost/grade"
	"example.org/compute-pipeline/gohost/vectors"
)

// The judges are tested too: a conformance test that cannot fail proves
// nothing.

func ref[T any](x T) *T { return &x }

func TestCompareKnowsWhatTheHostRefuses(t *testing.T) {
	trap := want{Want: vectors.Want{Kind: vectors.Traps, Text: "multiple of 16"}}
	refused := result{Refused: ref("multiple of 16")}
	assert.NotEmpty(t, compare(trap, refused), "refused by the host")
	assert.Empty(t, compare(want{Refused: true}, refused))
	assert.NotEmpty(t, compare(want{Refused: true}, result{Refused: ref("")}))
	assert.NotEmpty(t, compare(want{Refused: true}, result{}), "not refused")
	assert.Empty(t, compare(trap, result{Result: vectors.Result{Trap: ref("not a multiple of 16")}}))
	assert.NotEmpty(t, compare(trap, result{Result: vectors.Result{Value: true}}))
	assert.NotEmpty(t, compare(trap, result{Result: vectors.Result{Trap: ref("")}}), "without a message")
	assert.NotEmpty(t, compare(want{Want: vectors.Want{Kind: vectors.Same}}, refused))
}

func TestSameIsBitForBit(t *testing.T) {
	value := func(v any) result { return result{Result: vectors.Result{Value: v}} }
	trap := func(message string) result { return result{Result: vectors.Result{Trap: &message}} }
	assert.True(t, same(value([]any{"0", "1"}), value([]any{"0", "1"})))
	assert.False(t, same(value([]any{"0", "1"}), value([]any{"0", "2"})))
	assert.False(t, same(value("0"), trap("")))
	assert.False(t, same(trap("why"), trap("")))
	assert.True(t, same(trap("why"), trap("why")))
	assert.False(t, same(trap("why"), trap("how")))
}

func TestJudgesFindWhatTheVectorsLeaveOpen(t *testing.T) {
	v, err := vectors.Parse([]byte(`{"format": 2, "cases": [
		{"id": "whole", "group": "g", "steps": [{"call": "f"}, {"call": "g", "args": [{"$step": 0}]}], "want": {"same": true}},
		{"id": "cut", "group": "g", "steps": [{"call": "f"}, {"call": "g", "args": [{"$step": 0}]}], "want": {"same": true}},
		{"id": "bad", "call": "f", "want": {"failure": true}}]}`))
	require.NoError(t, err)
	failure := func(message string) result {
		return result{Result: vectors.Result{Value: map[string]any{"err": message}}}
	}
	answers := func(whole, cut, bad string) *run {
		state := func(state string) result {
			return result{Result: vectors.Result{Value: true, Given: []any{state}}}
		}
		return &run{results: map[string]result{"whole": state(whole), "cut": state(cut), "bad": failure(bad)}}
	}
	judged := func(runs ...*run) []*run {
		for _, r := range runs {
			judge(v, r)
			judgeGroups(v, r)
		}
		judgeAgainst(v, runs)
		return runs
	}

	for _, r := range judged(answers("01", "01", "why"), answers("01", "01", "why")) {
		assert.Empty(t, r.failed)
	}
	cut := judged(answers("01", "02", "why"))[0]
	assert.Contains(t, cut.failed, "cut", "states of one group that differ")
	message := judged(answers("01", "01", "why"), answers("01", "01", "how"))[1]
	assert.Contains(t, message.failed, "bad", "messages of two runtimes that differ")
	state := judged(answers("01", "01", "why"), answers("02", "02", "why"))[1]
	assert.Contains(t, state.failed, "whole", "states of two runtimes that differ")

	stateless := answers("01", "01", "why")
	stateless.results["whole"], stateless.results["cut"] = failure("no"), failure("no")
	assert.Contains(t, judged(stateless)[0].failed, "cut", "a group without states")
	fewer := answers("01", "01", "why")
	delete(fewer.results, "bad")
	assert.Contains(t, judged(fewer)[0].failed, "bad", "no answer")
	more := answers("01", "01", "why")
	more.results["worse"] = failure("why")
	assert.Contains(t, judged(more)[0].failed, "worse", "an answer to no case")

	legal := map[string]difference{"bad": {
		Case: "bad", Reason: "a reason", Want: want{Want: vectors.Want{Kind: vectors.Traps}},
	}}
	named := answers("01", "01", "why")
	named.legal = legal
	assert.Contains(t, judged(named)[0].failed, "bad", "a legal difference that is none")
	trap := answers("01", "01", "why")
	trap.results["bad"] = result{Result: vectors.Result{Trap: ref("")}}
	trap.legal = legal
	assert.Empty(t, judged(trap)[0].failed)
	refused := answers("01", "01", "why")
	refused.results["bad"] = result{Refused: ref("no")}
	refused.legal = legal
	assert.Contains(t, judged(refused)[0].failed, "bad", "another difference than the legal one")
}

func TestPluginsAreJudgedByTheirGrade(t *testing.T) {
	const call = "org:analytics/metrics#compute-aggregate"
	points := func(values ...string) string {
		var list []string
		for _, value := range values {
			list = append(list, `{"timestamp": "0", "value": "`+value+`"}`)
		}
		return "[" + strings.Join(list, ", ") + "]"
	}
	const tenth, fifth, sum = "3fb999999999999a", "3fc999999999999a", "3fd3333333333334" // 0.1, 0.2 and their rounded sum
	v, err := vectors.Parse([]byte(`{"format": 2, "cases": [
		{"id": "compute-aggregate/a", "call": "` + call + `", "args": [` + points(tenth, fifth) + `],
		 "want": {"value": ["3fc3333333333334", "3f647ae147ae147c", "` + sum + `"]}},
		{"id": "compute-aggregate/nan", "call": "` + call + `", "args": [` + points("7ff8000000000001") + `],
		 "want": {"value": ["7ff8000000000000", "7ff8000000000000", "7ff8000000000000"]}},
		{"id": "validate-stream/bad", "call": "org:analytics/metrics#validate-stream", "args": ["x"], "want": {"value": {"err": "Parse failed: here"}}},
		{"id": "process-batch/odd", "call": "org:compute/pipeline#process-batch", "args": [{"hex": "00"}], "want": {"trap": "multiple of 16"}}]}`))
	require.NoError(t, err)
	value := func(v any) result { return result{Result: vectors.Result{Value: v}} }
	answers := func() *run {
		return &run{results: map[string]result{
			"compute-aggregate/a":   value([]any{"3fc3333333333334", "3f647ae147ae147c", sum}),
			"compute-aggregate/nan": value([]any{"fff8000000000000", "7ff8deadbeef0001", "7ff8000000000000"}),
			"validate-stream/bad":   value(map[string]any{"err": "Parse failed: there"}),
			"process-batch/odd":     {Result: vectors.Result{Trap: ref("unreachable")}},
		}}
	}
	judged := func(runs ...*run) []*run {
		p := aPlugin{cases: v, grade: grade.Stable, runs: runs}
		p.judge()
		return runs
	}

	r := judged(answers())[0]
	assert.Empty(t, r.failed)
	assert.Equal(t, []string{"validate-stream/bad"}, sortedKeys(r.allowed))

	const next = "3fd3333333333333"
	within := func() *run {
		r := answers()
		r.results["compute-aggregate/a"] = value([]any{"3fc3333333333334", "3f647ae147ae147c", next})
		return r
	}
	r = judged(within())[0]
	assert.Contains(t, r.allowed, "compute-aggregate/a", "the next double is within the bound of a sum")
	assert.Empty(t, r.failed)
	assert.Contains(t, judged(answers(), within())[1].failed, "compute-aggregate/a", "two runtimes differ")
	exact := aPlugin{cases: v, grade: grade.Exact, runs: []*run{within()}}
	exact.judge()
	assert.Equal(t, []string{"compute-aggregate/a"}, sortedKeys(exact.runs[0].failed))

	for id, wrong := range map[string]result{
		"compute-aggregate/a":   value([]any{"3fc3333333333334", "3f647ae147ae147c", "3ff0000000000000"}),
		"compute-aggregate/nan": value([]any{"7ff8000000000000", "7ff8000000000000"}),
		"validate-stream/bad":   value(map[string]any{"err": "no"}),
		"process-batch/odd":     value(map[string]any{"hex": ""}),
	} {
		r := answers()
		r.results[id] = wrong
		assert.Equal(t, []string{id}, sortedKeys(judged(r)[0].failed))
		r = answers()
		r.results[id] = result{Refused: ref("no")}
		assert.Equal(t, []string{id}, sortedKeys(judged(r)[0].failed), "refused")
	}
}

package tests

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

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

package tests

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The judges are tested too: a conformance test that cannot fail proves
// nothing.

func ref[T any](x T) *T { return &x }

func TestCompareFindsEveryDifference(t *testing.T) {
	one := &statisticsText{Count: "1", Mean: "3ff0000000000000"}
	other := &statisticsText{Count: "1", Mean: "3ff0000000000001"}
	points := []segment{{First: "7", Step: "1", Values: "3ff0000000000000 8000000000000000"}}
	pointsAre := func(times, values string) result { return result{Points: &pointsText{times, values}} }
	for name, c := range map[string]struct {
		want want
		got  result
		ok   bool
	}{
		"equal floats":          {want{Floats: ref("0 1")}, result{Floats: ref("0 1")}, true},
		"a bit of a float":      {want{Floats: ref("0 1")}, result{Floats: ref("0 2")}, false},
		"an error for floats":   {want{Floats: ref("0 1")}, result{Error: ref("0 1")}, false},
		"equal points":          {want{Points: points}, pointsAre("7 8", "3ff0000000000000 8000000000000000"), true},
		"sign of a zero":        {want{Points: points}, pointsAre("7 8", "3ff0000000000000 0000000000000000"), false},
		"a timestamp":           {want{Points: points}, pointsAre("7 9", "3ff0000000000000 8000000000000000"), false},
		"a point too few":       {want{Points: points}, pointsAre("7", "3ff0000000000000"), false},
		"equal message":         {want{Error: ref("Empty dataset")}, result{Error: ref("Empty dataset")}, true},
		"a letter of a message": {want{Error: ref("Empty dataset")}, result{Error: ref("empty dataset")}, false},
		"false for true":        {want{Bool: ref(true)}, result{Bool: ref(false)}, false},
		"equal statistics":      {want{Statistics: one}, result{State: ref("00"), Statistics: one}, true},
		"a bit of the mean":     {want{Statistics: one}, result{State: ref("00"), Statistics: other}, false},
		"some error":            {want{Failure: true}, result{Error: ref("because")}, true},
		"an error without word": {want{Failure: true}, result{Error: ref("")}, false},
		"statistics of nothing": {want{Failure: true}, result{State: ref("00"), Statistics: one}, false},
		"a trap for an error":   {want{Failure: true}, result{Trap: ref("")}, false},
		"anything":              {want{Same: true}, result{Error: ref("because")}, true},
		"a trap for anything":   {want{Same: true}, result{Trap: ref("")}, false},
		"a trap unseen":         {want{Trap: ref("multiple of 16")}, result{Trap: ref("")}, true},
		"a trap and message":    {want{Trap: ref("multiple of 16")}, result{Trap: ref("not a multiple of 16")}, true},
		"another message":       {want{Trap: ref("multiple of 16")}, result{Trap: ref("out of memory")}, false},
		"no trap":               {want{Trap: ref("multiple of 16")}, result{Bytes: ref("")}, false},
		"refused by the host":   {want{Trap: ref("multiple of 16")}, result{Refused: ref("multiple of 16")}, false},
		"refused as it should":  {want{Refused: true}, result{Refused: ref("multiple of 16")}, true},
		"not refused":           {want{Refused: true}, result{Bytes: ref("")}, false},
	} {
		t.Run(name, func(t *testing.T) {
			wrong, err := new(vectors).compare(c.want, c.got)
			require.NoError(t, err)
			assert.Equal(t, c.ok, wrong == "", wrong)
		})
	}
}

func TestJudgesFindWhatTheVectorsLeaveOpen(t *testing.T) {
	v := &vectors{cases: []*vector{
		{ID: "whole", Group: "g", Want: want{Same: true}},
		{ID: "cut", Group: "g", Want: want{Same: true}},
		{ID: "bad", Want: want{Failure: true}},
	}}
	answers := func(whole, cut, bad string) *run {
		return &run{results: map[string]result{"whole": {State: &whole}, "cut": {State: &cut}, "bad": {Error: &bad}}}
	}
	judged := func(runs ...*run) []*run {
		for _, r := range runs {
			judge(t, v, r)
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

	legal := map[string]difference{"bad": {Case: "bad", Reason: "a reason", Want: want{Trap: ref("")}}}
	named := answers("01", "01", "why")
	named.legal = legal
	assert.Contains(t, judged(named)[0].failed, "bad", "a legal difference that is none")
	trap := answers("01", "01", "why")
	trap.results["bad"] = result{Trap: ref("")}
	trap.legal = legal
	assert.Empty(t, judged(trap)[0].failed)
	refused := answers("01", "01", "why")
	refused.results["bad"] = result{Refused: ref("no")}
	refused.legal = legal
	assert.Contains(t, judged(refused)[0].failed, "bad", "another difference than the legal one")
}

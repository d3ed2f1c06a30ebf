package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/examples/matrix/job"
)

const data = "../../data/seattle-temps-2010.json"

func answerOf(t *testing.T, args ...string) (answer job.Answer) {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), &out, append(args, data)))
	require.NoError(t, json.Unmarshal(out.Bytes(), &answer))
	return answer
}

func TestTheBatchesDoNotMatter(t *testing.T) {
	whole := answerOf(t, "-batch", "10000")
	assert.Equal(t, 8759, whole.Points)
	assert.Equal(t, 455713.5, whole.Sum)
	for _, batch := range []int{1, 7, 1024} {
		answer := answerOf(t, "-batch", fmt.Sprint(batch))
		assert.Less(t, answer.Memory, whole.Memory, "it holds a batch")
		answer.Memory = whole.Memory
		assert.Equal(t, whole, answer)
	}
}

func TestTimesOfAllBatches(t *testing.T) {
	times := answerOf(t, "-rounds", "2").Nanoseconds
	assert.Len(t, times, 14, "1, 2, 4, … 8192")
	assert.Positive(t, times["8192"])
	plain := answerOf(t, "-plain", "-rounds", "2")
	assert.Positive(t, plain.Nanoseconds["1"])
	assert.InDelta(t, 455713.5, plain.Sum, 1e-6)
}

func TestWrongArguments(t *testing.T) {
	assert.ErrorContains(t, run(t.Context(), nil, []string{"-batch", "0", data}), "a batch of 0 points")
	assert.ErrorContains(t, run(t.Context(), nil, []string{"-plain", "-rounds", "0", data}), "0 rounds")
	assert.ErrorContains(t, run(t.Context(), nil, []string{"no such file"}), "no such file")
}

package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/examples/matrix/job"
	"example.org/compute-pipeline/gohost"
)

const data = "../../data/seattle-temps-2010.json"

func answerOf(t *testing.T, args ...string) (answer job.Answer) {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), &out, append(args, data)))
	require.NoError(t, json.Unmarshal(out.Bytes(), &answer))
	return answer
}

func TestInEngineAndInGo(t *testing.T) {
	engine := answerOf(t)
	assert.Equal(t, 8759, engine.Points)
	assert.Equal(t, 455713.5, engine.Sum, "exact")
	plain := answerOf(t, "-plain")
	assert.Equal(t, 8759, plain.Points)
	assert.InDelta(t, 455713.5, plain.Sum, 1e-6)
	assert.NotEqual(t, 455713.5, plain.Sum, "rounded at every step")
}

func TestMoreRounds(t *testing.T) {
	for _, args := range [][]string{{"-rounds", "2"}, {"-rounds", "2", "-plain"}, {"-rounds", "2", "-cache", t.TempDir()}} {
		answer := answerOf(t, args...)
		assert.Positive(t, answer.Nanoseconds["parse"], args)
		assert.Positive(t, answer.Nanoseconds["aggregate"], args)
	}
}

func TestTheErrorHasThePosition(t *testing.T) {
	file := filepath.Join(t.TempDir(), "bad.json")
	require.NoError(t, os.WriteFile(file, []byte("[{\"timestamp\": 1,\n\"value\": \"warm\"}]"), 0o600))
	err := run(t.Context(), nil, []string{file})
	var refused *gohost.GuestError
	require.ErrorAs(t, err, &refused)
	assert.Contains(t, refused.Message, "line 2 column 15")
	assert.Error(t, run(t.Context(), nil, []string{"-plain", file}))
	assert.ErrorContains(t, run(t.Context(), nil, []string{"-rounds", "0", data}), "0 rounds")
}

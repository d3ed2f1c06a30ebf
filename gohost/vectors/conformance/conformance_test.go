package conformance_test

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/vectors"
	"example.org/compute-pipeline/gohost/vectors/conformance"
)

// All cases on all runtimes are for ../../../tests; these are some of every function.
func TestRun(t *testing.T) {
	file, err := conformance.Vectors()
	require.NoError(t, err)
	require.Greater(t, len(file.Cases), 2_500)
	engine, err := gohost.New(t.Context())
	require.NoError(t, err)
	defer func() { assert.NoError(t, engine.Close(context.WithoutCancel(t.Context()))) }()
	called := make(map[string]bool)
	for i := 0; i < len(file.Cases); i += 25 {
		c := file.Cases[i]
		want := c.Want()
		if want.Kind == vectors.Traps {
			continue // the engine's binding refuses the input before
		}
		result, err := conformance.Run(t.Context(), engine, c)
		require.NoError(t, err, c.ID)
		assert.Empty(t, want.Mismatch(result), c.ID)
		for _, step := range c.Steps() {
			called[step.Call] = true
		}
	}
	assert.Len(t, called, len(file.Functions))
}

func TestCallRefusesWhatNoFunctionTakes(t *testing.T) {
	for name, c := range map[string]struct {
		function, args, message string
	}{
		"another function":  {"org:analytics/metrics#compute", `[]`, `the contract has no function "org:analytics/metrics#compute"`},
		"no argument":       {"a#merge", `[{"hex": ""}]`, "argument 1: too few arguments"},
		"text for points":   {"a#fold", `[{"hex": ""}, "x"]`, "argument 1: not a list"},
		"no timestamp":      {"a#compute-aggregate", `[[{"value": "0000000000000000"}]]`, "argument 0: the timestamp of point 0"},
		"a short value":     {"a#compute-aggregate", `[[{"timestamp": "1", "value": "0"}]]`, "argument 0: the value of point 0"},
		"bytes for text":    {"a#validate-stream", `[{"hex": ""}]`, "argument 0: not a string"},
		"text for bytes":    {"a#process-batch", `["x"]`, "argument 0: not a list<u8>"},
		"text for a state":  {"a#finish", `["x"]`, "argument 0: not a list<u8>"},
		"text for a number": {"a#validate-checksum", `[{"hex": ""}, "1"]`, "argument 1: "},
	} {
		f, err := vectors.Parse([]byte(`{"format": 2, "cases": [{"id": "x", "call": "` + c.function + `", "args": ` + c.args + `, "want": {"same": true}}]}`))
		require.NoError(t, err, name)
		_, err = conformance.Run(t.Context(), nil, f.Cases[0])
		assert.ErrorContains(t, err, "step 0: "+c.message, name)
	}
}

// What traps is seen through an implementation that has no host in between.
type trapping struct{ conformance.Functions }

func (trapping) ProcessBatch(context.Context, []byte) ([]byte, error) {
	return nil, &gohost.TrapError{Message: "the length is not a multiple of 16"}
}

func TestTrapsAreResults(t *testing.T) {
	f, err := vectors.Parse([]byte(`{"format": 2, "cases": [{"id": "x", "call": "org:compute/pipeline#process-batch", "args": [{"hex": "00"}], "want": {"trap": "multiple of 16"}}]}`))
	require.NoError(t, err)
	result, err := conformance.Run(t.Context(), trapping{}, f.Cases[0])
	require.NoError(t, err)
	assert.Empty(t, f.Cases[0].Want().Mismatch(result))
	text, err := json.Marshal(result)
	require.NoError(t, err)
	assert.JSONEq(t, `{"trap": "the length is not a multiple of 16"}`, string(text))
}

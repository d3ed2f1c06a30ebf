package tests

import (
	"os/exec"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost/vectors"
)

// A runner that does not do what README.md says fails, and never passes a case.
func TestRunnersThatFailAreErrors(t *testing.T) {
	v, err := vectors.Parse([]byte(`{"format": 2, "functions": {"f": {"params": [], "result": {"result": ["bool", "string"]}}},
		"cases": [{"id": "one", "call": "f", "args": [], "want": {"failure": true}}]}`))
	require.NoError(t, err)
	const head = `read request; echo '{"runtime": "sh", "version": "1"}'; read request; `
	for name, c := range map[string]struct{ script, message string }{
		"no answer":           {"true", "EOF"},
		"exit status":         {"echo broken >&2; exit 3", "broken"},
		"ends in the middle":  {head + "exit 0", "one: step 0: EOF"},
		"no JSON":             {head + "echo nothing", "invalid character"},
		"no kind of answer":   {head + "echo '{}'", "without value, trap or refused"},
		"no WIT result":       {head + "echo '{\"value\": true}'", "expected an ok or an err"},
		"fails after the end": {head + "echo '{\"value\": {\"err\": \"no\"}}'; exit 1", "exit status 1"},
		"says more":           {head + "echo '{\"value\": {\"err\": \"no\"}}'; echo '{}'", "says more than it was asked"},
	} {
		_, _, err := runTyped(exec.CommandContext(t.Context(), "sh", "-c", c.script), v)
		assert.ErrorContains(t, err, c.message, name)
	}
	version, results, err := runTyped(exec.CommandContext(t.Context(), "sh", "-c", head+"echo '{\"value\": {\"err\": \"no\"}}'"), v)
	require.NoError(t, err)
	assert.Equal(t, "sh 1", version)
	assert.Equal(t, map[string]any{"err": "no"}, results["one"].Value)
}

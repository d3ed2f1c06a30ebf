package kit

import (
	"fmt"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost/sandbox"
)

// leaksOf runs the check for leaks on a module of testdata, whose function f gets a list of
// bytes, with little fuel for it.
func leaksOf(t *testing.T, name string, argument int, fuel leakFuel) *Result {
	t.Helper()
	wasm, err := os.ReadFile("testdata/" + name + ".wasm")
	require.NoError(t, err)
	config, err := newConfig([]Option{
		WithContract(&sandbox.Contract{World: "test:kit/small", Runtime: 1, Exports: []sandbox.Interface{{Functions: []sandbox.Function{
			{Name: "f", Params: "ii", Results: "i", Type: "func(data: list<u8>) -> list<u8>"},
		}}}}),
		WithVectors(fmt.Appendf(nil, `{"format": 2, "cases": [
			{"id": "small", "call": "f", "args": [{"$repeat": [1], "times": 2000}], "want": {"same": true}},
			{"id": "large", "call": "f", "args": [{"$repeat": [1], "times": %d}], "want": {"same": true}}]}`, argument)),
	})
	require.NoError(t, err)
	c, err := newChecker(wasm, config)
	require.NoError(t, err)
	t.Cleanup(c.close)
	c.leakFuel = fuel
	r := &Result{Status: Passed}
	c.checkContract(t.Context(), &Result{Status: Passed})
	c.checkVectors(t.Context(), &Result{Status: Passed})
	c.checkLeaks(t.Context(), r)
	return r
}

// Where there is no fuel for 10,000 calls, a leak is told from a garbage collector by how many
// bytes are kept. Without fuel for that it is noted.
func TestLeaksOfFunctionsThatTakeMuchFuel(t *testing.T) {
	leak := leaksOf(t, "leaks", 20_000, leakFuel{first: 1, more: 500_000})
	assert.Equal(t, Failed, leak.Status)
	require.Len(t, leak.Failures, 1)
	assert.Contains(t, leak.Failures[0].Got, "memory grew from ")

	noted := leaksOf(t, "leaks", 3000, leakFuel{first: 1, more: 1})
	assert.Equal(t, Passed, noted.Status)
	assert.Contains(t, noted.Note, "which may be a garbage collector")
	assert.Equal(t, 1000, noted.Cases)

	// It keeps up to 4 MiB, and then gives all back.
	for _, fuel := range []leakFuel{{1, 500_000}, {1, 1 << 40}, {1 << 40, 1 << 40}} {
		collects := leaksOf(t, "collects", 20_000, fuel)
		assert.Equal(t, Passed, collects.Status, "%v", collects.Failures)
		assert.NotContains(t, collects.Note, "collector")
	}
	noted = leaksOf(t, "collects", 20_000, leakFuel{first: 1, more: 1})
	assert.Equal(t, Passed, noted.Status, "more calls have shown that it collects")

	good := leaksOf(t, "small", 20_000, leakFuel{first: 1, more: 1})
	assert.Equal(t, Passed, good.Status)
	assert.Equal(t, "fewer of functions that take much fuel", good.Note)
}

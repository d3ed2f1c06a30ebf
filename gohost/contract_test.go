package gohost

import (
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/tests/bindings/analytics"
	"example.org/compute-pipeline/tests/bindings/engine"
)

// The contract is what pipeline bind makes of both versions in wit/, but for what a module may
// lack, and the functions of the embedded engine beside it.
func TestTheContractIsTheOneThatIsGenerated(t *testing.T) {
	generated := engine.Contract()
	generated.Exports = append(generated.Exports, analytics.Contract().Exports...)
	generated.Exports[0].OneOf, generated.Exports[3].OneOf = true, true
	generated.Exports[1].Optional, generated.Exports[4].Optional = true, true
	generated.Direct, generated.Instead = direct, contract.Instead
	assert.Equal(t, generated, contract)
	assert.Equal(t, "org:compute-pipeline/summary", contract.Exports[1].Name)
	assert.Equal(t, "org:analytics/accumulators", contract.Exports[4].Name)
	var names []string
	for _, f := range []int{fnComputeAggregate, fnValidateStream, fnFold, fnMerge, fnFinish, fnProcessBatch, fnValidateChecksum, fnAggregate2, fnValidate2, fnNewAccumulator, fnAccumulatorAdd, fnAccumulatorMerge, fnAccumulatorState, fnAccumulatorFinish} {
		names = append(names, contract.FunctionNames()[f])
	}
	assert.Equal(t, []string{
		"compute-aggregate", "validate-stream", "fold", "merge", "finish", "process-batch", "validate-checksum",
		"compute-aggregate", "validate-stream", "[constructor]accumulator", "[method]accumulator.add", "[method]accumulator.merge", "[method]accumulator.state", "[method]accumulator.finish",
	}, names)
	assert.Len(t, names, functionCount)
}

// The Rust programs read the contract from wit/contract.txt. A test of scripts/assemble
// compares that with the WIT.
func TestTheContractIsTheOneOfTheRustPrograms(t *testing.T) {
	text, err := contract.Text()
	require.NoError(t, err)
	committed, err := os.ReadFile("../wit/contract.txt")
	require.NoError(t, err)
	assert.Equal(t, string(committed), string(text))
}

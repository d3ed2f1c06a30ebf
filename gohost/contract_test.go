package gohost

import (
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/tests/bindings/engine"
)

// The contract is what pipeline bind makes of wit/, but for the interface that a module
// may lack, and the functions of the embedded engine beside it.
func TestTheContractIsTheOneThatIsGenerated(t *testing.T) {
	generated := engine.Contract()
	generated.Exports[1].Optional = true
	generated.Direct = direct
	assert.Equal(t, generated, contract)
	assert.Equal(t, "org:compute-pipeline/summary", contract.Exports[1].Name)
	var names []string
	for _, f := range []int{fnComputeAggregate, fnValidateStream, fnFold, fnMerge, fnFinish, fnProcessBatch, fnValidateChecksum} {
		names = append(names, contract.FunctionNames()[f])
	}
	assert.Equal(t, []string{
		"compute-aggregate", "validate-stream", "fold", "merge", "finish", "process-batch", "validate-checksum",
	}, names)
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

package gohost

import (
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The Rust programs read the contract from wit/contract.txt. A test of scripts/assemble
// compares that with the WIT.
func TestTheContractIsTheOneOfTheRustPrograms(t *testing.T) {
	text, err := contract.Text()
	require.NoError(t, err)
	committed, err := os.ReadFile("../wit/contract.txt")
	require.NoError(t, err)
	assert.Equal(t, string(committed), string(text))
}

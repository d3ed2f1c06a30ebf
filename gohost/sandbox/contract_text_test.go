package sandbox_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost/sandbox"
)

// A name with a tab or a line end would be another line of the contract's text.
func TestNamesInAContractHaveNoControlCharacters(t *testing.T) {
	wasm := []byte("\x00asm\x01\x00\x00\x00")
	for _, name := range []string{"a\tb", "a\ngrant\tenv\tclock", "a\r", "\x00"} {
		contract := &sandbox.Contract{Exports: []sandbox.Interface{{Name: "a:b/c", Optional: true, Functions: []sandbox.Function{{Name: name}}}}}
		_, err := contract.Text()
		require.ErrorIs(t, err, sandbox.ErrInvalidInput)
		require.ErrorIs(t, sandbox.Check(ctx, wasm, contract), sandbox.ErrInvalidInput)
	}
	// Letters that are no types are refused where the text is read.
	contract := &sandbox.Contract{Imports: []sandbox.Interface{{Functions: []sandbox.Function{{Name: "f", Params: "x"}}}}}
	err := sandbox.Check(ctx, wasm, contract)
	require.ErrorIs(t, err, sandbox.ErrInvalidInput)
	assert.ErrorContains(t, err, `line 3 of the contract cannot be read: 'x' is no type of a core function`)
	require.NoError(t, sandbox.Check(ctx, wasm, &sandbox.Contract{}), "nothing is expected of a module")
}

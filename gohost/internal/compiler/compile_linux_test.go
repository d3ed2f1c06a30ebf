package compiler

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost/internal/compiler/compilertest"
)

// wazero v1.12.0 leaves code behind when a context ends while it compiles.
func TestCompilingLeavesNothingWhenTheContextHasEnded(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	compilertest.LeavesNoCode(t, func() {
		for range 5 {
			code, err := Compile(ctx, nil, Config(), bomb(2))
			require.NoError(t, err)
			assert.NotNil(t, code.Module)
			require.NoError(t, code.Close(context.Background()))
		}
	})
}

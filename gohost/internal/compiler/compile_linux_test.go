package compiler

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/tetratelabs/wazero"

	"example.org/compute-pipeline/gohost/internal/compiler/compilertest"
)

// wazero v1.12.0 leaves code behind when a context ends while it compiles.
func TestCompilingLeavesNothingWhenTheContextHasEnded(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	compilertest.LeavesNoCode(t, func() {
		for range 5 {
			r := wazero.NewRuntimeWithConfig(ctx, Config())
			compiled, err := Compile(ctx, r, bomb(2))
			require.NoError(t, err)
			assert.NotNil(t, compiled)
			require.NoError(t, r.Close(context.Background()))
		}
	})
}

package prepare

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost/internal/compiler"
	"example.org/compute-pipeline/gohost/internal/compiler/compilertest"
)

// A load that is given up while the prepare module is compiled costs no memory.
func TestCompilingLeavesNothingWhenTheContextHasEnded(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	compilertest.LeavesNoCode(t, func() {
		for range 2 {
			sandbox := New()
			require.NoError(t, sandbox.Compile(ctx, compiler.Cache{}))
			require.NoError(t, sandbox.Close(context.Background()))
		}
	})
}

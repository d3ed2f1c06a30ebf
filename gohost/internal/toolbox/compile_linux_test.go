package toolbox

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost/internal/compiler/compilertest"
)

// A load that is given up while the toolbox is compiled costs no memory.
func TestCompilingLeavesNothingWhenTheContextHasEnded(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	compilertest.LeavesNoCode(t, func() {
		for range 2 {
			toolbox := New()
			require.NoError(t, toolbox.Compile(ctx, ""))
			require.NoError(t, toolbox.Close(context.Background()))
		}
	})
}

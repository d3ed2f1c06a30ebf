package tests

import (
	"bytes"
	"context"
	"os"
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
)

// With the debug module, a trap's stack names the lines of the Rust source.
func TestDebugModuleNamesSourceLines(t *testing.T) {
	ctx := context.Background()
	wasm, err := os.ReadFile("../dist/compute-pipeline.core.debug.wasm")
	require.NoError(t, err)
	// Room for the text, but not for the points in it.
	text := append([]byte{'['}, bytes.Repeat([]byte(`{"timestamp":1,"value":2},`), 26_000)...)
	for name, opts := range map[string][]gohost.Option{
		"compiler": nil, "interpreter": {gohost.WithInterpreter()},
	} {
		eng, err := gohost.Load(ctx, wasm, append(opts, gohost.WithMemoryLimit(1), gohost.WithDebugInfo())...)
		require.NoError(t, err, name)
		_, err = eng.ValidateStream(ctx, text)
		require.ErrorIs(t, err, gohost.ErrLimit, name)
		var trap *gohost.TrapError
		require.ErrorAs(t, err, &trap, name)
		assert.Contains(t, trap.Message, "out of memory", name)
		assert.Contains(t, trap.Stack, "compute_pipeline::validate", name)
		assert.Regexp(t, regexp.MustCompile(`guest/src/validate/\w+\.rs:\d+:\d+`), trap.Stack, name)
		assert.Regexp(t, regexp.MustCompile(`guest/src/lib\.rs:\d+:\d+`), trap.Stack, name)
		require.NoError(t, eng.Close(ctx))
	}
}

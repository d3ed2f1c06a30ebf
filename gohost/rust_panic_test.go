package gohost_test

import (
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/grade"
)

// tests/panics is built with compute-pipeline-guest. Natively it could not be built.
func TestRustPanicsReachTheHost(t *testing.T) {
	for _, c := range []struct {
		module string
		wish   byte
		want   string
	}{
		{"panics", 1, "the wish was 1, größer (at tests/panics/src/lib.rs:33:18)"},
		{"panics", 2, "index out of bounds: the len is 3 but the index is 7 (at tests/panics/src/lib.rs:34:18)"},
		{"panics", 3, "out of memory: cannot allocate 1073741824 bytes"},
		{"panics.no_std", 1, "the wish was 1, größer (at tests/panics/src/lib.rs:33:18)"},
		{"panics.no_std", 2, "index out of bounds: the len is 3 but the index is 7 (at tests/panics/src/lib.rs:34:18)"},
	} {
		wasm, err := os.ReadFile("testdata/rust/" + c.module + ".wasm")
		require.NoError(t, err)
		claimed, _, err := grade.Claimed(wasm)
		require.NoError(t, err)
		assert.Equal(t, grade.Stable, claimed)

		eng, err := gohost.Load(ctx, wasm)
		require.NoError(t, err)
		defer eng.Close(ctx)
		_, err = eng.ProcessBatch(ctx, batch(c.wish))
		var trap *gohost.TrapError
		require.ErrorAs(t, err, &trap)
		assert.Equal(t, c.want, trap.Message)
		assert.Contains(t, trap.Stack, ".<u8 as compute_pipeline_panics_guest::Wish>::come_true(i32) i32\n")
		assert.NotContains(t, trap.Stack, "._R")
	}
}

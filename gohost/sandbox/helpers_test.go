package sandbox_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
)

// The tests of what modules do are those of package gohost, the first client. Here are
// those that need this package's insides.

var ctx = context.Background()

// newEngine starts the embedded engine and closes it after the test.
func newEngine(t testing.TB, opts ...gohost.Option) *gohost.Engine {
	t.Helper()
	eng, err := gohost.New(ctx, opts...)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, eng.Close(ctx)) })
	return eng
}

func module(t testing.TB, name string) []byte {
	t.Helper()
	wasm, err := os.ReadFile(filepath.Join("..", "testdata", name+".wasm"))
	require.NoError(t, err)
	return wasm
}

func load(t testing.TB, name string, opts ...gohost.Option) *gohost.Engine {
	t.Helper()
	eng, err := gohost.Load(ctx, module(t, name), opts...)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, eng.Close(ctx)) })
	return eng
}

// batch is the shortest batch, with what a test's module shall do as its first byte.
func batch(do byte) []byte { return append([]byte{do}, make([]byte, 15)...) }

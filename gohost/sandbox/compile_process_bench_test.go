package sandbox_test

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
)

// BenchmarkLoadByProcess loads the engine as a module of others: compiled here or
// in a process, anew or from the cache. What a process costs is in the
// differences.
func BenchmarkLoadByProcess(b *testing.B) {
	wasm, err := os.ReadFile("../plugin/testdata/engine.core.wasm")
	require.NoError(b, err)
	for name, opts := range map[string][]gohost.Option{"here": nil, "process": {outside}} {
		load := func(b *testing.B, opts ...gohost.Option) {
			eng, err := gohost.Load(ctx, wasm, opts...)
			require.NoError(b, err)
			require.NoError(b, eng.Close(ctx))
		}
		b.Run(name+"/anew", func(b *testing.B) {
			for b.Loop() {
				load(b, opts...)
			}
		})
		b.Run(name+"/cached", func(b *testing.B) {
			opts := append([]gohost.Option{gohost.WithCacheDir(b.TempDir())}, opts...)
			load(b, opts...)
			for b.Loop() {
				load(b, opts...)
			}
		})
	}
}

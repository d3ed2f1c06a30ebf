package plugin_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/plugin"
)

// What a plugin's call costs more than the engine's own.
func BenchmarkCall(b *testing.B) {
	points := values(1)
	eng, err := gohost.New(ctx)
	require.NoError(b, err)
	defer eng.Close(ctx)
	b.Run("engine", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := eng.ComputeAggregate(ctx, points); err != nil {
				b.Fatal(err)
			}
		}
	})
	reg := newRegistry(b)
	_, err = reg.Load(ctx, "a", plugin.Embedded())
	require.NoError(b, err)
	p, err := reg.Plugin("a")
	require.NoError(b, err)
	b.Run("plugin", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := p.Binding().ComputeAggregate(ctx, points); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// A swap between versions that are kept.
func BenchmarkActivate(b *testing.B) {
	reg := newRegistry(b)
	hashes := []string{hashOf(engine(b)), hashOf(edition(engine(b), "second"))}
	load(b, reg, "a", engine(b))
	load(b, reg, "a", edition(engine(b), "second"))
	i := 0
	for b.Loop() {
		if _, err := reg.Activate(ctx, "a", hashes[i%2]); err != nil {
			b.Fatal(err)
		}
		i++
	}
}

// A load of a module that was compiled before, with the directory of compiled
// code, self-test included.
func BenchmarkLoad(b *testing.B) {
	reg := newRegistry(b, plugin.WithHistory(0))
	wasm := engine(b)
	load(b, reg, "a", wasm)
	i := 0
	for b.Loop() {
		i++
		if _, err := reg.Load(ctx, "a", plugin.Bytes(wasm), plugin.WithLimits(plugin.Limits{CallsPerInstance: i})); err != nil {
			b.Fatal(err)
		}
	}
}

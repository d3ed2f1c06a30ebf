package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/examples/composition/rules"
	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/sandbox"
	"example.org/compute-pipeline/gohost/wit"
)

// A host is a program with the engine, which loads the rule again and again.
type host struct {
	eng  *gohost.Engine
	wasm []byte
	// cache keeps what was compiled, which takes 10 s.
	cache string
}

func newHost(t *testing.T) host {
	t.Helper()
	dir := os.Getenv("COMPUTE_PIPELINE_GUESTS")
	if dir == "" {
		t.Skip("make example builds rules.wasm")
	}
	wasm, err := os.ReadFile(filepath.Join(dir, "rules.wasm"))
	require.NoError(t, err)
	eng, err := gohost.New(t.Context())
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, eng.Close(context.WithoutCancel(t.Context()))) })
	return host{eng, wasm, t.TempDir()}
}

func (h host) load(t *testing.T, imports rules.Metrics, opts ...sandbox.Option) *rules.Rules {
	t.Helper()
	r, err := rules.Load(t.Context(), h.wasm, rules.Imports{Metrics: imports}, append(opts, sandbox.WithCacheDir(h.cache))...)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, r.Close(context.WithoutCancel(t.Context()))) })
	return r
}

func TestTheRuleInPython(t *testing.T) {
	h := newHost(t)
	raw, err := os.ReadFile(data)
	require.NoError(t, err)
	r := h.load(t, metrics{h.eng})

	t.Run("answers", func(t *testing.T) {
		for _, limit := range []float64{-1, 50, 60, 60.012, 100} {
			want, err := flag(t.Context(), h.eng, raw, limit)
			require.NoError(t, err)
			got, err := flagInPython(t.Context(), r, raw, limit)
			require.NoError(t, err)
			assert.Equal(t, want, got, "above %v", limit)
		}
	})
	t.Run("errors", func(t *testing.T) {
		for raw, want := range map[string]string{
			"[]": "Empty dataset",
			"[}": "Parse failed: expected value at line 1 column 2",
			// An exception of Python, which the rule catches.
			`[{"timestamp": 18446744073709551615, "value": 1}]`: "timestamp out of range for platform time_t",
		} {
			_, err := r.Flag(t.Context(), raw, 1)
			var refused *wit.Error[string]
			require.ErrorAs(t, err, &refused, raw)
			assert.Equal(t, want, refused.Value)
		}
		assert.EqualValues(t, 1, r.Stats().InstancesStarted, "an error ends no instance")
	})
	t.Run("canceled", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		_, err := h.load(t, &meddling{Metrics: metrics{h.eng}, before: cancel}).Flag(ctx, string(raw), 60)
		require.ErrorIs(t, err, context.Canceled)
	})
	t.Run("deadline", func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
		defer cancel()
		// The rule goes on after the deadline only.
		_, err := h.load(t, &meddling{Metrics: metrics{h.eng}, before: func() { <-ctx.Done() }}).Flag(ctx, string(raw), 60)
		require.ErrorIs(t, err, context.DeadlineExceeded)
	})
	t.Run("fuel", func(t *testing.T) {
		_, err := h.load(t, metrics{h.eng}, sandbox.WithFuel(100_000_000)).Flag(t.Context(), string(raw), 60)
		assert.Equal(t, sandbox.LimitFuel, limitOf(t, err))
	})
	t.Run("memory", func(t *testing.T) {
		// Python begins with 13 MiB, and objects for so many points take more than three.
		long := "[" + strings.Repeat(`{"timestamp":1,"value":1},`, 100_000) + `{"timestamp":1,"value":1}]`
		_, err := h.load(t, metrics{h.eng}, sandbox.WithMemoryLimit(16)).Flag(t.Context(), long, 60)
		assert.Equal(t, sandbox.LimitMemory, limitOf(t, err))
	})
	t.Run("too little memory to start", func(t *testing.T) {
		_, err := rules.Load(t.Context(), h.wasm, rules.Imports{Metrics: metrics{h.eng}}, sandbox.WithCacheDir(h.cache), sandbox.WithMemoryLimit(8))
		assert.Equal(t, sandbox.LimitMemory, limitOf(t, err))
	})
}

// limitOf returns the limit that a call reached.
func limitOf(t *testing.T, err error) sandbox.Limit {
	t.Helper()
	var reached *sandbox.LimitError
	require.ErrorAs(t, err, &reached)
	return reached.Which
}

// meddling is an import that does something before its first call.
type meddling struct {
	rules.Metrics
	once   sync.Once
	before func()
}

func (m *meddling) ValidateStream(ctx context.Context, raw string) ([]rules.Datapoint, error) {
	points, err := m.Metrics.ValidateStream(ctx, raw)
	m.once.Do(m.before)
	return points, err
}

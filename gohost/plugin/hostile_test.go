package plugin_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost/plugin"
)

// hostile is the corpus of modules that do harm, of one kind: when they are
// loaded, or when they are called.
func hostile(t *testing.T, kind string) []string {
	t.Helper()
	paths, err := filepath.Glob("../../tests/hostile/" + kind + "/*.wasm")
	require.NoError(t, err)
	require.NotEmpty(t, paths)
	return paths
}

var tight = plugin.Limits{
	MaxInstances: 1, MemoryMiB: 48, CallTimeout: 50 * time.Millisecond, DrainTimeout: time.Second,
	Breaker: plugin.BreakerLimits{Failures: 3},
}

// unhurried is for the good one: a busy machine must not fail the test.
var unhurried = plugin.WithLimits(plugin.Limits{CallTimeout: time.Minute})

// tests/hostile says what is wrong with each; here it matters that none of them
// becomes the active version.
func TestNoHostileModuleTakesThePlaceOfAGoodOne(t *testing.T) {
	reg := newRegistry(t, plugin.WithDefaultLimits(tight), plugin.WithSelfTest(time.Minute, plugin.SelfTest))
	good := engine(t)
	p := load(t, reg, "a", good, unhurried)
	for _, path := range append(hostile(t, "load"), hostile(t, "call")...) {
		limited, cancel := context.WithTimeout(ctx, time.Minute)
		_, err := reg.Load(limited, "a", plugin.File(path))
		require.Error(t, err, path)
		require.NoError(t, limited.Err(), path) // its own limits ended it
		cancel()
		serves(t, reg, "a", good)
		require.Len(t, p.Versions(), 1, path)
	}
}

// Without the self-test they may serve, but do not affect other plugins.
func TestHostileModulesHarmNoOtherPlugin(t *testing.T) {
	reg := newRegistry(t, plugin.WithDefaultLimits(tight), untested)
	good := engine(t)
	load(t, reg, "good", good, unhurried)
	failures := 0
	for _, path := range hostile(t, "call") {
		wasm, err := os.ReadFile(path)
		require.NoError(t, err)
		if _, err := reg.Load(ctx, "bad", plugin.Bytes(wasm)); err != nil {
			continue // stopped when its first instance started
		}
		p, err := reg.Plugin("bad")
		require.NoError(t, err)
		for range 3 {
			call := func(err error) {
				if plugin.OutcomeOf(err) == plugin.OutcomeOther {
					t.Errorf("%s: %v", path, err)
				}
			}
			_, err := p.Binding().ComputeAggregate(ctx, values(1, 2))
			call(err)
			_, err = p.Binding().ValidateStream(ctx, []byte(`[{"timestamp":1,"value":2}]`))
			call(err)
			_, err = p.Binding().ProcessBatch(ctx, batch(0))
			call(err)
			_, err = p.Binding().ValidateChecksum(ctx, []byte("123456789"), 0xcbf43926)
			call(err)
		}
		if p.Stats().Failures() > 0 {
			failures++
		}
		serves(t, reg, "good", good)
		require.NoError(t, reg.Unload(ctx, "bad"))
	}
	assert.Greater(t, failures, 20) // the others wait for an input that these are not
}

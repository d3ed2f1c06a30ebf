package versions

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/kit"
	"example.org/compute-pipeline/gohost/vectors"
	"example.org/compute-pipeline/gohost/vectors/conformance"
	"example.org/compute-pipeline/tests/bindings/analytics"
	"example.org/compute-pipeline/tests/bindings/engine"
)

// host loads modules as one that knows some versions.
type host struct {
	name string
	load func(t *testing.T, wasm []byte, opts ...gohost.Option) (conformance.Functions, error)
	// knows are what precedes the functions that it has.
	knows []string
	// texts is whether the texts of errors are those of 0.1.0.
	texts bool
}

var (
	first = host{"a host of 0.1.0", func(t *testing.T, wasm []byte, opts ...gohost.Option) (conformance.Functions, error) {
		bound, err := engine.Load(t.Context(), wasm, opts...)
		if err == nil {
			t.Cleanup(func() { assert.NoError(t, bound.Close(context.Background())) })
		}
		return firstHost{ComputePipeline: bound}, err
	}, []string{"org:"}, true}
	second = host{"a host of 0.2.0", func(t *testing.T, wasm []byte, opts ...gohost.Option) (conformance.Functions, error) {
		bound, err := analytics.Load(t.Context(), wasm, opts...)
		if err == nil {
			t.Cleanup(func() { assert.NoError(t, bound.Close(context.Background())) })
		}
		return secondHost{AccumulatingEngine: bound}, err
	}, []string{"org:analytics/", "org:compute-pipeline/"}, false}
	adapting = host{"gohost", func(t *testing.T, wasm []byte, opts ...gohost.Option) (conformance.Functions, error) {
		eng, err := gohost.Load(t.Context(), wasm, opts...)
		if err == nil {
			t.Cleanup(func() { assert.NoError(t, eng.Close(context.Background())) })
		}
		return eng, err
	}, []string{"org:"}, true}
)

// Every pairing of a host and a module answers all vectors of the functions that the host has,
// or is refused when the module is loaded.
func TestEveryPairing(t *testing.T) {
	file, err := conformance.Vectors()
	require.NoError(t, err)
	for _, test := range []struct {
		host    host
		guest   string
		refused string // a part of the error
		every   int    // runs each n-th vector in the interpreter
	}{
		{first, onlyFirst, "", 16},
		{first, core, "", 16},
		// A resource needs functions of its host, so hosts of 0.1.0 take the core module.
		{first, both, `"[resource-new]accumulator", which is not granted`, 0},
		{first, onlySecond, "it exports org:analytics/metrics@0.2.0, and this host knows 0.1.x", 0},
		{second, onlyFirst, "it exports org:analytics/metrics@0.1.0, and this host knows 0.2.x", 0},
		{second, core, "it does not export the interface org:analytics/accumulators@0.2.x", 0},
		{second, both, "", 8},
		{second, onlySecond, "", 16},
		{adapting, onlyFirst, "", 16},
		{adapting, core, "", 16},
		{adapting, both, "", 16},
		{adapting, onlySecond, "", 8},
	} {
		t.Run(test.host.name+" and "+test.guest, func(t *testing.T) {
			wasm := guest(t, test.guest)
			if test.refused != "" {
				_, err := test.host.load(t, wasm)
				require.ErrorIs(t, err, gohost.ErrContract)
				assert.ErrorContains(t, err, test.refused)
				return
			}
			f, err := test.host.load(t, wasm)
			require.NoError(t, err)
			test.host.answers(t, f, file, 1)
			f, err = test.host.load(t, wasm, gohost.WithInterpreter())
			require.NoError(t, err)
			test.host.answers(t, f, file, test.every)
		})
	}
}

// answers runs every n-th vector.
func (h host) answers(t *testing.T, f conformance.Functions, file *vectors.File, every int) {
	t.Helper()
	ran := 0
	for i, c := range file.Cases {
		if i%every != 0 || !h.has(c) {
			continue
		}
		result, err := conformance.Run(t.Context(), f, c)
		want := c.Want()
		if want.Kind == vectors.Traps && (errors.Is(err, gohost.ErrInvalidInput) || result.Trap != nil) {
			continue // package gohost refuses the input
		}
		require.NoError(t, err, c.ID)
		if !h.texts && want.Kind == vectors.ErrBegins && strings.HasPrefix(want.Text, "Invalid") {
			want = vectors.Want{Kind: vectors.Fails}
		}
		require.Empty(t, want.Mismatch(result), "%s", c.ID)
		ran++
	}
	assert.Greater(t, ran, 2000/every)
}

func (h host) has(c *vectors.Case) bool {
	for _, step := range c.Steps() {
		known := false
		for _, prefix := range h.knows {
			known = known || strings.HasPrefix(step.Call, prefix)
		}
		if !known {
			return false
		}
	}
	return true
}

// The plugins of 0.1.0 pass as they did.
func TestTheFrozenPluginsPass(t *testing.T) {
	for _, name := range []string{"plugin-0.1.0.c.wasm", "plugin-0.1.0.rust.wasm"} {
		t.Run(name, func(t *testing.T) {
			wasm := read(t, "testdata/"+name)
			report, err := kit.Check(t.Context(), wasm)
			require.NoError(t, err)
			assert.True(t, report.Passed)
			eng, err := gohost.Load(t.Context(), wasm)
			require.NoError(t, err)
			defer eng.Close(context.Background())
			assert.Equal(t, "0.1.0", eng.Versions().Metrics)
			assert.Len(t, eng.Versions().Missing, 1)
			_, err = eng.Fold(t.Context(), nil, nil)
			require.ErrorIs(t, err, gohost.ErrNoSummary)
			_, err = eng.ValidateStream(t.Context(), []byte("[\n}"))
			var failure *gohost.ParseError
			require.ErrorAs(t, err, &failure)
		})
	}
}

// Errors have the same types and the same texts from every module.
func TestErrorsOfEveryModule(t *testing.T) {
	var texts []string
	for _, name := range []string{onlyFirst, core, both, onlySecond} {
		eng, err := gohost.Load(t.Context(), guest(t, name))
		require.NoError(t, err)
		defer eng.Close(context.Background())
		got := errorsOf(t, eng)
		if texts == nil {
			texts = got
		}
		assert.Equal(t, texts, got, name)
	}
}

func errorsOf(t *testing.T, eng *gohost.Engine) (texts []string) {
	t.Helper()
	note := func(err error) {
		var guest *gohost.GuestError
		require.ErrorAs(t, err, &guest)
		texts = append(texts, guest.Message)
		assert.Equal(t, guest.Message, guest.Err.Error())
	}
	ctx := t.Context()
	_, err := eng.ValidateStream(ctx, []byte("[]"))
	require.ErrorIs(t, err, gohost.ErrEmptyDataset)
	note(err)
	_, err = eng.ValidateStream(ctx, []byte("[\n  {\"value\": 1}]"))
	var parse *gohost.ParseError
	require.ErrorAs(t, err, &parse)
	assert.Equal(t, []any{2, 14, "missing field `timestamp`"}, []any{parse.Line, parse.Column, parse.Message})
	note(err)
	_, err = eng.ValidateStream(ctx, []byte(`[{"timestamp":"`+strings.Repeat("x", 10_000)+`","value":1}]`))
	note(err) // longer than what is kept of a message
	require.ErrorAs(t, err, &parse)

	state, err := eng.Fold(ctx, nil, []gohost.Datapoint{{Timestamp: 1, Value: 0}})
	require.NoError(t, err)
	for _, broken := range broken(state) {
		var invalid *gohost.StateError
		_, err = eng.Fold(ctx, broken, nil)
		require.ErrorAs(t, err, &invalid)
		assert.Equal(t, "state", invalid.State)
		note(err)
		_, err = eng.Merge(ctx, state, broken)
		require.ErrorAs(t, err, &invalid)
		assert.Equal(t, "second state", invalid.State)
		note(err)
		_, err = eng.Merge(ctx, broken, state)
		note(err)
		_, err = eng.Finish(ctx, broken)
		note(err)
	}
	for range 63 {
		state, err = eng.Merge(ctx, state, state)
		require.NoError(t, err)
	}
	statistics, err := eng.Finish(ctx, state)
	require.NoError(t, err)
	assert.Equal(t, uint64(1)<<63, statistics.Count, "counts over 2^53 are exact")
	_, err = eng.Merge(ctx, state, state)
	var many *gohost.CountError
	require.ErrorAs(t, err, &many)
	assert.Equal(t, gohost.CountError{Count: 1 << 63, More: 1 << 63}, *many)
	note(err)
	assert.Zero(t, eng.Stats().InstancesDiscarded)
	return texts
}

// broken are bytes that are not a state: cut, changed, longer, of another version.
func broken(state []byte) [][]byte {
	changed := append([]byte(nil), state...)
	changed[len(changed)/2] ^= 1
	version := append([]byte(nil), state...)
	version[4]++
	return [][]byte{state[:1], state[:len(state)-1], changed, version, append(changed, 0), []byte("state")}
}

func TestVersionsSayWhatServes(t *testing.T) {
	for name, want := range map[string]gohost.Versions{
		onlyFirst:  {Metrics: "0.1.0", Sums: "org:compute-pipeline/summary@0.1.0"},
		core:       {Metrics: "0.2.0", Sums: "org:compute-pipeline/summary@0.1.0"},
		both:       {Metrics: "0.2.0", Sums: "org:compute-pipeline/summary@0.1.0"},
		onlySecond: {Metrics: "0.2.0", Sums: "org:analytics/accumulators@0.2.0"},
	} {
		eng, err := gohost.Load(t.Context(), guest(t, name))
		require.NoError(t, err)
		defer eng.Close(context.Background())
		got := eng.Versions()
		assert.Equal(t, []string{want.Metrics, want.Sums}, []string{got.Metrics, got.Sums}, name)
		assert.Empty(t, got.Missing, name)
	}
	// A later version is refused with what was found and what is known.
	for _, version := range []string{"0.3.0", "0.2.0-rc.1"} {
		assert.Equal(t, "", gohost.VersionsOf([]string{"org:analytics/metrics@" + version}).Metrics, version)
	}
	assert.Equal(t, "0.2.0", gohost.VersionsOf([]string{"org:analytics/metrics@0.2.7"}).Metrics)
}

// A session has the answers of Fold and Finish in every module. A context that ends loses nothing,
// and a session of a module that was loaded holds no instance.
func TestSessionsOfEveryModule(t *testing.T) {
	points := []gohost.Datapoint{{Timestamp: 3, Value: 1.5}, {Timestamp: 1, Value: -2}, {Timestamp: 2, Value: 1e300}}
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	for _, name := range []string{onlyFirst, core, both, onlySecond} {
		for _, opts := range [][]gohost.Option{{gohost.WithMaxInstances(1)}, {gohost.WithMaxInstances(1), gohost.WithInterpreter()}} {
			ctx := t.Context()
			eng, err := gohost.Load(ctx, guest(t, name), append(opts, gohost.WithMaxWaiters(1))...)
			require.NoError(t, err)
			defer eng.Close(context.Background())
			want, err := eng.Fold(ctx, nil, points)
			require.NoError(t, err)
			s, err := eng.OpenSession(ctx)
			require.NoError(t, err)
			half, err := fold(t, s, points[:1])
			require.NoError(t, err)
			require.NoError(t, s.Reset(ctx))
			require.NoError(t, s.Merge(ctx, half))
			require.ErrorIs(t, s.Merge(ctx, half[:5]), gohost.ErrGuest)
			state, err := fold(t, s, points[1:])
			require.NoError(t, err)
			assert.Equal(t, want, state, name)
			require.NoError(t, s.Push(ctx, 4, 4))
			require.ErrorIs(t, s.Reset(canceled), context.Canceled)
			_, err = s.Snapshot(canceled)
			require.ErrorIs(t, err, context.Canceled)
			_, err = s.AppendState(canceled, nil)
			require.ErrorIs(t, err, context.Canceled)
			want, err = eng.Fold(ctx, want, []gohost.Datapoint{{Timestamp: 4, Value: 4}})
			require.NoError(t, err, "the only instance is free")
			statistics, err := s.Snapshot(ctx)
			require.NoError(t, err)
			require.NoError(t, s.Close())
			finished, err := eng.Finish(ctx, want)
			require.NoError(t, err)
			assert.Equal(t, finished, statistics, name)
			require.NoError(t, eng.Close(ctx))
		}
	}
}

// fold adds points to a session, and returns the state.
func fold(t *testing.T, s *gohost.Session, points []gohost.Datapoint) ([]byte, error) {
	t.Helper()
	_, err := s.Fold(t.Context(), points)
	require.NoError(t, err)
	return s.AppendState(t.Context(), nil)
}

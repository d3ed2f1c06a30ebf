package main

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/examples/filter/filter"
	"example.org/compute-pipeline/gohost/sandbox"
	"example.org/compute-pipeline/gohost/wit"
)

var (
	login = filter.Event{Time: 1, Source: "web", Level: filter.LevelInfo, Message: "login", User: wit.Some("ada"), Measurement: filter.MeasurementDuration{Value: 0.25}}
	query = filter.Event{Time: 2, Source: "web", Level: filter.LevelDebug, Message: "query", User: wit.Some("ada"), Measurement: filter.MeasurementText{Value: "select 1"}}
	crash = filter.Event{Time: 3, Source: "web", Level: filter.LevelError, Message: "crash", Measurement: filter.MeasurementText{Value: "stack"}}
	batch = filter.Event{Time: 4, Source: "jobs", Level: filter.LevelWarning, Message: "batch", Measurement: filter.MeasurementSize{Value: 1 << 40}}
)

// without returns an event as the filter in C does.
func without(e filter.Event) filter.Event {
	e.User = wit.None[string]()
	if _, text := e.Measurement.(filter.MeasurementText); text {
		e.Measurement = filter.MeasurementNothing{}
	}
	return e
}

// guestTests are what the guests must do. Each runs with a store of its own.
var guestTests = []struct {
	name, module string
	settings     map[string]string
	in, out      []filter.Event
	refusal      filter.Refusal
	log          string
	counted      map[key]uint64
}{
	{name: "no events", module: "quota.wasm"},
	{
		name: "under the quota", module: "quota.wasm",
		in: []filter.Event{login, query, crash, batch}, out: []filter.Event{login, query, crash, batch},
		counted: map[key]uint64{{"passed", "web"}: 2, {"passed", "jobs"}: 1},
	},
	{
		name: "over the quota", module: "quota.wasm", settings: map[string]string{"quota": "1"},
		in: []filter.Event{login, query, login, crash, batch}, out: []filter.Event{login, crash, batch},
		log: "level=WARN msg=\"2 events are over the quota\"\n", counted: map[key]uint64{{"passed", "web"}: 3, {"passed", "jobs"}: 1},
	},
	{
		name: "no quota", module: "quota.wasm", settings: map[string]string{"quota": "many"},
		in: []filter.Event{login}, refusal: filter.RefusalSetting{Value: "many"},
	},
	{name: "no events", module: "redact.wasm"},
	{
		name: "users and texts", module: "redact.wasm",
		in: []filter.Event{query, login, crash, batch}, out: []filter.Event{without(login), without(crash), batch},
		log: "level=INFO msg=\"users were removed\"\n", counted: map[key]uint64{{"redacted", "users"}: 1},
	},
	{name: "no users", module: "redact.wasm", in: []filter.Event{batch, crash}, out: []filter.Event{batch, without(crash)}},
	{name: "nothing to drop", module: "match.wasm", in: []filter.Event{login, query, crash, batch}, out: []filter.Event{login, query, crash, batch}},
	{
		name: "messages that match", module: "match.wasm", settings: map[string]string{"drop": "^(login|query)$"},
		in: []filter.Event{login, query, crash, batch}, out: []filter.Event{crash, batch},
		log: "level=INFO msg=\"2 events were dropped\"\n", counted: map[key]uint64{{"dropped", "events"}: 2},
	},
	{
		name: "no expression", module: "match.wasm", settings: map[string]string{"drop": "("},
		in: []filter.Event{login}, refusal: filter.RefusalSetting{Value: "("},
	},
}

func TestGuests(t *testing.T) {
	for _, engine := range []struct {
		name    string
		options []sandbox.Option
	}{{"compiler", []sandbox.Option{sandbox.WithCacheDir(t.TempDir())}}, {"interpreter", []sandbox.Option{sandbox.WithInterpreter()}}} {
		for _, test := range guestTests {
			t.Run(engine.name+"/"+test.module+"/"+test.name, func(t *testing.T) {
				plugin, store, log := load(t, test.module, test.settings, engine.options...)
				out, err := plugin.Apply(t.Context(), test.in)
				if test.refusal == nil {
					require.NoError(t, err)
				} else {
					var refusal filter.Refusal
					require.ErrorAs(t, err, &refusal)
					assert.ErrorIs(t, err, sandbox.ErrGuest)
					assert.Equal(t, test.refusal, refusal)
				}
				assert.Equal(t, test.out, append([]filter.Event(nil), out...))
				assert.Equal(t, test.log, log.String())
				assert.Equal(t, len(test.counted), len(store.counts))
				for k, n := range test.counted {
					assert.Equal(t, n, store.counts[k], "%v", k)
				}
			})
		}
	}
}

// A filter passes on why the store refuses.
func TestTheStoreIsFull(t *testing.T) {
	for _, module := range []string{"quota.wasm", "redact.wasm"} {
		plugin, store, _ := load(t, module, nil)
		for i := range maxKeys {
			store.counts[key{"other", strings.Repeat("k", i)}] = 1
		}
		_, err := plugin.Apply(t.Context(), []filter.Event{login})
		var refusal filter.Refusal
		require.ErrorAs(t, err, &refusal, module)
		assert.Equal(t, filter.RefusalStore{Value: filter.StoreErrorFull{Value: maxKeys}}, refusal, module)
	}
}

// load loads a guest with a store and a log of its own. The guest in JavaScript is not
// committed; make example builds all guests anew, and names their directory.
func load(t *testing.T, module string, settings map[string]string, opts ...sandbox.Option) (*filter.Plugin, *store, *bytes.Buffer) {
	t.Helper()
	dir, built := os.LookupEnv("COMPUTE_PIPELINE_GUESTS")
	if module == "match.wasm" && !built {
		t.Skip("make example builds match.wasm")
	}
	wasm, err := os.ReadFile(filepath.Join(dir, module))
	require.NoError(t, err)
	var log bytes.Buffer
	handler := slog.NewTextHandler(&log, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}})
	store := newStore(settings)
	plugin, err := filter.Load(t.Context(), wasm, filter.Imports{Log: logger{slog.New(handler)}, Store: store}, opts...)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, plugin.Close(t.Context())) })
	return plugin, store, &log
}

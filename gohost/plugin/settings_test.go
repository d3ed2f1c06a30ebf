package plugin_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/plugin"
)

func settings(t *testing.T, text string) plugin.Settings {
	t.Helper()
	var s plugin.Settings
	require.NoError(t, json.Unmarshal([]byte(text), &s))
	return s
}

func TestSettingsInFiles(t *testing.T) {
	s := settings(t, fmt.Sprintf(`{"memory_mib": 64, "call_timeout": "2s", "breaker": {"ratio": 0.25}, "grants": ["clock", "files=%s"]}`, t.TempDir()))
	assert.Equal(t, 64, s.Limits.MemoryMiB)
	assert.EqualValues(t, 2e9, s.Limits.CallTimeout)
	assert.InDelta(t, 0.25, s.Limits.Breaker.Ratio, 0)
	require.Len(t, s.Grants, 2)
	assert.True(t, s.Grants[0].Equal(gohost.GrantClock()))

	assert.Nil(t, settings(t, `{"fuel": 7}`).Grants)
	assert.Nil(t, settings(t, `{"grants": null}`).Grants)
	assert.NotNil(t, settings(t, `{"grants": []}`).Grants, "no grants, whatever the default is")

	for text, phrase := range map[string]string{
		`{"memory": 64}`: `unknown field "memory"; the fields are breaker, call_timeout, calls_per_instance, drain_timeout, fuel, grants, heap_mib, ` +
			`max_instances, max_module_bytes, max_result_mib, max_waiters, memory_mib`,
		`{"breaker": {"windows": "1s"}}`:   `unknown field "windows"; the fields are cooldown, failures, lost, off, ratio, window`,
		`{"call_timeout": null}`:           "not null",
		`{"memory_mib": -3}`:               "Limits.MemoryMiB is -3",
		`{"grants": "clock"}`:              "cannot unmarshal string",
		`{"grants": ["time"]}`:             `there is no grant "time"`,
		`{"grants": ["files=data"]}`:       "the directory must be an absolute path",
		`{"grants": ["files=/none/here"]}`: "no such file or directory",
	} {
		s := plugin.Settings{Limits: plugin.Limits{Fuel: 1}}
		err := json.Unmarshal([]byte(text), &s)
		require.ErrorIs(t, err, gohost.ErrInvalidInput, text)
		assert.ErrorContains(t, err, phrase)
		assert.Equal(t, plugin.Settings{Limits: plugin.Limits{Fuel: 1}}, s, "unchanged")
	}
}

func TestGrantsOfAPlugin(t *testing.T) {
	wasm := testModule(t, "wasi")
	all := settings(t, fmt.Sprintf(`{"grants": ["clock", "random=seed:7", "files=%s"]}`, t.TempDir()))
	none := settings(t, `{"grants": []}`)
	reg := newRegistry(t, untested, plugin.WithDefaultGrants(all.Grants...))

	p := load(t, reg, "a", wasm)
	load(t, reg, "a", wasm, all.Options()...)
	assert.Len(t, p.Versions(), 1, "the same grants are the same version")
	assert.Equal(t, "clock", p.Version().Grants[0])
	_, err := reg.Load(ctx, "a", plugin.Bytes(wasm), none.Options()...)
	require.ErrorIs(t, err, gohost.ErrContract)
	_, err = reg.Load(ctx, "b", plugin.Embedded())
	require.NoError(t, err)

	bare := newRegistry(t, untested, plugin.WithoutGrants())
	load(t, bare, "a", echo(t), none.Options()...)
	_, err = bare.Load(ctx, "a", plugin.Bytes(echo(t)), all.Options()...)
	require.ErrorIs(t, err, gohost.ErrInvalidInput)
	assert.ErrorContains(t, err, "this registry gives none")
	_, err = plugin.NewRegistry(gohost.Binding(), plugin.WithoutGrants(), plugin.WithDefaultGrants(gohost.GrantClock()))
	require.ErrorIs(t, err, gohost.ErrInvalidInput)
}

package plugin_test

import (
	"context"
	"encoding/json"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/plugin"
)

func TestLimitsHoldForThePluginTheyAreOf(t *testing.T) {
	reg := newRegistry(t, plugin.WithDefaultLimits(plugin.Limits{MemoryMiB: 8, MaxInstances: 3}))
	a := load(t, reg, "a", engine(t), plugin.WithLimits(plugin.Limits{MemoryMiB: 1}))
	b := load(t, reg, "b", engine(t))
	_, err := a.Binding().ValidateChecksum(ctx, make([]byte, 2<<20), 0)
	require.ErrorIs(t, err, gohost.ErrLimit)
	_, err = b.Binding().ValidateChecksum(ctx, make([]byte, 2<<20), 0)
	require.NoError(t, err)
	assert.Equal(t, 256, a.Version().Limits.MaxResultMiB)
	assert.Equal(t, 1024, a.Version().Limits.HeapMiB)
	assert.Equal(t, 3, a.Version().Limits.MaxInstances, "what is not said comes from the registry")
	assert.Equal(t, 30*time.Second, a.Version().Limits.DrainTimeout, "or from the package")
}

func TestBusyWhenNobodyMayWait(t *testing.T) {
	reg := newRegistry(t, untested)
	p := load(t, reg, "a", echo(t), plugin.WithLimits(plugin.Limits{MaxInstances: 1, MaxWaiters: plugin.NoWaiters, DrainTimeout: time.Millisecond}))
	ended := make(chan error)
	go func() {
		_, err := p.Binding().ProcessBatch(ctx, batch(doLoop))
		ended <- err
	}()
	require.Eventually(t, func() bool { st := p.Stats().Engine; return st.Calls == 1 && st.IdleInstances == 0 }, time.Minute, time.Millisecond)
	_, err := p.Binding().ProcessBatch(ctx, batch(doEcho))
	require.ErrorIs(t, err, gohost.ErrBusy)
	assert.Equal(t, plugin.OutcomeBusy, plugin.OutcomeOf(err))
	require.NoError(t, reg.Unload(ctx, "a"))
	require.ErrorIs(t, <-ended, plugin.ErrDrained)
}

func TestInstancesAreReplaced(t *testing.T) {
	reg := newRegistry(t)
	p := load(t, reg, "a", engine(t), plugin.WithLimits(plugin.Limits{MaxInstances: 1, CallsPerInstance: 1}))
	before := p.Stats().Engine.InstancesStarted
	for range 10 {
		_, err := p.Binding().ComputeAggregate(ctx, values(1))
		require.NoError(t, err)
	}
	assert.GreaterOrEqual(t, p.Stats().Engine.InstancesStarted-before, uint64(9))
}

func TestBadLimits(t *testing.T) {
	for phrase, l := range map[string]plugin.Limits{
		"Limits.MaxInstances is 65537: must be from 0 to 65536": {MaxInstances: 65537},
		"Limits.MemoryMiB is 4097":                              {MemoryMiB: 4097},
		"Limits.CallsPerInstance is -2":                         {CallsPerInstance: -2},
		"Limits.MaxResultMiB is 257: must be from 0 to 256":     {MaxResultMiB: 257},
		"Limits.HeapMiB is -1":                                  {HeapMiB: -1},
		"Limits.MaxWaiters is -2: must be from -1":              {MaxWaiters: -2},
		"Limits.MaxModuleBytes is -1":                           {MaxModuleBytes: -1},
		"Limits.CallTimeout is -2ns":                            {CallTimeout: -2},
		"Limits.DrainTimeout is -2ns":                           {DrainTimeout: -2},
		"Limits.Fuel is -2":                                     {Fuel: -2},
		"Limits.Breaker.Failures is 1001":                       {Breaker: plugin.BreakerLimits{Failures: 1001}},
		"Limits.Breaker.Window is -1ns":                         {Breaker: plugin.BreakerLimits{Window: -1}},
		"Limits.Breaker.Cooldown is -1ns":                       {Breaker: plugin.BreakerLimits{Cooldown: -1}},
		"Limits.Breaker.Ratio is 1.5":                           {Breaker: plugin.BreakerLimits{Ratio: 1.5}},
		"Limits.Breaker.Lost is NaN":                            {Breaker: plugin.BreakerLimits{Lost: math.NaN()}},
	} {
		err := l.Check()
		require.ErrorIs(t, err, gohost.ErrInvalidInput, phrase)
		assert.ErrorContains(t, err, phrase)
	}
	require.NoError(t, plugin.Limits{}.Check())
}

// unlimited is what can do without a bound.
var unlimited = plugin.Limits{
	CallsPerInstance: plugin.Unlimited, CallTimeout: plugin.Unlimited, DrainTimeout: plugin.Unlimited, Fuel: plugin.Unlimited,
}

// A plugin can have no bound where the registry's default is one.
func TestUnlimitedIsNotTheDefault(t *testing.T) {
	reg := newRegistry(t, untested, plugin.WithDefaultLimits(plugin.Limits{
		MaxInstances: 1, CallsPerInstance: 1, CallTimeout: time.Hour, DrainTimeout: time.Hour, Fuel: 1000,
	}))
	bounded, free := load(t, reg, "bounded", echo(t)), load(t, reg, "free", echo(t), plugin.WithLimits(unlimited))
	large := make([]byte, 1<<20)
	_, err := bounded.Binding().ProcessBatch(ctx, large)
	require.ErrorIs(t, err, gohost.ErrLimit)
	before := free.Stats().Engine.InstancesStarted
	for range 3 {
		_, err = free.Binding().ProcessBatch(ctx, large)
		require.NoError(t, err)
	}
	assert.Equal(t, before, free.Stats().Engine.InstancesStarted)
	l := free.Version().Limits
	assert.Equal(t, time.Duration(plugin.Unlimited), l.CallTimeout)
	assert.Greater(t, l.Breaker.Window, 1000*time.Hour, "it follows from the call's timeout")

	// A call of a version that was replaced is stopped after its drain timeout, if
	// there is one.
	timed := load(t, reg, "timed", echo(t), plugin.WithLimits(plugin.Limits{Fuel: plugin.Unlimited, DrainTimeout: 100 * time.Millisecond}))
	caller, cancel := context.WithCancel(ctx)
	ended, stopped := make(chan error, 1), make(chan error, 1)
	go func() {
		_, err := free.Binding().ProcessBatch(caller, batch(doLoop))
		ended <- err
	}()
	go func() {
		_, err := timed.Binding().ProcessBatch(ctx, batch(doLoop))
		stopped <- err
	}()
	begun(t, free, 1)
	begun(t, timed, 1)
	load(t, reg, "free", edition(echo(t), "2"), plugin.WithLimits(unlimited))
	require.NoError(t, reg.Unload(ctx, "timed"))
	require.ErrorIs(t, <-stopped, plugin.ErrDrained)
	require.Empty(t, ended)
	cancel()
	require.ErrorIs(t, <-ended, context.Canceled)
}

func TestLimitsInFiles(t *testing.T) {
	text := `{"max_instances":4,"memory_mib":64,"max_result_mib":16,"heap_mib":128,"calls_per_instance":10000,"max_waiters":-1,"call_timeout":"2s",` +
		`"drain_timeout":"1m30s","fuel":1000000000,"max_module_bytes":1048576,` +
		`"breaker":{"off":true,"failures":5,"ratio":0.25,"lost":0.9,"window":"10s","cooldown":"500ms"}}`
	var l plugin.Limits
	require.NoError(t, json.Unmarshal([]byte(text), &l))
	assert.Equal(t, plugin.Limits{
		MaxInstances: 4, MemoryMiB: 64, MaxResultMiB: 16, HeapMiB: 128, CallsPerInstance: 10000, MaxWaiters: plugin.NoWaiters,
		CallTimeout: 2 * time.Second, DrainTimeout: 90 * time.Second, Fuel: 1e9, MaxModuleBytes: 1 << 20,
		Breaker: plugin.BreakerLimits{Off: true, Failures: 5, Ratio: 0.25, Lost: 0.9, Window: 10 * time.Second, Cooldown: 500 * time.Millisecond},
	}, l)
	again, err := json.Marshal(l)
	require.NoError(t, err)
	assert.JSONEq(t, text, string(again))
	for _, l := range []plugin.Limits{{}, {DrainTimeout: time.Minute}, {Breaker: plugin.BreakerLimits{Failures: 9}}, unlimited} {
		text, err := json.Marshal(l)
		require.NoError(t, err)
		var back plugin.Limits
		require.NoError(t, json.Unmarshal(text, &back), "%s", text)
		assert.Equal(t, l, back)
	}
	var free plugin.Limits
	require.NoError(t, json.Unmarshal([]byte(`{"calls_per_instance": -1, "call_timeout": -1, "drain_timeout": -1, "fuel": -1}`), &free))
	assert.Equal(t, unlimited, free)
	for text, phrase := range map[string]string{
		`{"memory": 64}`:                               `unknown field "memory"`,
		`{"memory_mib": -3}`:                           "Limits.MemoryMiB is -3",
		`{"call_timeout": 5}`:                          `a duration is a string such as "1.5s", not 5`,
		`{"call_timeout": null, "call_timeout": "5s"}`: `a duration is a string such as "1.5s", not null`,
		`{"breaker": {"window": null}}`:                `a duration is a string such as "1.5s", not null`,
		`{"call_timeout": "soon"}`:                     "invalid duration",
		`{"breaker": {"window": "-1s"}}`:               "Limits.Breaker.Window is -1s",
		`{"breaker": {"windows": "1s"}}`:               `unknown field "windows"`,
		`{"breaker": {"cooldown": -1}}`:                "Limits.Breaker.Cooldown is -1ns",
		`[]`:                                           "cannot unmarshal array",
	} {
		l := plugin.Limits{Fuel: 1}
		err := json.Unmarshal([]byte(text), &l)
		require.ErrorIs(t, err, gohost.ErrInvalidInput, text)
		assert.ErrorContains(t, err, phrase)
		assert.Equal(t, plugin.Limits{Fuel: 1}, l, "unchanged")
	}
}

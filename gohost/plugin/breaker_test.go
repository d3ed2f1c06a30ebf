package plugin_test

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/plugin"
)

// clock is turned by the test.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func TestAPluginThatKeepsTrappingIsCutOff(t *testing.T) {
	var c clock
	var events []plugin.BreakerEvent
	reg := newRegistry(t, untested, plugin.WithClock(c.Now),
		plugin.WithDefaultLimits(plugin.Limits{Breaker: plugin.BreakerLimits{Failures: 3}}),
		plugin.WithHooks(plugin.Hooks{OnBreaker: func(e plugin.BreakerEvent) { events = append(events, e) }}))
	p := load(t, reg, "a", echo(t))
	other := load(t, reg, "b", echo(t))
	for range 3 {
		_, err := p.Binding().ProcessBatch(ctx, batch(doTrap))
		require.ErrorIs(t, err, gohost.ErrTrap)
	}
	_, err := p.Binding().ProcessBatch(ctx, batch(doEcho))
	require.ErrorIs(t, err, plugin.ErrOpen)
	assert.NotErrorIs(t, err, gohost.ErrTrap)
	assert.Equal(t, plugin.OutcomeOpen, plugin.OutcomeOf(err))
	assert.EqualValues(t, 3, p.Stats().Engine.Calls, "nothing ran")
	assert.EqualValues(t, 3, p.Stats().Failures())
	st := mustStatus(t, reg, "a")
	assert.Equal(t, plugin.BreakerOpen, st.Breaker.State)
	assert.ErrorIs(t, st.Breaker.Last, gohost.ErrTrap)
	_, err = other.Binding().ProcessBatch(ctx, batch(doEcho))
	require.NoError(t, err, "other plugins go on")

	c.pass(5 * time.Second)
	assert.Equal(t, plugin.BreakerHalfOpen, mustStatus(t, reg, "a").Breaker.State)
	_, err = p.Binding().ProcessBatch(ctx, batch(doEcho))
	require.NoError(t, err)
	assert.Equal(t, plugin.BreakerClosed, mustStatus(t, reg, "a").Breaker.State)
	states := func() (to []plugin.BreakerState) {
		for _, e := range events {
			to = append(to, e.To)
		}
		events = nil
		return to
	}
	assert.ErrorIs(t, events[0].Err, gohost.ErrTrap)
	assert.Equal(t, []plugin.BreakerState{plugin.BreakerOpen, plugin.BreakerHalfOpen, plugin.BreakerClosed}, states())

	for range 3 {
		_, err := p.Binding().ProcessBatch(ctx, batch(doTrap))
		require.ErrorIs(t, err, gohost.ErrTrap)
	}
	p.Reset()
	_, err = p.Binding().ProcessBatch(ctx, batch(doEcho))
	require.NoError(t, err)
	assert.Equal(t, []plugin.BreakerState{plugin.BreakerOpen, plugin.BreakerClosed}, states())

	for range 3 {
		_, err := p.Binding().ProcessBatch(ctx, batch(doTrap))
		require.ErrorIs(t, err, gohost.ErrTrap)
	}
	load(t, reg, "a", edition(echo(t), "mended"))
	_, err = p.Binding().ProcessBatch(ctx, batch(doEcho))
	require.NoError(t, err, "a new version starts afresh")
}

// What a version does not have is not a failure of it.
func TestAMissingSummaryDoesNotOpenTheBreaker(t *testing.T) {
	reg := newRegistry(t, untested, plugin.WithDefaultLimits(plugin.Limits{Breaker: plugin.BreakerLimits{Failures: 1}}))
	p := load(t, reg, "a", echo(t))
	assert.False(t, p.Binding().HasSummary())
	_, err := p.Binding().Fold(ctx, nil, nil)
	require.ErrorIs(t, err, gohost.ErrContract)
	_, err = p.Binding().Merge(ctx, nil, nil)
	require.ErrorIs(t, err, gohost.ErrContract)
	_, err = p.Binding().Finish(ctx, nil)
	require.ErrorIs(t, err, gohost.ErrContract)
	_, err = p.Binding().ProcessBatch(ctx, make([]byte, 5))
	require.ErrorIs(t, err, gohost.ErrInvalidInput)
	assert.Equal(t, plugin.BreakerClosed, mustStatus(t, reg, "a").Breaker.State)
	_, err = p.Binding().ComputeAggregate(ctx, []gohost.Datapoint{{Timestamp: 2<<32 | 1024}}) // two numbers
	require.ErrorIs(t, err, gohost.ErrContract)
	assert.Equal(t, plugin.BreakerOpen, mustStatus(t, reg, "a").Breaker.State)
}

// The breaker gets to know how long a call had its instance. Of the number of
// failures it must not open here.
func TestCallsThatHangOpenTheBreakerByTheirTime(t *testing.T) {
	const timeout = 100 * time.Millisecond
	c := clock{now: time.Unix(1_000_000, 0)}
	reg := newRegistry(t, untested, plugin.WithClock(c.Now), plugin.WithDefaultLimits(plugin.Limits{
		MaxInstances: 1, CallTimeout: timeout, Breaker: plugin.BreakerLimits{Failures: 1000},
	}))
	p := load(t, reg, "a", echo(t))
	for range 3 {
		c.pass(timeout)
		_, err := p.Binding().ProcessBatch(ctx, batch(doLoop))
		require.ErrorIs(t, err, gohost.ErrLimit)
	}
	_, err := p.Binding().ProcessBatch(ctx, batch(doEcho))
	require.ErrorIs(t, err, plugin.ErrOpen)
	var open *plugin.OpenError
	require.ErrorAs(t, err, &open)
	assert.Equal(t, 3, open.Failures)
	assert.Equal(t, 3*timeout, open.Window)
	assert.Equal(t, 1.0, open.Lost)
	assert.Equal(t, 1.0, mustStatus(t, reg, "a").Breaker.Lost)
}

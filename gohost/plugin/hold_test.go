package plugin_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/plugin"
)

// versionOfCalls returns an option that notes on which version the last call ran.
func versionOfCalls() (func() string, plugin.Option) {
	var mu sync.Mutex
	var last string
	return func() string {
			mu.Lock()
			defer mu.Unlock()
			return last
		}, plugin.WithHooks(plugin.Hooks{OnCall: func(_ context.Context, e plugin.CallEvent) {
			mu.Lock()
			defer mu.Unlock()
			last = e.Version
		}})
}

func stateOf(reg *plugin.Registry[gohost.Functions], name, hash string) plugin.VersionState {
	st, err := reg.Status(name)
	if err != nil {
		return plugin.VersionGone
	}
	for _, v := range st.Versions {
		if v.Hash == hash {
			return v.State
		}
	}
	return plugin.VersionGone
}

func TestCallsOfAHeldVersionStayOnIt(t *testing.T) {
	last, hooks := versionOfCalls()
	reg := newRegistry(t, hooks)
	first := engine(t)
	second := edition(first, "second")
	p := load(t, reg, "a", first)
	held, release, err := p.Hold("")
	require.NoError(t, err)
	load(t, reg, "a", second)
	for range 3 {
		_, err = held.ComputeAggregate(ctx, values(1))
		require.NoError(t, err)
		assert.Equal(t, hashOf(first), last())
	}
	assert.Equal(t, plugin.VersionDraining, stateOf(reg, "a", hashOf(first)))
	release()
	release() // is for a defer too
	require.Eventually(t, func() bool { return stateOf(reg, "a", hashOf(first)) == plugin.VersionStandby }, time.Minute, time.Millisecond)

	// A version that is not active answers beside the one that is.
	held, release, err = p.Hold(hashOf(first))
	require.NoError(t, err)
	_, err = held.ComputeAggregate(ctx, values(1))
	require.NoError(t, err)
	assert.Equal(t, hashOf(first), last())
	_, err = p.Binding().ComputeAggregate(ctx, values(1))
	require.NoError(t, err)
	assert.Equal(t, hashOf(second), last())

	// It may become active, and may be removed.
	_, err = reg.Activate(ctx, "a", hashOf(first))
	require.NoError(t, err)
	require.NoError(t, reg.Unload(ctx, "a"))
	_, err = held.ComputeAggregate(ctx, values(1))
	require.NoError(t, err)
	release()

	_, _, err = p.Hold("")
	require.ErrorIs(t, err, plugin.ErrNotFound)
	_, _, err = p.Hold(hashOf(first))
	require.ErrorIs(t, err, plugin.ErrNotFound)
	p = load(t, reg, "a", second)
	_, _, err = p.Hold("ab")
	require.ErrorIs(t, err, plugin.ErrNotFound)
}

// The breaker of the active version guards calls on it, held or not; a candidate that fails
// does not open it.
func TestBreakersOfHeldVersions(t *testing.T) {
	first := echo(t)
	second := edition(first, "second")
	reg := newRegistry(t, untested, plugin.WithDefaultLimits(plugin.Limits{Breaker: plugin.BreakerLimits{Failures: 2}}))
	load(t, reg, "a", second)
	p := load(t, reg, "a", first)
	candidate, release, err := p.Hold(hashOf(second))
	require.NoError(t, err)
	defer release()
	for range 9 {
		_, err = candidate.ProcessBatch(ctx, batch(doTrap))
		require.ErrorIs(t, err, gohost.ErrTrap)
	}
	active, release, err := p.Hold("")
	require.NoError(t, err)
	defer release()
	for range 2 {
		_, err = active.ProcessBatch(ctx, batch(doTrap))
		require.ErrorIs(t, err, gohost.ErrTrap)
	}
	_, err = active.ProcessBatch(ctx, batch(doEcho))
	require.ErrorIs(t, err, plugin.ErrOpen)
	_, err = p.Binding().ProcessBatch(ctx, batch(doEcho))
	require.ErrorIs(t, err, plugin.ErrOpen)
	_, err = candidate.ProcessBatch(ctx, batch(doEcho))
	require.NoError(t, err)
}

// Close waits for what is held, at most as long as its context says.
func TestCloseWaitsForRelease(t *testing.T) {
	reg := newRegistry(t)
	first := engine(t)
	load(t, reg, "a", edition(first, "second"))
	p := load(t, reg, "a", first)
	held, release, err := p.Hold(hashOf(edition(first, "second")))
	require.NoError(t, err)
	limited, cancel := context.WithTimeout(ctx, 10*time.Millisecond)
	defer cancel()
	require.ErrorIs(t, reg.Close(limited), context.DeadlineExceeded)
	_, err = held.ComputeAggregate(ctx, values(1))
	require.Error(t, err, "it is stopped")
	release()
	require.NoError(t, reg.Close(ctx))
	_, _, err = p.Hold("")
	require.ErrorIs(t, err, gohost.ErrClosed)
}

// What is tried under load is still there to be activated, however many versions come meanwhile.
func TestHistoryKeepsHeldVersions(t *testing.T) {
	var mu sync.Mutex
	var kept []string
	var idle []plugin.IdleEvent
	reg := newRegistry(t, plugin.WithHistory(1), plugin.WithCommit(func(_ context.Context, c plugin.Change) error {
		kept = c.Kept
		return nil
	}), plugin.WithHooks(plugin.Hooks{OnIdle: func(e plugin.IdleEvent) {
		mu.Lock()
		defer mu.Unlock()
		idle = append(idle, e)
	}}))
	first := engine(t)
	candidate := hashOf(edition(first, "candidate"))
	p := load(t, reg, "a", first)
	standby := func(name string) {
		_, err := reg.Load(ctx, "a", plugin.Bytes(edition(first, name)), plugin.WithStandby())
		require.NoError(t, err)
	}
	standby("candidate")
	held, release, err := p.Hold(candidate)
	require.NoError(t, err)
	_, again, err := p.Hold(candidate)
	require.NoError(t, err)
	for _, name := range []string{"2", "3"} {
		standby(name)
	}
	assert.Equal(t, []string{hashOf(edition(first, "3")), candidate, hashOf(first)}, kept, "besides one of the history")
	again()
	load(t, reg, "a", edition(first, "4"))
	assert.Contains(t, kept, candidate, "it has another holder")
	_, err = held.ComputeAggregate(ctx, values(1))
	require.NoError(t, err)
	release()
	require.Eventually(t, func() bool {
		mu.Lock()
		defer mu.Unlock()
		for _, e := range idle {
			if e.Version == candidate {
				return assert.Equal(t, plugin.IdleEvent{Plugin: "a", Version: candidate}, e)
			}
		}
		return false
	}, time.Minute, time.Millisecond, "the program learns that nobody calls it any more")
	_, err = reg.Activate(ctx, "a", candidate)
	require.NoError(t, err)
	assert.Len(t, kept, 2)
	load(t, reg, "a", edition(first, "5"))
	load(t, reg, "a", edition(first, "6"))
	assert.NotContains(t, kept, candidate)
}

package plugin_test

import (
	"bytes"
	"context"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/plugin"
)

// The contract gives the same bits for every version, so a wrong result during swaps would
// be a mix of two versions.
func TestSwapsUnderLoadLoseNothing(t *testing.T) {
	const callers, swaps = 8, 100
	first := engine(t)
	second := edition(first, "second")
	limits := plugin.Limits{MaxInstances: callers, MaxWaiters: callers}
	activations := 0
	reg := newRegistry(t, plugin.WithDefaultLimits(limits), plugin.WithHistory(8),
		plugin.WithHooks(plugin.Hooks{OnActivate: func(plugin.ActivateEvent) { activations++ }}))
	p := load(t, reg, "stats", second)
	load(t, reg, "stats", first)

	points := values(1e100, 3, -1e100, 0.1, 7)
	want, err := p.Binding().ComputeAggregate(ctx, points)
	require.NoError(t, err)
	batch := append(batch(1), batch(0)...)
	sorted := append(batch[16:], batch[:16]...)
	var calls, failed, wrong atomic.Uint64
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for i := range callers {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				runtime.Gosched() // so that the swaps get their turn on a machine of few cores
				calls.Add(1)
				if i%2 == 0 {
					got, err := p.Binding().ComputeAggregate(ctx, points)
					count(&failed, err != nil)
					count(&wrong, got != want)
				} else {
					got, err := p.Binding().ProcessBatch(ctx, batch)
					count(&failed, err != nil)
					count(&wrong, !bytes.Equal(got, sorted))
				}
			}
		})
	}
	for i := range swaps {
		switch {
		case i%20 == 0: // other limits make it another version, which is compiled
			limits.CallsPerInstance = 100 + i
			load(t, reg, "stats", [][]byte{first, second}[i/20%2], plugin.WithLimits(limits))
		case i%2 == 1 && p.Version().Hash == hashOf(first):
			_, err := reg.Activate(ctx, "stats", hashOf(second))
			require.NoError(t, err)
		case i%2 == 1:
			_, err := reg.Activate(ctx, "stats", hashOf(first))
			require.NoError(t, err)
		default:
			_, err := reg.Rollback(ctx, "stats")
			require.NoError(t, err)
		}
		time.Sleep(time.Millisecond)
	}
	close(stop)
	wg.Wait()
	assert.Zero(t, failed.Load(), "failed calls")
	assert.Zero(t, wrong.Load(), "wrong answers")
	assert.Greater(t, calls.Load(), uint64(swaps))
	assert.Equal(t, calls.Load()+1, p.Stats().Calls)
	assert.GreaterOrEqual(t, activations, swaps)
	t.Logf("%d calls under %d swaps", calls.Load(), swaps)
}

func count(n *atomic.Uint64, yes bool) {
	if yes {
		n.Add(1)
	}
}

func TestCallsThatRunStayOnTheirVersion(t *testing.T) {
	reg := newRegistry(t, untested)
	p := load(t, reg, "a", echo(t))
	inner, cancel := context.WithCancel(ctx)
	ended := make(chan error)
	go func() {
		_, err := p.Binding().ProcessBatch(inner, batch(doLoop))
		ended <- err
	}()
	begun(t, p, 1)
	load(t, reg, "a", edition(echo(t), "second"))

	versions := p.Versions()
	require.Len(t, versions, 2)
	assert.Equal(t, plugin.VersionActive, versions[0].State)
	assert.Equal(t, plugin.VersionDraining, versions[1].State)
	assert.Equal(t, 1, versions[1].Stats.Running)
	_, err := p.Binding().ProcessBatch(ctx, batch(doEcho))
	require.NoError(t, err, "new calls go to the new version")
	assert.EqualValues(t, 1, p.Version().Stats.Calls)

	cancel()
	require.ErrorIs(t, <-ended, context.Canceled, "the caller's own end")
	require.Eventually(t, func() bool { return p.Versions()[1].State == plugin.VersionStandby }, time.Minute, time.Millisecond)
}

func TestWhatIsOnlyKeptHasNoInstances(t *testing.T) {
	reg := newRegistry(t)
	p := load(t, reg, "a", engine(t))
	assert.Equal(t, 1, p.Stats().Engine.Instances)
	load(t, reg, "a", edition(engine(t), "second"))
	require.Eventually(t, func() bool { return p.Versions()[1].Stats.Engine.Instances == 0 }, time.Minute, time.Millisecond)
	_, err := reg.Rollback(ctx, "a")
	require.NoError(t, err)
	serves(t, reg, "a", engine(t))
}

func TestDrainDeadlineStopsWhatIsLeft(t *testing.T) {
	for name, callCtx := range map[string]func() (context.Context, context.CancelFunc){
		"without a deadline": func() (context.Context, context.CancelFunc) { return ctx, func() {} },
		"with a deadline":    func() (context.Context, context.CancelFunc) { return context.WithTimeout(ctx, time.Hour) },
	} {
		t.Run(name, func(t *testing.T) {
			reg := newRegistry(t, untested, plugin.WithHistory(0),
				plugin.WithDefaultLimits(plugin.Limits{MaxInstances: 1, DrainTimeout: 20 * time.Millisecond, CallTimeout: time.Hour}))
			p := load(t, reg, "a", echo(t))
			inner, cancel := callCtx()
			defer cancel()
			ended := make(chan error)
			for range 2 { // one runs, and one waits for the instance
				go func() {
					_, err := p.Binding().ProcessBatch(inner, batch(doLoop))
					ended <- err
				}()
			}
			begun(t, p, 2)
			load(t, reg, "a", edition(echo(t), "second"))
			for range 2 {
				err := <-ended
				require.ErrorIs(t, err, plugin.ErrDrained)
				assert.NotErrorIs(t, err, context.Canceled, "the caller's context did not end")
				assert.Equal(t, plugin.OutcomeDrained, plugin.OutcomeOf(err))
			}
			_, err := p.Binding().ProcessBatch(ctx, batch(doEcho))
			require.NoError(t, err)
			assert.Equal(t, plugin.BreakerClosed, mustStatus(t, reg, "a").Breaker.State)
			assert.EqualValues(t, 2, p.Stats().Outcomes[plugin.OutcomeDrained])
		})
	}
}

func mustStatus(t testing.TB, reg *plugin.Registry[gohost.Functions], name string) plugin.Status {
	t.Helper()
	st, err := reg.Status(name)
	require.NoError(t, err)
	return st
}

func TestRollbackIsOneCall(t *testing.T) {
	reg := newRegistry(t)
	first, second, third := engine(t), edition(engine(t), "second"), edition(engine(t), "third")
	load(t, reg, "a", first)
	_, err := reg.Rollback(ctx, "a")
	require.ErrorIs(t, err, plugin.ErrNotFound, "nothing to go back to")
	serves(t, reg, "a", first)

	load(t, reg, "a", second)
	load(t, reg, "a", third)
	assert.Equal(t, hashOf(second), mustStatus(t, reg, "a").RollbackTo)
	v, err := reg.Rollback(ctx, "a")
	require.NoError(t, err)
	assert.Equal(t, plugin.VersionActive, v.State)
	serves(t, reg, "a", second)
	_, err = reg.Rollback(ctx, "a")
	require.NoError(t, err)
	serves(t, reg, "a", first)
	_, err = reg.Rollback(ctx, "a")
	require.ErrorIs(t, err, plugin.ErrNotFound)
	serves(t, reg, "a", first)

	_, err = reg.Activate(ctx, "a", hashOf(third))
	require.NoError(t, err, "what was rolled back from is kept")
	serves(t, reg, "a", third)
	_, err = reg.Activate(ctx, "a", hashOf(third))
	require.NoError(t, err, "once more changes nothing")
	_, err = reg.Activate(ctx, "a", hashOf(echo(t)))
	require.ErrorIs(t, err, plugin.ErrNotFound)
	_, err = reg.Rollback(ctx, "a")
	require.NoError(t, err)
	serves(t, reg, "a", first)
	_, err = reg.Rollback(ctx, "b")
	require.ErrorIs(t, err, plugin.ErrNotFound)
}

func TestHistoryIsBounded(t *testing.T) {
	reg := newRegistry(t, plugin.WithHistory(1))
	first, second, third := engine(t), edition(engine(t), "second"), edition(engine(t), "third")
	load(t, reg, "a", first)
	load(t, reg, "a", second)
	p := load(t, reg, "a", third)
	require.Len(t, p.Versions(), 2)
	assert.Equal(t, []int{3, 2}, []int{p.Versions()[0].Number, p.Versions()[1].Number})
	_, err := reg.Activate(ctx, "a", hashOf(first))
	require.ErrorIs(t, err, plugin.ErrNotFound)
	_, err = reg.Rollback(ctx, "a")
	require.NoError(t, err)
	serves(t, reg, "a", second)
}

func TestStandbyIsCheckedAndWaits(t *testing.T) {
	reg := newRegistry(t)
	first, second := engine(t), edition(engine(t), "second")
	load(t, reg, "a", first)
	v, err := reg.Load(ctx, "a", plugin.Bytes(second), plugin.WithStandby())
	require.NoError(t, err)
	assert.Equal(t, plugin.VersionStandby, v.State)
	assert.True(t, v.ActivatedAt.IsZero())
	serves(t, reg, "a", first)
	_, err = reg.Load(ctx, "a", plugin.Bytes(testModule(t, "no_realloc")), plugin.WithStandby())
	require.ErrorIs(t, err, gohost.ErrContract)
	_, err = reg.Activate(ctx, "a", hashOf(second))
	require.NoError(t, err)
	serves(t, reg, "a", second)

	v, err = reg.Load(ctx, "b", plugin.Bytes(first), plugin.WithStandby())
	require.NoError(t, err)
	p, err := reg.Plugin("b")
	require.NoError(t, err)
	_, err = p.Binding().ComputeAggregate(ctx, nil)
	require.ErrorIs(t, err, plugin.ErrNotFound, "no version is active yet")
	_, err = reg.Activate(ctx, "b", v.Hash)
	require.NoError(t, err)
	serves(t, reg, "b", first)
}

func TestTheSameAgainChangesNothing(t *testing.T) {
	var loads []plugin.LoadEvent
	var activations int
	reg := newRegistry(t, plugin.WithHooks(plugin.Hooks{
		OnLoad:     func(e plugin.LoadEvent) { loads = append(loads, e) },
		OnActivate: func(plugin.ActivateEvent) { activations++ },
	}))
	p := load(t, reg, "a", engine(t))
	load(t, reg, "a", engine(t))
	require.Len(t, p.Versions(), 1)
	require.Len(t, loads, 2)
	assert.False(t, loads[0].Unchanged)
	assert.True(t, loads[1].Unchanged)
	assert.Equal(t, 1, activations)

	load(t, reg, "a", engine(t), plugin.WithLimits(plugin.Limits{MaxInstances: 7}))
	assert.Equal(t, 2, p.Version().Number, "other limits are another version")
	assert.Equal(t, 7, p.Version().Stats.Engine.MaxInstances)
	load(t, reg, "a", engine(t), plugin.WithGrants(gohost.GrantClock()))
	assert.Equal(t, 3, p.Version().Number, "and so are other grants")
	load(t, reg, "a", engine(t))
	assert.Equal(t, 1, p.Version().Number, "one that was kept is activated again")
	assert.Equal(t, 4, activations)
}

package gohost_test

import (
	"context"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/internal/compiler/compilertest"
)

// engines are the two that wazero has; both must count the same.
var engines = map[string][]gohost.Option{"compiler": nil, "interpreter": {gohost.WithInterpreter()}}

func TestABudgetStopsALoop(t *testing.T) {
	for name, opts := range engines {
		eng := load(t, "echo", append(opts, gohost.WithMaxInstances(1), gohost.WithFuel(1_000_000))...)
		_, err := eng.ProcessBatch(ctx, batch(2))
		require.ErrorIs(t, err, gohost.ErrLimit, name)
		require.NotErrorIs(t, err, gohost.ErrTrap, name)
		assert.ErrorContains(t, err, "process-batch of module ")
		assert.ErrorContains(t, err, "fuel budget spent: of 1000000 units")
		stats := eng.Stats()
		assert.Equal(t, uint64(1), stats.LimitHits, name)
		assert.Equal(t, uint64(1), stats.InstancesDiscarded, name)
		assert.Greater(t, stats.FuelUsed, uint64(900_000), name)
		_, err = eng.ProcessBatch(ctx, batch(0))
		require.NoError(t, err, name)
	}
}

func TestATimeLimitStopsALoop(t *testing.T) {
	for name, opts := range engines {
		eng := load(t, "echo", append(opts, gohost.WithMaxInstances(1), gohost.WithCallTimeout(time.Second))...)
		_, err := eng.ProcessBatch(ctx, batch(2))
		require.ErrorIs(t, err, gohost.ErrLimit, name)
		assert.ErrorContains(t, err, "time limit passed: 1s")
		assert.EqualValues(t, 1, eng.Stats().InstancesDiscarded)

		// The caller's own end is the caller's own error.
		_, err = eng.ProcessBatch(lateTimer{ctx}, batch(2))
		require.ErrorIs(t, err, context.DeadlineExceeded, name)
		require.NotErrorIs(t, err, gohost.ErrLimit, name)
	}
}

func TestStartHasABudgetToo(t *testing.T) {
	for _, name := range []string{"start_loops", "initialize_loops"} {
		for engine, opts := range engines {
			_, err := gohost.Load(ctx, module(t, name), append(opts, gohost.WithFuel(1_000_000))...)
			require.ErrorIs(t, err, gohost.ErrLimit, name, engine)
			require.NotErrorIs(t, err, gohost.ErrContract, name, engine)
			_, err = gohost.Load(ctx, module(t, name), append(opts, gohost.WithCallTimeout(time.Millisecond))...)
			require.ErrorIs(t, err, gohost.ErrLimit, name, engine)
		}
	}
}

// fuelOf runs calls in instances of their own, and returns what each used.
func fuelOf(t *testing.T, opts ...gohost.Option) (used []uint64) {
	t.Helper()
	observer := gohost.WithObserver(func(_ context.Context, call gohost.CallInfo) { used = append(used, call.Fuel) })
	eng := newEngine(t, append(opts, observer, gohost.WithCallsPerInstance(1))...)
	raw, points := seattle(t)
	for _, call := range []func() error{
		func() error { _, err := eng.ComputeAggregate(ctx, points[:1]); return err },
		func() error { _, err := eng.ComputeAggregate(ctx, points); return err },
		func() error { _, err := eng.ValidateStream(ctx, raw); return err },
		func() error { _, err := eng.ProcessBatch(ctx, make([]byte, 4800)); return err },
		func() error { _, err := eng.ValidateChecksum(ctx, raw, 0); return err },
		func() error { _, err := eng.Fold(ctx, nil, points); return err },
		func() error { _, err := eng.Finish(ctx, nil); return err },
	} {
		require.NoError(t, call())
	}
	var sum uint64
	for _, n := range used {
		sum += n
	}
	assert.Equal(t, sum, eng.Stats().FuelUsed)
	return used
}

func TestFuelIsTheSameEverywhere(t *testing.T) {
	compiled := fuelOf(t)
	assert.Equal(t, compiled, fuelOf(t), "a second time")
	assert.Equal(t, compiled, fuelOf(t, gohost.WithInterpreter()))
	for i, n := range compiled {
		assert.NotZero(t, n, "call %d", i)
	}
}

func TestABudgetIsExact(t *testing.T) {
	_, points := seattle(t)
	var used uint64
	observer := gohost.WithObserver(func(_ context.Context, call gohost.CallInfo) { used = call.Fuel })
	aggregate := func(opts ...gohost.Option) error {
		eng := newEngine(t, append(opts, observer)...)
		_, err := eng.ComputeAggregate(ctx, points)
		return err
	}
	require.NoError(t, aggregate())
	need := used
	require.NoError(t, aggregate(gohost.WithFuel(need)))
	assert.Equal(t, need, used)
	require.ErrorIs(t, aggregate(gohost.WithFuel(need-1)), gohost.ErrLimit)
	assert.LessOrEqual(t, used, need)
}

// The embedded engine is stopped inside of one call of the guest too.
func TestTheEmbeddedEngineObeysItsContext(t *testing.T) {
	eng := newEngine(t, gohost.WithMaxInstances(1))
	big := make([]byte, 64<<20)
	ended := &endsAfter{Context: ctx, looks: 3}
	_, err := eng.ValidateChecksum(ended, big, 0)
	require.ErrorIs(t, err, context.Canceled)
	assert.Equal(t, uint64(1), eng.Stats().InstancesDiscarded)
	_, err = eng.ValidateChecksum(ctx, big, 0)
	require.NoError(t, err)
}

// endsAfter is a context that ends once it was looked at so many times.
type endsAfter struct {
	context.Context
	mu    sync.Mutex
	looks int
}

func (e *endsAfter) Err() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.looks--; e.looks < 0 {
		return context.Canceled
	}
	return nil
}

// lateTimer is a context whose deadline has passed and whose timer has not fired,
// as on a busy machine: a call begins, and ends when the clock is looked at.
type lateTimer struct{ context.Context }

func (lateTimer) Deadline() (time.Time, bool) { return time.Now().Add(-time.Millisecond), true }

// asCollector makes the test binary the process that is watched below.
const asCollector = "GOHOST_TEST_AS_COLLECTOR"

// A garbage collection stops the world, which a guest that never came back into
// Go would hold up for ever, and with it each timer of its process: so it is another
// process, which is killed when it hangs.
func TestGarbageIsCollectedWhileAGuestLoops(t *testing.T) {
	if os.Getenv(asCollector) == "" {
		compilertest.NeedProcesses(t)
		limited, cancel := context.WithTimeout(ctx, 3*time.Minute)
		defer cancel()
		collector := exec.CommandContext(limited, os.Args[0], "-test.run=^"+t.Name()+"$")
		collector.Env = append(os.Environ(), asCollector+"=1")
		out, err := collector.CombinedOutput()
		require.NoError(t, err, "%s", out)
		return
	}
	eng := load(t, "echo", gohost.WithMaxInstances(2))
	free := occupy(t, eng, 2)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range 3 {
		runtime.GC()
	}
	runtime.ReadMemStats(&after)
	assert.GreaterOrEqual(t, after.NumGC, before.NumGC+3)
	s := eng.Stats()
	assert.Equal(t, 2, s.Instances)
	assert.Zero(t, s.IdleInstances+int(s.InstancesDiscarded), "both still loop")
	free()
}

// The budget is looked at once more after the last instruction, when the new state is
// there already.
func TestACallOverBudgetLeavesTheState(t *testing.T) {
	points := make([]gohost.Datapoint, 100)
	fold := func(opts ...gohost.Option) (before, after []byte, used uint64, err error) {
		eng := newEngine(t, append(opts, gohost.WithCallsPerInstance(1))...)
		start := eng.Stats().FuelUsed
		state := append(make([]byte, 0, 256), 1)
		whole := state[:cap(state)]
		before = append([]byte(nil), whole...)
		_, err = eng.AppendFold(ctx, state[:1], nil, points)
		return before, whole, eng.Stats().FuelUsed - start, err
	}
	before, after, used, err := fold()
	require.NoError(t, err)
	require.NotEqual(t, before, after)
	for less := uint64(1); less < used; less *= 2 {
		before, after, _, err := fold(gohost.WithFuel(used - less))
		require.ErrorIs(t, err, gohost.ErrLimit, less)
		require.Equal(t, before, after, less)
	}
}

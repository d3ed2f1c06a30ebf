package gohost_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
)

func TestCallsBeyondTheWaitersAreShed(t *testing.T) {
	eng := load(t, "echo", gohost.WithMaxInstances(2), gohost.WithMaxWaiters(1))
	free := occupy(t, eng, 2)
	waiting := make(chan error)
	go func() { // ends with free
		_, err := eng.ProcessBatch(ctx, batch(0))
		waiting <- err
	}()
	require.Eventually(t, func() bool { return eng.Stats().Waits == 1 }, time.Minute, time.Millisecond)

	_, err := eng.ProcessBatch(ctx, batch(0))
	require.ErrorIs(t, err, gohost.ErrBusy)
	assert.ErrorContains(t, err, "process-batch of module ")
	assert.ErrorContains(t, err, "2 instances run, and WithMaxWaiters(1) allows no more to wait")
	assert.Equal(t, uint64(1), eng.Stats().Busy)

	free()
	require.NoError(t, <-waiting, "the one that waited is served")
	_, err = eng.ProcessBatch(ctx, batch(0))
	require.NoError(t, err)
}

func TestNobodyWaitsWhereThatIsNotAllowed(t *testing.T) {
	eng := load(t, "echo", gohost.WithMaxInstances(1), gohost.WithMaxWaiters(0))
	defer occupy(t, eng, 1)()
	_, err := eng.ProcessBatch(ctx, batch(0))
	require.ErrorIs(t, err, gohost.ErrBusy)
}

func TestInstancesAreReplacedAfterTheirCalls(t *testing.T) {
	eng := load(t, "echo", gohost.WithMaxInstances(1), gohost.WithCallsPerInstance(3))
	for range 10 {
		_, err := eng.ProcessBatch(ctx, batch(0))
		require.NoError(t, err)
	}
	stats := eng.Stats()
	assert.Equal(t, uint64(4), stats.InstancesStarted)
	assert.Equal(t, 1, stats.Instances)
	assert.Zero(t, stats.InstancesDiscarded, "none of them failed")
}

func TestObserverIsToldOfEachCall(t *testing.T) {
	type key struct{}
	var mu sync.Mutex
	var calls []gohost.CallInfo
	observer := func(ctx context.Context, call gohost.CallInfo) {
		mu.Lock()
		defer mu.Unlock()
		assert.Equal(t, "the caller's", ctx.Value(key{}))
		calls = append(calls, call)
	}
	eng := load(t, "echo", gohost.WithMaxInstances(1), gohost.WithMaxWaiters(0), gohost.WithObserver(observer))
	ctx := context.WithValue(ctx, key{}, "the caller's")
	_, err := eng.ProcessBatch(ctx, batch(0))
	require.NoError(t, err)
	_, trap := eng.ProcessBatch(ctx, batch(1))
	require.ErrorIs(t, trap, gohost.ErrTrap)
	_, err = eng.ProcessBatch(ctx, batch(0)[:15])
	require.ErrorIs(t, err, gohost.ErrInvalidInput)
	_, err = eng.ValidateChecksum(ctx, nil, 0)
	require.NoError(t, err)
	ended, cancel := context.WithCancel(ctx)
	cancel()
	_, noInstance := eng.ValidateChecksum(ended, nil, 0)
	require.ErrorIs(t, noInstance, context.Canceled)

	require.Len(t, calls, 4)
	for i, function := range []string{"process-batch", "process-batch", "validate-checksum", "validate-checksum"} {
		assert.Equal(t, function, calls[i].Function)
		assert.GreaterOrEqual(t, calls[i].Wait, time.Duration(0))
		assert.GreaterOrEqual(t, calls[i].Duration, time.Duration(0))
	}
	require.NoError(t, calls[0].Err)
	assert.Equal(t, trap, calls[1].Err)
	assert.Equal(t, noInstance, calls[3].Err)
	assert.Zero(t, calls[3].Duration, "it did not run")
}

func TestFailuresAreCountedByClass(t *testing.T) {
	eng := load(t, "echo", gohost.WithMaxInstances(1), gohost.WithMemoryLimit(1))
	for what, class := range map[byte]error{1: gohost.ErrTrap, 3: gohost.ErrLimit, 5: gohost.ErrContract} {
		_, err := eng.ProcessBatch(ctx, batch(what))
		require.ErrorIs(t, err, class)
	}
	stats := eng.Stats()
	assert.Equal(t, uint64(1), stats.Traps)
	assert.Equal(t, uint64(1), stats.LimitHits)
	assert.Equal(t, uint64(1), stats.Violations)
	assert.Equal(t, uint64(3), stats.InstancesDiscarded)
}

func TestLimitsThatMakeNoSense(t *testing.T) {
	for want, opts := range map[string][]gohost.Option{
		"WithFuel(0)":              {gohost.WithFuel(0)},
		"WithCallTimeout(0s)":      {gohost.WithCallTimeout(0)},
		"WithMaxWaiters(-1)":       {gohost.WithMaxWaiters(-1)},
		"WithCallsPerInstance(0)":  {gohost.WithCallsPerInstance(0)},
		"WithObserver":             {gohost.WithObserver(nil)},
		"WithDebugInfo runs a mod": {gohost.WithDebugInfo(), gohost.WithFuel(1)},
		"WithCodeOffsets cannot":   {gohost.WithDebugInfo(), gohost.WithCodeOffsets()},
	} {
		_, err := gohost.New(ctx, opts...)
		require.ErrorIs(t, err, gohost.ErrInvalidInput, want)
		assert.ErrorContains(t, err, want)
	}
}

package gohost_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
)

func TestCloseIdleFreesInstancesAndTheEngineGoesOn(t *testing.T) {
	eng := load(t, "echo", gohost.WithMaxInstances(2))
	running, cancel := context.WithCancel(ctx)
	ended := make(chan error)
	go func() {
		_, err := eng.ProcessBatch(running, batch(2)) // never ends
		ended <- err
	}()
	require.Eventually(t, func() bool { return eng.Stats().Calls == 1 && eng.Stats().IdleInstances == 0 }, time.Minute, time.Millisecond)
	_, err := eng.ProcessBatch(ctx, batch(0))
	require.NoError(t, err)
	require.Equal(t, 2, eng.Stats().Instances)

	eng.CloseIdle()
	assert.Equal(t, 1, eng.Stats().Instances, "the one that runs is not touched")
	assert.Zero(t, eng.Stats().IdleInstances)
	_, err = eng.ProcessBatch(ctx, batch(0))
	require.NoError(t, err)
	cancel()
	require.ErrorIs(t, <-ended, context.Canceled)
	eng.CloseIdle()
	assert.Zero(t, eng.Stats().Instances)
	assert.Zero(t, eng.Stats().MemoryBytes)
	eng.CloseIdle() // nothing to do
	require.NoError(t, eng.Close(ctx))
	eng.CloseIdle()
}

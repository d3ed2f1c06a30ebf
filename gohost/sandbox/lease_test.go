package sandbox_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost/sandbox"
)

func nothing(context.Context, *sandbox.Instance) error { return nil }

func lease(t *testing.T, m *sandbox.Module) *sandbox.Lease {
	t.Helper()
	l, err := m.Lease(ctx, fnFail)
	require.NoError(t, err)
	t.Cleanup(l.Close)
	return l
}

func TestALeaseIsAnInstanceOfItsOwn(t *testing.T) {
	m := loadCounters(t, nil, sandbox.WithMaxInstances(1), sandbox.WithMaxWaiters(0), sandbox.WithCallsPerInstance(1))
	l := lease(t, m)
	assert.Equal(t, 1, m.Stats().Instances)
	assert.Equal(t, 0, m.Stats().IdleInstances)
	require.ErrorIs(t, m.Use(ctx, fnFail, nothing), sandbox.ErrBusy)
	_, err := m.Lease(ctx, fnFail)
	require.ErrorIs(t, err, sandbox.ErrBusy)
	var first *sandbox.Instance
	for range 3 {
		require.NoError(t, l.Use(ctx, fnFail, func(ctx context.Context, in *sandbox.Instance) error {
			if first == nil {
				first = in
			}
			assert.Same(t, first, in)
			// For another call, and for this one.
			require.ErrorIs(t, l.Use(ctx, fnFail, nothing), sandbox.ErrBusy)
			return nil
		}))
	}
	ofGuest := &sandbox.GuestError{Message: "no"}
	require.ErrorIs(t, l.Use(ctx, fnFail, func(context.Context, *sandbox.Instance) error { return ofGuest }), ofGuest)
	assert.False(t, l.IsLost())
	for range 2 {
		l.Close()
		assert.True(t, l.IsLost())
		require.ErrorIs(t, l.Use(ctx, fnFail, nothing), sandbox.ErrClosed)
		assert.Zero(t, m.Stats().Instances)
	}
	assert.Zero(t, m.Stats().MemoryBytes)
	require.NoError(t, m.Use(ctx, fnFail, nothing))
	assert.Zero(t, m.Stats().InstancesDiscarded)
}

func TestALeaseWhoseCallFailsIsLost(t *testing.T) {
	m := loadCounters(t, nil)
	failed := errors.New("failed")
	for name, f := range map[string]func(context.Context, *sandbox.Instance) error{
		"an error": func(context.Context, *sandbox.Instance) error { return failed },
		"a panic":  func(context.Context, *sandbox.Instance) error { panic("defect") },
		"a trap": func(ctx context.Context, in *sandbox.Instance) error {
			c := in.Call(ctx, fnFail)
			c.Invoke()
			return c.Done()
		},
	} {
		l := lease(t, m)
		require.Error(t, l.Use(ctx, fnFail, f), name)
		assert.True(t, l.IsLost(), name)
		require.ErrorIs(t, l.Use(ctx, fnFail, nothing), sandbox.ErrLost, name)
	}
	assert.EqualValues(t, 3, m.Stats().InstancesDiscarded)
	assert.Equal(t, m.Stats().IdleInstances, m.Stats().Instances)
}

// The end of a context is looked at before a call, and not in it.
func TestACallOnALeaseIsNotStopped(t *testing.T) {
	m := loadCounters(t, nil, sandbox.WithFuel(1000))
	l := lease(t, m)
	ends, cancel := context.WithCancel(ctx)
	require.NoError(t, l.Use(ends, fnFail, func(ctx context.Context, in *sandbox.Instance) error {
		cancel()
		return in.Exceeded()
	}))
	require.ErrorIs(t, l.Use(ends, fnFail, nothing), context.Canceled)
	assert.False(t, l.IsLost())
}

func TestALeaseThatIsClosedInACallEndsWithIt(t *testing.T) {
	for name, end := range map[string]func(m *sandbox.Module, l *sandbox.Lease){
		"the lease": func(_ *sandbox.Module, l *sandbox.Lease) { l.Close() },
		"the module": func(m *sandbox.Module, _ *sandbox.Lease) {
			canceled, cancel := context.WithCancel(ctx)
			cancel()
			assert.ErrorIs(t, m.Close(canceled), context.Canceled, "the call runs")
		},
	} {
		m := loadCounters(t, nil)
		l := lease(t, m)
		require.NoError(t, l.Use(ctx, fnFail, func(context.Context, *sandbox.Instance) error {
			end(m, l)
			return nil
		}), name)
		assert.True(t, l.IsLost(), name)
		assert.Equal(t, m.Stats().IdleInstances, m.Stats().Instances, name)
		require.ErrorIs(t, l.Use(ctx, fnFail, nothing), sandbox.ErrClosed, name)
		require.NoError(t, m.Close(ctx), name)
		_, err := m.Lease(ctx, fnFail)
		require.ErrorIs(t, err, sandbox.ErrClosed, name)
	}
}

// CloseHeld is for tests of modules, whose program may have left leases open.
func TestCloseHeldTakesALease(t *testing.T) {
	m := loadCounters(t, nil)
	l := lease(t, m)
	m.CloseHeld()
	assert.True(t, l.IsLost())
	require.ErrorIs(t, l.Use(ctx, fnFail, nothing), sandbox.ErrLost)
}

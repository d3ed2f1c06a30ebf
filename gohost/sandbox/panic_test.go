package sandbox_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost/cabi"
	"example.org/compute-pipeline/gohost/sandbox"
)

func TestAPanicEndsTheCallNotTheProgram(t *testing.T) {
	m := loadCounters(t, nil, sandbox.WithMaxInstances(1))
	for name, call := range map[string]func() error{
		"Call": func() error { return m.Call(ctx, fnNew, func(*cabi.Call) error { panic("the stack is gone") }) },
		"Use": func() error {
			return m.Use(ctx, fnNew, func(context.Context, *sandbox.Instance) error { panic("the stack is gone") })
		},
	} {
		before := m.Stats()
		err := call()
		require.ErrorIs(t, err, sandbox.ErrTrap, name)
		require.ErrorContains(t, err, "the runtime panicked: the stack is gone")
		var trap *sandbox.TrapError
		require.ErrorAs(t, err, &trap)
		assert.Contains(t, trap.Stack, "panic_test.go", "the stack is that of the panic")
		after := m.Stats()
		assert.Equal(t, before.InstancesDiscarded+1, after.InstancesDiscarded)
		assert.Equal(t, before.Traps+1, after.Traps)
		// Another instance serves the next call.
		require.NoError(t, m.Use(ctx, fnNew, func(context.Context, *sandbox.Instance) error { return nil }))
	}
}

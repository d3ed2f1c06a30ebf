package sandbox_test

import (
	"context"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost/sandbox"
)

// divisible loads a module whose calls may run in parts on so many instances.
func divisible(t *testing.T, instances int, opts ...sandbox.Option) *sandbox.Module {
	t.Helper()
	wasm, err := os.ReadFile("testdata/texts.wasm")
	require.NoError(t, err)
	contract := &sandbox.Contract{World: "w", Runtime: 1, Exports: []sandbox.Interface{{Functions: []sandbox.Function{
		{Name: "last", Params: "ii", Results: "i", Type: "func(a: list<string>) -> u32"},
	}}}}
	opts = append([]sandbox.Option{sandbox.WithMaxInstances(instances), sandbox.WithParallelism(instances)}, opts...)
	m, err := sandbox.Load(ctx, wasm, contract, nil, opts...)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, m.Close(ctx)) })
	return m
}

// inParts runs f for n parts of one call. mine is whether the part runs on the call's own
// instance.
func inParts(m *sandbox.Module, n int, f func(mine bool, part int) error) error {
	return m.Use(ctx, 0, func(_ context.Context, own *sandbox.Instance) error {
		return own.Parts(n, func(_ context.Context, in *sandbox.Instance, part int) error {
			return f(in == own, part)
		})
	})
}

// meeting returns a function that returns once n goroutines have called it.
func meeting(n int) func() {
	var all sync.WaitGroup
	all.Add(n)
	return func() {
		all.Done()
		all.Wait()
	}
}

func TestPartsRunAtTheSameTime(t *testing.T) {
	m := divisible(t, 3)
	for range 2 { // instances start in the first call only
		meet := meeting(3)
		require.NoError(t, inParts(m, 3, func(bool, int) error { meet(); return nil }))
		s := m.Stats()
		assert.Equal(t, 3, s.IdleInstances)
		assert.EqualValues(t, 3, s.InstancesStarted)
	}
	assert.EqualValues(t, 2, m.Stats().Calls)
}

// A module that nobody meters could not be stopped, and an instance for one call is not
// for parts of another.
func TestPartsThatRunOneAfterTheOther(t *testing.T) {
	for name, m := range map[string]*sandbox.Module{
		"not metered": divisible(t, 4, sandbox.WithDebugInfo()),
		"used once":   divisible(t, 4, sandbox.WithCallsPerInstance(1)),
		"one each":    divisible(t, 4, sandbox.WithParallelism(1)),
	} {
		var order []int
		require.NoError(t, inParts(m, 4, func(mine bool, part int) error {
			assert.True(t, mine, name)
			order = append(order, part)
			return nil
		}))
		assert.Equal(t, []int{0, 1, 2, 3}, order, name)
		refusal := &sandbox.GuestError{Err: os.ErrExist}
		order = nil
		err := inParts(m, 4, func(_ bool, part int) error {
			if order = append(order, part); part == 1 {
				return refusal
			}
			return nil
		})
		require.ErrorIs(t, err, os.ErrExist)
		assert.Equal(t, []int{0, 1}, order, name)
	}
}

// A part that panics ends its call, not the program, wherever it runs.
func TestAPartThatPanics(t *testing.T) {
	for _, mine := range []bool{true, false} {
		m := divisible(t, 2)
		meet := meeting(2)
		err := inParts(m, 8, func(own bool, part int) error {
			if part < 2 {
				meet() // both have a part
			}
			if own == mine {
				panic("of the binding")
			}
			return nil
		})
		require.ErrorIs(t, err, sandbox.ErrTrap)
		assert.ErrorContains(t, err, "last of module ")
		assert.ErrorContains(t, err, "the runtime panicked: of the binding")
		s := m.Stats()
		assert.EqualValues(t, 1, s.Traps)
		assert.EqualValues(t, s.Instances, s.IdleInstances)
		assert.NotZero(t, s.InstancesDiscarded)
		require.NoError(t, inParts(m, 8, func(bool, int) error { return nil }))
	}
}

// A call that waits gets the instance of a helper at the end of its part.
func TestPartsGiveWay(t *testing.T) {
	m := divisible(t, 2)
	meet, served := meeting(2), make(chan error, 1)
	err := inParts(m, 6, func(mine bool, part int) error {
		if part < 2 {
			meet()
		}
		switch {
		case !mine:
			go func() { served <- inParts(m, 1, func(bool, int) error { return nil }) }()
			require.Eventually(t, func() bool { return m.Stats().Waits == 1 }, time.Minute, time.Millisecond)
		case part < 2:
			assert.NoError(t, <-served) // before this call ends
		}
		return nil
	})
	require.NoError(t, err)
	assert.EqualValues(t, 2, m.Stats().Calls)
}

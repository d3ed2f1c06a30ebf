package gohost_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
)

// A module of 0.2.0 that traps, breaks the ABI or loops, also when an accumulator is dropped,
// costs one instance, and the next call finds the engine whole.
func TestAccumulatorsThatLie(t *testing.T) {
	for _, opts := range [][]gohost.Option{nil, {gohost.WithInterpreter()}} {
		eng := load(t, "liar", append(opts, gohost.WithFuel(100_000), gohost.WithMaxInstances(1))...)
		for lie, want := range map[byte]error{
			1: gohost.ErrTrap, 2: gohost.ErrABI, 3: gohost.ErrABI, 4: gohost.ErrABI, 5: gohost.ErrLimit, 6: gohost.ErrLimit,
		} {
			_, err := eng.Merge(ctx, []byte{lie}, nil)
			require.ErrorIs(t, err, want, lie)
			_, err = eng.Finish(ctx, []byte{lie})
			require.ErrorIs(t, err, want, lie)
			_, err = eng.Merge(ctx, nil, []byte{})
			require.NoError(t, err, lie)

			s, err := eng.OpenSession(ctx)
			require.NoError(t, err)
			require.ErrorIs(t, s.Merge(ctx, []byte{lie}), want, lie)
			require.NoError(t, s.Push(ctx, 1, 1), "the session goes on")
			require.NoError(t, s.Close())
		}
		_, err := eng.ComputeAggregate(ctx, []gohost.Datapoint{{}, {}})
		require.ErrorIs(t, err, gohost.ErrContract)
		assert.ErrorContains(t, err, "the result is of 0 points, and 2 were given")
		_, err = eng.ValidateStream(ctx, []byte("[[1,2]]"))
		require.ErrorIs(t, err, gohost.ErrContract)
		assert.LessOrEqual(t, eng.Stats().Instances, 1)
	}
}

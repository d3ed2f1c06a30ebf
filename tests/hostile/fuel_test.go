package hostile

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
)

// A budget of fuel and a limit of time end what never ends by itself, without
// any end of the caller's context.
func TestLimitsEndWhatNeverEnds(t *testing.T) {
	limits := map[string]struct {
		option gohost.Option
		text   string
	}{
		"fuel": {gohost.WithFuel(3_000_000), "of 3000000 units"},
		"time": {gohost.WithCallTimeout(20 * time.Millisecond), "20ms"},
	}
	for _, m := range misbehaviours {
		if !m.endless() {
			continue
		}
		for limit, l := range limits {
			for engine, opts := range engines {
				t.Run(m.module+"/"+limit+"/"+engine, func(t *testing.T) {
					leavesNothing(t, func() {
						opts := append(opts[:len(opts):len(opts)], gohost.WithMaxInstances(1), l.option)
						eng, err := gohost.Load(context.Background(), read(t, "call/"+m.module), opts...)
						require.NoError(t, err)
						defer func() { assert.NoError(t, eng.Close(context.Background())) }()
						within(t, forever, func(ctx context.Context) {
							_, err := m.function.hostile(ctx, eng)
							assert.Equal(t, is(gohost.ErrLimit), classesOf(err), "%v", err)
							assert.ErrorContains(t, err, l.text)
						})
						assert.EqualValues(t, 1, eng.Stats().InstancesDiscarded)
						isRight(t, eng)
					})
				})
			}
		}
	}
	for _, r := range refusals {
		if !r.endless() {
			continue
		}
		for limit, l := range limits {
			for engine, opts := range engines {
				t.Run(r.module+"/"+limit+"/"+engine, func(t *testing.T) {
					leavesNothing(t, func() {
						within(t, forever, func(ctx context.Context) {
							_, err := gohost.Load(ctx, read(t, "load/"+r.module), append(opts[:len(opts):len(opts)], l.option)...)
							assert.Equal(t, is(gohost.ErrLimit), classesOf(err), "%v", err)
							assert.ErrorContains(t, err, l.text)
						})
					})
				})
			}
		}
	}
}

// The same call uses the same fuel in the compiler and the interpreter, and in
// each new instance.
func TestFuelOfACallThatFails(t *testing.T) {
	used := map[uint64]bool{}
	for _, opts := range engines {
		eng, err := gohost.Load(t.Context(), read(t, "call/recurses_as_a_tree"), append(opts, gohost.WithFuel(1_000_000))...)
		require.NoError(t, err)
		for range 3 {
			before := eng.Stats().FuelUsed
			_, err := fnBatch.hostile(t.Context(), eng)
			require.ErrorIs(t, err, gohost.ErrLimit)
			used[eng.Stats().FuelUsed-before] = true
		}
		require.NoError(t, eng.Close(t.Context()))
	}
	assert.Len(t, used, 1)
	assert.NotContains(t, used, uint64(0))
}

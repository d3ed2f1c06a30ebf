package pool

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestInstancesAreFoundInAnySeat(t *testing.T) {
	p, c := newPool(t, 2, math.MaxInt)
	require.Greater(t, len(p.seats.all), 1)
	v := acquire(t, p)
	for i := range p.seats.all {
		sit := func(v *thing) {
			require.True(t, p.seats.put(&p.seats.all[i], v))
			require.False(t, p.seats.put(&p.seats.all[i], &thing{}), "it is taken")
			require.Equal(t, 1, p.Stats().Idle)
		}
		sit(v)
		assert.Same(t, v, acquire(t, p))
		sit(v)
		assert.Same(t, v, p.TryAcquire(t.Context(), false))
		sit(v)
		got, err := p.wait(t.Context())
		require.NoError(t, err)
		assert.Same(t, v, got)
		sit(v)
		p.CloseIdle()
		assert.True(t, v.closed.Load())
		v = acquire(t, p)
	}
	assert.EqualValues(t, 1+len(p.seats.all), c.started.Load())
	require.True(t, p.seats.put(&p.seats.all[len(p.seats.all)-1], v))
	require.NoError(t, p.Close(t.Context()))
	assert.Zero(t, c.live.Load())
}

func TestProcessorsGetDifferentSeats(t *testing.T) {
	p, _ := newPool(t, 2, math.MaxInt)
	first, second := acquire(t, p), acquire(t, p)
	assert.Same(t, &p.seats.all[0], p.seats.nearest(), "while one call runs at a time")
	p.Release(first)
	assert.False(t, p.seats.spread.Load())
	p.Release(second)
	assert.True(t, p.seats.spread.Load())
	given := map[any]bool{}
	for range p.seats.all { // as many processors that ask at the same time
		given[p.seats.near.Get()] = true
	}
	assert.Len(t, given, len(p.seats.all))

	alone, _ := newPool(t, 1, math.MaxInt)
	assert.Len(t, alone.seats.all, 1)
}

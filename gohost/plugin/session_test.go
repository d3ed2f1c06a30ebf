package plugin_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/plugin"
)

// The sums are a state, which any version continues.
func TestASessionGoesOnInTheNextVersion(t *testing.T) {
	reg := newRegistry(t, plugin.WithHistory(2))
	p := load(t, reg, "stats", engine(t))
	s, err := p.Binding().OpenSession(ctx)
	require.NoError(t, err)
	defer s.Close()
	points := make([]gohost.Datapoint, 3*gohost.SessionPoints)
	for i := range points {
		points[i] = gohost.Datapoint{Timestamp: uint64(i), Value: 1e100 / float64(i+1)}
		require.NoError(t, s.Push(ctx, points[i].Timestamp, points[i].Value))
		if i == gohost.SessionPoints+7 {
			load(t, reg, "stats", edition(engine(t), "second"))
		}
	}
	got, err := s.AppendState(ctx, nil)
	require.NoError(t, err)
	want, err := p.Binding().Fold(ctx, nil, points)
	require.NoError(t, err)
	assert.Equal(t, want, got)
}

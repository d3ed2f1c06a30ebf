package work

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
)

func TestExactIsRoundedOnce(t *testing.T) {
	stat := Exact([]gohost.Datapoint{{Timestamp: 7, Value: 0.1}, {Timestamp: 3, Value: 0.2}, {Timestamp: 5, Value: 0.3}})
	// 0.1 + 0.2 + 0.3 of the doubles themselves; one after the other gives
	// 0.6000000000000001.
	assert.Equal(t, 0.6, stat.Sum)
	assert.Equal(t, gohost.Statistics{
		Count: 3, Mean: 0.2, Variance: stat.Variance, Sum: 0.6, Min: 0.1, Max: 0.3, First: 3, Last: 7,
	}, stat)
	assert.InDelta(t, 0.02/3, stat.Variance, 1e-17)
	small := Exact([]gohost.Datapoint{{Value: 1e60}, {Value: 1}, {Value: -1e60}})
	assert.Equal(t, 1.0, small.Sum)
	assert.Equal(t, gohost.Statistics{}, Exact(nil))
}

// Values that lose bits in exact would make its answers wrong.
func TestShapesHaveNoBitsBelowTheScale(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for _, shape := range shapes {
		for range 100_000 {
			v := shape.value(r)
			scaled := math.Ldexp(v, scale)
			require.Equal(t, math.Trunc(scaled), scaled, "%s: %g", shape.name, v)
			require.False(t, math.IsInf(scaled, 0))
		}
	}
}

func TestTheEngineDoesEveryJob(t *testing.T) {
	ctx := context.Background()
	eng, err := gohost.New(ctx)
	require.NoError(t, err)
	defer func() { assert.NoError(t, eng.Close(ctx)) }()
	for _, job := range NewMix(1, 10_000).Jobs() {
		before := eng.Stats().Calls
		require.NoError(t, job.Run(ctx, eng), job.Name)
		assert.EqualValues(t, job.Calls, eng.Stats().Calls-before, job.Name)
	}
}

// liar answers everything, a little wrong.
type liar struct{ *gohost.Engine }

func (l liar) ComputeAggregate(ctx context.Context, points []gohost.Datapoint) (gohost.Aggregate, error) {
	agg, err := l.Engine.ComputeAggregate(ctx, points)
	agg.Variance = math.Float64frombits(math.Float64bits(agg.Variance) ^ 1)
	return agg, err
}

func (l liar) ValidateStream(ctx context.Context, raw []byte) ([]gohost.Datapoint, error) {
	points, err := l.Engine.ValidateStream(ctx, raw)
	if answer := (*gohost.GuestError)(nil); errors.As(err, &answer) {
		return nil, &gohost.GuestError{Message: answer.Message + "!"}
	}
	points[len(points)-1].Timestamp++
	return points, err
}

func (l liar) ProcessBatch(ctx context.Context, in []byte) ([]byte, error) {
	out, err := l.Engine.ProcessBatch(ctx, in)
	return append(out, make([]byte, gohost.PackedSize)...), err
}

func (l liar) ValidateChecksum(ctx context.Context, data []byte, expected uint32) (bool, error) {
	return true, nil
}

func (l liar) Finish(ctx context.Context, state []byte) (gohost.Statistics, error) {
	stat, _ := l.Engine.Finish(ctx, state)
	stat.Count++
	return stat, nil
}

func TestEveryJobSeesAWrongAnswer(t *testing.T) {
	ctx := context.Background()
	eng, err := gohost.New(ctx)
	require.NoError(t, err)
	defer func() { assert.NoError(t, eng.Close(ctx)) }()
	for _, job := range NewMix(1, 100).Jobs() {
		var wrong *WrongAnswer
		assert.ErrorAs(t, job.Run(ctx, liar{eng}), &wrong, job.Name)
	}
}

func TestTheSameSeedPicksTheSame(t *testing.T) {
	m := NewMix(1, 100)
	a, b := rand.New(rand.NewPCG(1, 1)), rand.New(rand.NewPCG(1, 1))
	seen := map[string]bool{}
	for range 10_000 {
		job := m.Pick(a)
		require.Same(t, job, m.Pick(b))
		seen[job.Name] = true
	}
	assert.Len(t, seen, 3*5+5, "every job is drawn")
}

package metrics

import (
	"context"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost/plugin"
)

// call has the metrics count a call of plugin p that ended then.
func (m *Metrics) call(end time.Time, d time.Duration, function string) {
	m.Hooks().OnCall(context.Background(), plugin.CallEvent{Plugin: "p", Function: function, Start: end.Add(-d), Duration: d})
}

func TestQuantilesAreNearTheTrueOnes(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	m := New()
	start := time.Unix(1000, 0)
	all := make([]time.Duration, 10000)
	for i := range all {
		all[i] = time.Duration(random.ExpFloat64() * float64(time.Millisecond))
		m.call(start, all[i], []string{"fold", "merge"}[i%2])
	}
	slices.Sort(all)
	q := m.Latencies.Quantiles(start)["p"]
	require.EqualValues(t, len(all), q.Count)
	require.InEpsilon(t, float64(all[4999]), float64(q.P50), 0.1)
	require.InEpsilon(t, float64(all[9899]), float64(q.P99), 0.1)
	require.GreaterOrEqual(t, q.P50, all[4999], "a bucket's upper end is not below what is in it")
}

func TestEachDurationIsBelowTheUpperEndOfItsBucket(t *testing.T) {
	for _, d := range []time.Duration{0, 1, 7, 8, 15, 1000, time.Second, time.Second + 1, time.Hour} {
		m := New()
		m.call(time.Unix(1000, 0), d, "fold")
		q := m.Latencies.Quantiles(time.Unix(1000, 0))["p"]
		assert.Equal(t, q.P50, q.P99)
		assert.GreaterOrEqual(t, q.P50, d)
		assert.LessOrEqual(t, float64(q.P50), float64(d)*1.1+1)
	}
}

func TestOldCallsAreForgotten(t *testing.T) {
	m := New()
	start := time.Unix(1000, 0)
	count := func(at time.Time) uint64 { return m.Latencies.Quantiles(at)["p"].Count }
	m.call(start, time.Second, "fold")
	m.call(start.Add(window), time.Millisecond, "fold")
	assert.EqualValues(t, 2, count(start.Add(window)))
	assert.EqualValues(t, 1, count(start.Add(2*window)))
	assert.Zero(t, count(start.Add(10*window)))
	m.call(start.Add(20*window), time.Millisecond, "fold")
	assert.EqualValues(t, 1, count(start.Add(20*window)), "the first after a pause counts")
}

// A plugin that was removed and comes back has no calls of before.
func TestARemovedPluginBeginsAnew(t *testing.T) {
	m := New()
	start := time.Unix(1000, 0)
	for range 3 {
		m.call(start, time.Second, "fold")
	}
	m.call(start.Add(window), time.Second, "fold")
	m.Hooks().OnUnload(plugin.UnloadEvent{Plugin: "p"})
	assert.NotContains(t, m.Latencies.Quantiles(start.Add(window)), "p")
	m.call(start.Add(window), time.Second, "fold")
	m.call(start.Add(2*window), time.Second, "fold")
	assert.EqualValues(t, 2, m.Latencies.Quantiles(start.Add(2 * window))["p"].Count)
}

package latency

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestQuantilesAreNearTheTrueOnes(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var r Recorder
	start := time.Unix(1, 0)
	all := make([]time.Duration, 10000)
	for i := range all {
		all[i] = time.Duration(random.ExpFloat64() * float64(time.Millisecond))
		r.Record(start, all[i])
	}
	slices.Sort(all)
	q := r.Quantiles(start)
	require.EqualValues(t, len(all), q.Count)
	require.InEpsilon(t, float64(all[4999]), float64(q.P50), 0.13)
	require.InEpsilon(t, float64(all[9899]), float64(q.P99), 0.13)
	require.GreaterOrEqual(t, q.P50, all[4999], "a bucket's upper end is not below what is in it")
}

func TestEachDurationIsInItsBucket(t *testing.T) {
	for _, d := range []time.Duration{0, 1, 7, 8, 15, 16, 17, 1000, time.Second, 1<<62 + 12345, 1<<63 - 1} {
		b := bucketOf(d)
		require.Less(t, b, buckets)
		require.GreaterOrEqual(t, upperEnd(b), d)
		if b > 0 {
			require.Less(t, upperEnd(b-1), d, "the bucket below ends below")
		}
	}
}

func TestOldObservationsAreForgotten(t *testing.T) {
	var r Recorder
	start := time.Unix(1000, 0)
	r.Record(start, time.Second)
	r.Record(start.Add(window), time.Millisecond)
	require.EqualValues(t, 2, r.Quantiles(start.Add(window)).Count)
	require.EqualValues(t, 1, r.Quantiles(start.Add(2*window)).Count)
	require.Zero(t, r.Quantiles(start.Add(10*window)).Count)
}

package anomaly_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost/sandbox"
)

// BenchmarkDetect reports the time and the fuel of a point, in calls of 8,192 points, with the
// limits of `pipeline detect`.
func BenchmarkDetect(b *testing.B) {
	d := load(b, sandbox.WithFuel(1_000_000_000), sandbox.WithMaxInstances(1))
	points := temperatures(b)[:8192]
	var state []byte
	b.ReportAllocs()
	for b.Loop() {
		result, err := d.Detect(b.Context(), state, points)
		require.NoError(b, err)
		state = result.State[:0:0]
	}
	n := float64(b.N) * float64(len(points))
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/n, "ns/point")
	b.ReportMetric(float64(d.Stats().FuelUsed)/n, "fuel/point")
}

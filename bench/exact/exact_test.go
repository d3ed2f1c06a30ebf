package exact_test

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/bench/exact"
	"example.org/compute-pipeline/bench/work"
	"example.org/compute-pipeline/gohost"
)

// values are generators of values of many kinds.
var values = map[string]func(*rand.Rand) float64{
	"tenths":           func(r *rand.Rand) float64 { return float64(int(520+100*r.NormFloat64())) / 10 },
	"normal":           func(r *rand.Rand) float64 { return r.NormFloat64() },
	"integers":         func(r *rand.Rand) float64 { return float64(r.IntN(1000) - 500) },
	"magnitudes":       func(r *rand.Rand) float64 { return math.Ldexp(r.Float64()-0.5, r.IntN(1800)-900) },
	"squares overflow": func(r *rand.Rand) float64 { return math.Ldexp(r.Float64()-0.5, 1000+r.IntN(24)) },
	"subnormal":        func(r *rand.Rand) float64 { return math.Ldexp(r.Float64()-0.5, -1060-r.IntN(20)) },
	"equal":            func(*rand.Rand) float64 { return 0.1 },
	"zeros":            func(r *rand.Rand) float64 { return math.Copysign(0, r.Float64()-0.5) },
	"any bits":         func(r *rand.Rand) float64 { return math.Float64frombits(r.Uint64()) },
}

// Both return the engine's bits.
func TestTheBitsAreTheEngines(t *testing.T) {
	engine, err := gohost.New(context.Background())
	require.NoError(t, err)
	defer engine.Close(context.Background())
	for name, value := range values {
		t.Run(name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(1, 2))
			for _, n := range []int{0, 1, 2, 3, 7, 100, 127, 128, 129, 1000, 5000, 1<<20 + 1} {
				points := make([]work.Point, n)
				finite := true
				for i := range points {
					points[i].Value = value(r)
					finite = finite && !math.IsNaN(points[i].Value) && !math.IsInf(points[i].Value, 0)
				}
				want, err := engine.ComputeAggregate(context.Background(), points)
				require.NoError(t, err)
				require.NoError(t, work.Same(exact.Moments(points), want, true), "%d points", n)
				if !finite || n > 5000 {
					continue
				}
				require.NoError(t, work.Same(exact.IntMoments(points), want, true), "big.Int, %d points", n)
				if n <= 1000 {
					require.NoError(t, work.Same(exact.FloatMoments(points), want, true), "big.Float, %d points", n)
					require.NoError(t, work.Same(exact.RatMoments(points), want, true), "big.Rat, %d points", n)
				}
			}
		})
	}
}

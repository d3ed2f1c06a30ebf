package gauge

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const mib = 1 << 20

var rule = Rule{
	Name: "heap", Unit: Bytes, Of: func(s Sample) float64 { return float64(s.Heap) },
	Growth: Allowance{Abs: 4 * mib, Rel: 0.05}, Peak: Allowance{Abs: 16 * mib, Rel: 0.5},
}

// run makes n samples, one a second, of the heap that f gives in MiB.
func run(n int, f func(i int) float64) []Sample {
	samples := make([]Sample, n)
	for i := range samples {
		samples[i] = Sample{At: time.Duration(i) * time.Second, Heap: int64(f(i) * mib)}
	}
	return samples
}

func peakAt(at, i int) float64 {
	if i == at {
		return 30
	}
	return 0
}

func TestFlat(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for name, test := range map[string]struct {
		heap func(i int) float64
		flat bool
	}{
		"constant":           {func(int) float64 { return 50 }, true},
		"noise":              {func(int) float64 { return 50 + 10*r.Float64() }, true},
		"teeth":              {func(i int) float64 { return 40 + float64(i%17) }, true},
		"warm-up":            {func(i int) float64 { return 20 + 30*min(1, float64(i)/100) }, true},
		"shrinks":            {func(i int) float64 { return 50 - float64(i)/20 }, true},
		"leak":               {func(i int) float64 { return 50 + 6*float64(i)/450 }, false},
		"leak under teeth":   {func(i int) float64 { return 40 + float64(i%17) + 8*float64(i)/450 }, false},
		"steps":              {func(i int) float64 { return 50 + 2*float64(i/75) }, false},
		"one peak":           {func(i int) float64 { return 50 + peakAt(500, i) }, false},
		"leak after a peak":  {func(i int) float64 { return 50 + math.Max(0, float64(200-i)/10) + 6*float64(i)/450 }, false},
		"late, but too much": {func(i int) float64 { return 50 + peakAt(599, i) }, false},
	} {
		v, err := rule.Judge(run(600, test.heap))
		require.NoError(t, err)
		assert.Equal(t, test.flat, v.Flat(), "%s: %+v", name, v)
	}
}

func TestGrowthIsInTheSeriesUnit(t *testing.T) {
	v, err := rule.Judge(run(401, func(i int) float64 { return 100 + float64(i)/10 }))
	require.NoError(t, err)
	assert.InDelta(t, 30*mib, v.Growth, 100) // of the last three quarters
	assert.InDelta(t, 125*mib, v.Median, 100)
	assert.InDelta(t, 15*mib, v.Peak, 100)
	assert.Equal(t, 301, v.Samples)
}

func TestLongRunsAreThinnedOut(t *testing.T) {
	v, err := rule.Judge(run(50_000, func(i int) float64 { return 50 + float64(i)/1000 }))
	require.NoError(t, err)
	assert.InDelta(t, 37.5*mib, v.Growth, 0.1*mib)
}

func TestFewSamplesAreNoVerdict(t *testing.T) {
	_, err := rule.Judge(run(12, func(int) float64 { return 1 }))
	require.ErrorIs(t, err, ErrTooShort)
	_, err = rule.Judge(nil)
	require.ErrorIs(t, err, ErrTooShort)
}

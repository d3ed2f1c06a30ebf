package window

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/internal/epoch"
	"example.org/compute-pipeline/gohost/internal/reference"
)

// manyValues are values of usual and of difficult kinds.
func manyValues(random *rand.Rand) []float64 {
	n := []int{1, 2, 3, 10, 101}[random.IntN(5)]
	kind := random.IntN(8)
	values := make([]float64, n)
	for i := range values {
		switch kind {
		case 0:
			values[i] = 20 + random.NormFloat64()
		case 1:
			values[i] = float64(random.IntN(5)) - 2
		case 2:
			values[i] = 1e9 + random.Float64()
		case 3:
			values[i] = math.Float64frombits(random.Uint64N(1 << 53))
		case 4:
			values[i] = math.Ldexp(random.Float64()-0.5, random.IntN(2000)-1000)
		case 5:
			values[i] = math.Ldexp(random.Float64()-0.5, 1023)
		case 6:
			values[i] = float64(random.IntN(1000)) / 10
		case 7:
			values[i] = []float64{math.NaN(), math.Inf(1), math.Inf(-1), 1, math.Copysign(0, -1), 0}[random.IntN(6)]
		}
	}
	return values
}

func pointsOf(random *rand.Rand, values []float64) []gohost.Datapoint {
	points := make([]gohost.Datapoint, len(values))
	for i, v := range values {
		points[i] = gohost.Datapoint{Timestamp: random.Uint64N(uint64(2 * len(values))), Value: v}
	}
	return points
}

func sameBits(t *testing.T, want, got float64, format string, args ...any) {
	t.Helper()
	if math.Float64bits(want) != math.Float64bits(got) && !(math.IsNaN(want) && math.IsNaN(got)) {
		t.Fatalf("expected %v, got %v: %s", want, got, fmt.Sprintf(format, args...))
	}
}

// isRoot reports whether root is the double that is nearest to the square root of x.
func isRoot(root float64, x *big.Rat) bool {
	// (root - half a unit below)² <= x <= (root + half a unit above)²
	between := func(a, b float64) *big.Rat {
		m := new(big.Rat).Add(rat(a), rat(b))
		m.Mul(m, big.NewRat(1, 2))
		return m.Mul(m, m)
	}
	above := between(root, math.Nextafter(root, math.Inf(1)))
	if root == 0 {
		return x.Cmp(above) <= 0
	}
	below := between(root, math.Nextafter(root, math.Inf(-1)))
	return below.Cmp(x) <= 0 && x.Cmp(above) <= 0
}

// Variance and stddev of a sample are what rationals give, rounded once, from the state of any engine.
func TestStatisticsOfSamples(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 16))
	for i := range 3000 {
		values := manyValues(random)
		points := pointsOf(random, values)
		variance, stddev, err := SampleOf(reference.State(points))
		require.NoError(t, err)
		sums := reference.SumsOf(points)
		if len(values) == 1 || !sums.IsFinite() {
			require.True(t, math.IsNaN(variance) && math.IsNaN(stddev))
			continue
		}
		n := int64(len(values))
		exact := new(big.Rat).Mul(sums.Variance(), big.NewRat(n, n-1))
		sameBits(t, reference.Round(exact), variance, "variance %d of %v", i, values)
		require.False(t, math.IsInf(stddev, 0))
		require.True(t, isRoot(stddev, exact), "stddev %d of %v: %v", i, values, stddev)
	}
	for _, state := range [][]byte{nil, []byte("CPST"), make([]byte, 54), append(reference.State([]gohost.Datapoint{{Value: 1}}), 0)} {
		_, _, err := SampleOf(state)
		require.ErrorIs(t, err, errNoState)
	}
}

// A state of many equal points: counts beyond what an int has in 32 bits, and sums at the limits.
func TestSamplesOfHugeCounts(t *testing.T) {
	engine := engines(t)["full"]
	state, err := engine.Fold(t.Context(), nil, []gohost.Datapoint{{Value: math.MaxFloat64}, {Value: -math.MaxFloat64}})
	require.NoError(t, err)
	for range 40 {
		state, err = engine.Merge(t.Context(), state, state)
		require.NoError(t, err)
	}
	variance, stddev, err := SampleOf(state)
	require.NoError(t, err)
	// Both are a little more than the largest double: n / (n - 1) of its square.
	require.True(t, math.IsInf(variance, 1) && math.IsInf(stddev, 1), "%v, %v", variance, stddev)
}

func TestQuantiles(t *testing.T) {
	random := rand.New(rand.NewPCG(2, 16))
	for range 3000 {
		values := manyValues(random)
		slices.SortFunc(values, func(a, b float64) int {
			switch {
			case Less(a, b):
				return -1
			case Less(b, a):
				return 1
			}
			return 0
		})
		for _, c := range []struct {
			name string
			p    *big.Rat
		}{
			{"median", big.NewRat(1, 2)},
			{"p0", big.NewRat(0, 1)},
			{"p100", big.NewRat(1, 1)},
			{"p99.9", big.NewRat(999, 1000)},
			{"q0.25", big.NewRat(1, 4)},
			{"p33.333333", big.NewRat(33333333, 100000000)},
			{"q1", big.NewRat(1, 1)},
		} {
			set, err := ParseSet(c.name, false)
			require.NoError(t, err)
			got := set.Quantiles()[0].Of(uint64(len(values)), func(i uint64) float64 { return values[i] })
			sameBits(t, quantileOf(values, c.p), got, "%s of %v", c.name, values)
		}
	}
}

// quantileOf is the definition.
func quantileOf(sorted []float64, p *big.Rat) float64 {
	if slices.ContainsFunc(sorted, math.IsNaN) {
		return math.NaN()
	}
	place := new(big.Rat).Mul(p, big.NewRat(int64(len(sorted)-1), 1))
	i := int(new(big.Int).Div(place.Num(), place.Denom()).Int64())
	fraction := new(big.Rat).Sub(place, big.NewRat(int64(i), 1))
	if fraction.Sign() == 0 {
		return sorted[i]
	}
	if sorted[i] == sorted[i+1] {
		return sorted[i+1] // between -0 and 0 is 0, as in IEEE 754
	}
	if math.IsInf(sorted[i], 0) || math.IsInf(sorted[i+1], 0) {
		return sorted[i] + sorted[i+1]
	}
	low := new(big.Rat).Mul(new(big.Rat).Sub(big.NewRat(1, 1), fraction), rat(sorted[i]))
	return reference.Round(low.Add(low, new(big.Rat).Mul(fraction, rat(sorted[i+1]))))
}

// The values of the first and last points, and the rate, do not depend on the order or on how points are divided.
func TestEndsAndRates(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 16))
	for range 2000 {
		points := pointsOf(random, manyValues(random))
		first, last := points[0], points[0]
		for _, p := range points {
			if p.Timestamp < first.Timestamp || p.Timestamp == first.Timestamp && Less(p.Value, first.Value) {
				first = p
			}
			if p.Timestamp > last.Timestamp || p.Timestamp == last.Timestamp && Less(last.Value, p.Value) {
				last = p
			}
		}
		var ends Ends
		random.Shuffle(len(points), func(i, j int) { points[i], points[j] = points[j], points[i] })
		for len(points) > 0 {
			n := 1 + random.IntN(len(points))
			var part Ends
			for _, p := range points[:n] {
				part.Add(p)
			}
			data, err := part.AppendBinary(nil)
			require.NoError(t, err)
			var read Ends
			require.NoError(t, read.UnmarshalBinary(data))
			ends.Merge(read)
			points = points[n:]
		}
		sameBits(t, first.Value, ends.First, "first")
		sameBits(t, last.Value, ends.Last, "last")

		stat := gohost.Statistics{First: first.Timestamp, Last: last.Timestamp}
		for _, unit := range []epoch.Unit{epoch.Second, epoch.Millisecond, epoch.Nanosecond} {
			got := rate(ends, stat, unit.PerSecond())
			difference := last.Value - first.Value
			switch {
			case stat.First == stat.Last:
				require.True(t, math.IsNaN(got))
			case math.IsNaN(first.Value) || math.IsNaN(last.Value) || math.IsInf(first.Value, 0) || math.IsInf(last.Value, 0):
				sameBits(t, difference, got, "rate")
			default:
				exact := new(big.Rat).Sub(rat(last.Value), rat(first.Value))
				exact.Quo(exact, big.NewRat(int64(stat.Last-stat.First), int64(unit.PerSecond())))
				sameBits(t, reference.Round(exact), got, "rate")
			}
		}
	}
}

func TestNamesOfStatistics(t *testing.T) {
	set, err := ParseSet("count, mean,p99.9,first_value,median,q0.5", true)
	require.NoError(t, err)
	require.Equal(t, "[count mean p99.9 first_value median q0.5]", fmt.Sprint(set.List()))
	require.Len(t, set.Quantiles(), 3)
	require.True(t, set.NeedsEnds())
	require.False(t, set.NeedsState(), "no variance")
	require.False(t, set.IsDefault())
	set, err = ParseSet("", true)
	require.NoError(t, err)
	require.True(t, set.IsDefault() && set.NeedsState())
	for text, message := range map[string]string{
		"average":                `"average" is no statistic; expected ` + PossibleStatistics,
		"mean,mean":              "the statistic mean is named twice",
		"mean,":                  `"" is no statistic`,
		"p101":                   "p101 is no quantile: expected p0 to p100, or q0 to q1",
		"q1.01":                  "q1.01 is no quantile",
		"p":                      `"p" is no statistic`,
		"p5.":                    `"p5." is no statistic`,
		"p-5":                    `"p-5" is no statistic`,
		"p1e1":                   `"p1e1" is no statistic`,
		"q0.1234567890123456789": `is no statistic`,
	} {
		_, err := ParseSet(text, false)
		require.ErrorContains(t, err, message, text)
	}
}

// The stddev of a population is the root of the rounded variance. How often that is not the root of the exact variance, rounded, is in
// RATIONALE.md.
func TestStdDevIsWithinAUnitOfTheRoot(t *testing.T) {
	random := rand.New(rand.NewPCG(4, 16))
	differ, all := 0, 0
	for range 20000 {
		values := make([]float64, 10+random.IntN(50))
		for i := range values {
			values[i] = 20 + random.NormFloat64()
		}
		sums, err := readSums(reference.State(pointsOf(random, values)))
		require.NoError(t, err)
		n := new(big.Int).SetUint64(sums.count)
		numerator, denominator := sums.spread(n), new(big.Int).Mul(n, n)
		exact := root(numerator, denominator, sums.exponent)
		usual := math.Sqrt(ratio(numerator, denominator, sums.exponent))
		require.True(t, usual == exact || usual == math.Nextafter(exact, 0) || usual == math.Nextafter(exact, math.Inf(1)))
		all++
		if usual != exact {
			differ++
		}
	}
	t.Logf("%d of %d differ", differ, all)
	require.Positive(t, differ)
}

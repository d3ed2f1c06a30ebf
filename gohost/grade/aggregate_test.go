package grade_test

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/grade"
	"example.org/compute-pipeline/gohost/internal/reference"
)

func pointsOf(values []float64) (points []gohost.Datapoint) {
	for i, x := range values {
		points = append(points, gohost.Datapoint{Timestamp: uint64(i), Value: x})
	}
	return points
}

// hard returns lists that make rounding errors as large as they can be: values with a large
// mean and a small variance, sums that lose every small term, cancellation, all magnitudes,
// and values next to underflow and overflow.
func hard(random *rand.Rand) (all [][]float64) {
	u := math.Ldexp(1, -53)
	generators := []func(i int) float64{
		func(int) float64 { return random.NormFloat64() },
		func(int) float64 { return 1e9 + random.Float64() },
		func(int) float64 { return 1e15 + float64(random.IntN(3)) },
		func(int) float64 { return 0.1 },
		func(i int) float64 { return map[bool]float64{true: 1, false: u}[i == 0] },
		func(i int) float64 { return map[bool]float64{true: 1, false: u * (1 + 2*u)}[i == 0] },
		func(i int) float64 { return 1 + 2*u*float64(i%3) },
		func(i int) float64 { return (1 + random.Float64()) * float64(1-i%2*2) },
		func(int) float64 { return math.Ldexp(random.NormFloat64(), random.IntN(900)-450) },
		func(int) float64 { return math.Ldexp(random.NormFloat64(), -1022) },
		func(int) float64 { return math.Float64frombits(random.Uint64N(1 << 54)) },
		func(int) float64 { return math.Ldexp(random.NormFloat64(), -537) },
		func(int) float64 { return math.Ldexp(1+random.Float64()/1e6, -530) },
		func(int) float64 { return math.Ldexp(1+random.Float64(), 500) },
		func(int) float64 { return math.Ldexp(1+random.Float64(), 511) },
		func(int) float64 { return math.Ldexp(random.Float64()-0.5, 1024) },
		func(int) float64 { return math.Ldexp(1+random.Float64(), 1022) },
		func(int) float64 { return math.MaxFloat64 },
		func(i int) float64 { return math.Copysign(0, float64(i%2)-0.5) },
		func(i int) float64 { return []float64{math.Inf(1), 1, math.MaxFloat64, math.MaxFloat64}[i%4] },
		func(i int) float64 { return []float64{math.Inf(1), math.Inf(-1), 1}[(i+1)%3] },
		func(i int) float64 { return []float64{1, math.NaN(), math.Inf(1)}[i%3] },
	}
	for _, value := range generators {
		for _, n := range []int{1, 2, 3, 4, 5, 17, 100, 3000} {
			values := make([]float64, n)
			for i := range values {
				values[i] = value(i)
			}
			all = append(all, values)
		}
	}
	return append(all, nil)
}

func TestTwoPassAlgorithmsAreStable(t *testing.T) {
	for seed := range uint64(4) {
		for i, values := range hard(rand.New(rand.NewPCG(seed, 3))) {
			points := pointsOf(values)
			for _, a := range stableAlgorithms {
				got := gohost.Aggregate{}
				if len(values) > 0 {
					got = a.aggregate(values)
				}
				if a.name == "compensated" && !reference.SumsOf(points).IsFinite() {
					continue // inf - inf: it needs a test for such values first
				}
				require.NoError(t, grade.Stable.CheckAggregate(points, got), "%s, seed %d, list %d, %.5v…", a.name, seed, i, values[:min(len(values), 5)])
			}
			exact := reference.Aggregate(points)
			require.NoError(t, grade.Exact.CheckAggregate(points, exact))
			require.NoError(t, grade.Stable.CheckAggregate(points, exact), "seed %d, list %d", seed, i)
		}
	}
}

func TestOtherAlgorithmsAreNot(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 4))
	far := make([]float64, 1000)  // a mean of 1e6 deviations
	near := make([]float64, 1000) // about the mean 0
	for i := range far {
		far[i], near[i] = 1e6+random.NormFloat64(), random.NormFloat64()
	}
	for _, c := range []struct {
		algorithm
		values     []float64
		part, rule string
	}{
		{algorithm{"one pass", onePass}, far, "the variance", "the error of a variance is at most that of the two-pass algorithm"},
		{algorithm{"one pass", onePass}, []float64{1e8, 1e8 + 1e-7, 1e8 + 2e-7}, "the variance", "a variance is not negative"},
		{algorithm{"one pass", onePass}, []float64{0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1}, "the variance", "the error of a variance is at most that of the two-pass algorithm"},
		{algorithm{"float32", single}, near, "the sum", "the error of a sum is at most (n-1) u Σ|x|"},
		{algorithm{"float32", single}, far, "the sum", "the error of a sum is at most (n-1) u Σ|x|"},
		{algorithm{"sample variance", sample}, near, "the variance", "the error of a variance is at most that of the two-pass algorithm"},
		{algorithm{"Welford", welford}, far, "the variance", "the error of a variance is at most that of the two-pass algorithm"},
	} {
		err := grade.Stable.CheckAggregate(pointsOf(c.values), c.aggregate(c.values))
		var v *grade.Violation
		if assert.ErrorAs(t, err, &v, c.name) {
			assert.Equal(t, [2]string{c.part, c.rule}, [2]string{v.Part, v.Rule}, "%s: %v", c.name, err)
			assert.NotEmpty(t, v.Bound)
		}
	}
}

// TestBoundsToTheLastDouble computes the bounds again, with other arithmetic, and tries the
// last double inside and the first outside.
func TestBoundsToTheLastDouble(t *testing.T) {
	const precision = 10_000 // bits: more than any of these numbers needs
	number := func(x float64) *big.Float { return new(big.Float).SetPrec(precision).SetFloat64(x) }
	zero := number(0)
	mul := func(x, y *big.Float) *big.Float { return number(0).Mul(x, y) }
	add := func(x, y *big.Float) *big.Float { return number(0).Add(x, y) }
	random := rand.New(rand.NewPCG(2, 5))
	u := number(math.Ldexp(1, -53))
	for _, values := range hard(random) {
		points := pointsOf(values)
		sums := reference.SumsOf(points)
		if len(values) < 2 || !sums.IsFinite() || sums.SumOfAbs().Cmp(new(big.Rat).SetFloat64(math.Ldexp(1, 500))) > 0 {
			continue
		}
		n := number(float64(len(values)))
		sum, abs, squares, variance := number(0), number(0), number(0), number(0)
		for _, x := range values {
			sum.Add(sum, number(x))
			abs.Add(abs, number(math.Abs(x)))
			squares.Add(squares, mul(number(x), number(x)))
		}
		mean := number(0).Quo(sum, n)
		for _, x := range values {
			d := number(0).Sub(number(x), mean)
			variance.Add(variance, mul(d, d))
		}
		variance.Quo(variance, n)

		sumBound := mul(number(float64(len(values)-1)), mul(u, abs))
		k := mul(number(float64(len(values)+5)), u)
		g := number(0).Quo(k, number(0).Sub(number(1), k))
		u1 := add(number(1), u)
		bound := mul(add(number(1), g), mul(mul(u1, u1), mul(mul(n, squares), mul(u, u))))
		bound.Add(bound, mul(g, variance))
		bound.Add(bound, number(math.Ldexp(1, -1072)))

		exact := reference.Aggregate(points)
		try := func(a gohost.Aggregate, allowed bool, what string) {
			t.Helper()
			err := grade.Stable.CheckAggregate(points, a)
			require.Equal(t, allowed, err == nil, "%s of %d values like %v: %v", what, len(values), values[0], err)
		}
		for _, sign := range []float64{1, -1} {
			inside, outside := around(add(sum, mul(number(sign), sumBound)), sign)
			try(gohost.Aggregate{Mean: exact.Mean, Variance: exact.Variance, Sum: inside}, true, "sum inside")
			try(gohost.Aggregate{Mean: exact.Mean, Variance: exact.Variance, Sum: outside}, false, "sum outside")

			end := number(0).Quo(add(sum, mul(number(sign), sumBound)), n)
			rounded, _ := end.Float64()
			try(gohost.Aggregate{Mean: rounded + 0, Variance: exact.Variance, Sum: exact.Sum}, true, "mean inside")
			try(gohost.Aggregate{Mean: math.Nextafter(rounded, math.Inf(int(sign))), Variance: exact.Variance, Sum: exact.Sum}, false, "mean outside")

			inside, outside = around(add(variance, mul(number(sign), bound)), sign)
			if inside < 0 || add(variance, mul(number(sign), bound)).Cmp(zero) < 0 {
				inside, outside = 0, -5e-324
			}
			try(gohost.Aggregate{Mean: exact.Mean, Variance: inside, Sum: exact.Sum}, true, "variance inside")
			try(gohost.Aggregate{Mean: exact.Mean, Variance: outside, Sum: exact.Sum}, false, "variance outside")
		}
	}
}

// around returns the doubles next to an end of an interval: the last one inside, and the
// first one outside, which is in the direction of sign.
func around(end *big.Float, sign float64) (inside, outside float64) {
	x, _ := end.Float64()
	if new(big.Float).SetFloat64(x).Cmp(end)*int(sign) > 0 { // rounded outwards
		return math.Nextafter(x, -math.Inf(int(sign))), x
	}
	return x + 0, math.Nextafter(x, math.Inf(int(sign)))
}

// A value that is lost entirely in a sum reaches the bound: it is not too wide.
func TestTheBoundOfASumIsReached(t *testing.T) {
	values := []float64{1}
	for range 1000 {
		values = append(values, math.Ldexp(1, -53))
	}
	points := pointsOf(values)
	got := twoPass(values, forward)
	require.Equal(t, 1.0, got.Sum)
	require.NoError(t, grade.Stable.CheckAggregate(points, got))
	got.Sum = math.Nextafter(got.Sum, 0)
	require.Error(t, grade.Stable.CheckAggregate(points, got))
}

func TestSpecialValues(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for _, c := range []struct {
		values        []float64
		got           [3]float64 // mean, variance, sum
		exact, stable string     // the violation's part
	}{
		{nil, [3]float64{0, 0, 0}, "", ""},
		{nil, [3]float64{nan, 0, 0}, "the mean", "the mean"},
		{[]float64{2}, [3]float64{2, 0, 2}, "", ""},
		{[]float64{2}, [3]float64{2, 5e-324, 2}, "the variance", "the variance"},
		{[]float64{2}, [3]float64{2, nan, 2}, "the variance", "the variance"},
		{[]float64{math.Copysign(0, -1)}, [3]float64{0, 0, 0}, "", ""},
		{[]float64{math.Copysign(0, -1)}, [3]float64{math.Copysign(0, -1), 0, 0}, "the mean", "the mean"},
		{[]float64{0, 0}, [3]float64{0, 0, math.Copysign(0, -1)}, "the sum", "the sum"},
		{[]float64{1, inf}, [3]float64{inf, nan, inf}, "", ""},
		{[]float64{1, inf}, [3]float64{nan, nan, inf}, "the mean", "the mean"},
		{[]float64{1, inf}, [3]float64{inf, inf, inf}, "the variance", "the variance"},
		{[]float64{1, inf, -inf}, [3]float64{nan, nan, nan}, "", ""},
		{[]float64{1, inf, -inf}, [3]float64{nan, nan, inf}, "the sum", "the sum"},
		{[]float64{1, nan}, [3]float64{nan, nan, 1}, "the sum", "the sum"},
		{[]float64{1, 2}, [3]float64{1.5, 0.25, nan}, "the sum", "the sum"},
		{[]float64{1, 2}, [3]float64{1.5, -0.25, 3}, "the variance", "the variance"},
		{[]float64{1, 2}, [3]float64{1.5, nan, 3}, "the variance", "the variance"},
		// Sums that are infinite on the way.
		{[]float64{1e308, 1e308, -1e308}, [3]float64{inf, nan, inf}, "the mean", ""},
		{[]float64{1e308, 1e308, -1e308}, [3]float64{1e308, inf, 1e308}, "the mean", "the mean"},
		{[]float64{1e200, -1e200}, [3]float64{0, inf, 0}, "", ""},
		{[]float64{1e200, -1e200}, [3]float64{inf, inf, 0}, "the mean", "the mean"},
		{[]float64{1e154, -1e154}, [3]float64{0, inf, 0}, "the variance", ""},
		{[]float64{1e153, -1e153}, [3]float64{0, inf, 0}, "the variance", "the variance"},
		{[]float64{-inf, 1e308, 1e308}, [3]float64{nan, nan, nan}, "the mean", ""},
		{[]float64{-inf, 1e308, 1e308}, [3]float64{1, nan, nan}, "the mean", "the mean"},
		{[]float64{-inf, 1e308, 1e308}, [3]float64{inf, nan, inf}, "the mean", "the mean"},
		{[]float64{-inf, 1e308, 1e308}, [3]float64{-inf, inf, -inf}, "the variance", "the variance"},
		{[]float64{inf, -1e308, -1e308, 1}, [3]float64{inf, nan, nan}, "the sum", ""},
		{[]float64{inf, -inf, 1e308, 1e308}, [3]float64{nan, nan, inf}, "the sum", "the sum"},
		{[]float64{inf, nan, -1e308, -1e308}, [3]float64{inf, nan, nan}, "the mean", "the mean"},
		// Sums that no order of additions makes infinite on the way, or not with that sign.
		{[]float64{1e308}, [3]float64{nan, nan, nan}, "the mean", "the mean"},
		{[]float64{1e308}, [3]float64{1e308, inf, 1e308}, "the variance", "the variance"},
		{[]float64{1e308}, [3]float64{1e308, 0, inf}, "the sum", "the sum"},
		{[]float64{inf, 1e308}, [3]float64{-inf, nan, -inf}, "the mean", "the mean"},
		{[]float64{inf, -1e308, 1e308}, [3]float64{nan, nan, nan}, "the mean", "the mean"},
		{[]float64{inf, 1e308, 1e308}, [3]float64{inf, nan, nan}, "the sum", "the sum"},
		{[]float64{-inf, 0, 1e308}, [3]float64{-inf, nan, nan}, "the sum", "the sum"},
		{[]float64{inf, -1e307, -1e307}, [3]float64{inf, nan, nan}, "the sum", "the sum"},
	} {
		for g, want := range map[grade.Grade]string{grade.Exact: c.exact, grade.Stable: c.stable} {
			err := g.CheckAggregate(pointsOf(c.values), gohost.Aggregate{Mean: c.got[0], Variance: c.got[1], Sum: c.got[2]})
			if want == "" {
				assert.NoError(t, err, "%s: %v %v", g, c.values, c.got)
				continue
			}
			var v *grade.Violation
			if assert.ErrorAs(t, err, &v, "%s: %v %v", g, c.values, c.got) {
				assert.Equal(t, want, v.Part, "%s: %v", g, err)
			}
		}
	}
}

func ExampleGrade_CheckAggregate() {
	points := []gohost.Datapoint{{Timestamp: 1, Value: 1e9 + 0.1}, {Timestamp: 2, Value: 1e9 + 0.2}, {Timestamp: 3, Value: 1e9 + 0.4}}
	got := gohost.Aggregate{Mean: 1000000000.2333333, Variance: 128, Sum: 3000000000.7}
	fmt.Println(grade.Stable.CheckAggregate(points, got))
	got.Variance = 0.015555549727546743
	fmt.Println(grade.Stable.CheckAggregate(points, got))
	fmt.Println(grade.Exact.CheckAggregate(points, got))
	// Output:
	// compute-aggregate: the variance is 128, expected 0.015555549727546728 ± 1.11e-13: the error of a variance is at most that of the two-pass algorithm (docs/contract.md#variance)
	// <nil>
	// compute-aggregate: the variance is 0.015555549727546743, expected 0.015555549727546728: the result is the exact one, rounded once to the nearest double, ties to even; this is 9 doubles above (docs/contract.md#compute-aggregate)
}

package grade

import (
	"fmt"
	"math"
	"math/big"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/internal/reference"
)

// CheckAggregate returns nil if got is an answer of compute-aggregate for points that the
// grade allows, and a [*Violation] if not. It computes with integers of any length, so it
// takes 15 ms for 100,000 points.
func (g Grade) CheckAggregate(points []gohost.Datapoint, got gohost.Aggregate) error {
	sums := reference.SumsOf(points)
	want := sums.Aggregate()
	// Without rounding errors to allow for, both grades want the same.
	if g == Exact || len(points) < 2 || !sums.IsFinite() {
		for _, part := range []struct {
			name      string
			got, want float64
		}{{"the mean", got.Mean, want.Mean}, {"the variance", got.Variance, want.Variance}, {"the sum", got.Sum, want.Sum}} {
			if sameBits(part.got, part.want) || g != Exact && math.IsNaN(part.got) && mayBecomeNaN(points, sums) {
				continue
			}
			return &Violation{
				Function: "compute-aggregate", Part: part.name, Got: decimal(part.got), Want: decimal(part.want),
				Rule: exactRule(part.got, part.want, points, sums), Section: sectionAggregate,
			}
		}
		return nil
	}
	b := boundsOf(sums)
	for _, part := range []struct {
		name      string
		got, want float64
		allowed   func(got float64) bool
		bound     *big.Rat
		rule      string
		section   string
	}{
		{"the sum", got.Sum, want.Sum, b.sumAllowed, b.sum, "the error of a sum is at most (n-1) u Σ|x|", sectionSumAndMean},
		{"the mean", got.Mean, want.Mean, b.meanAllowed, b.mean, "the error of a mean is at most (n-1) u Σ|x| / n, then one rounding", sectionSumAndMean},
		{"the variance", got.Variance, want.Variance, b.varianceAllowed, b.variance, varianceRule(got.Variance), sectionVariance},
	} {
		if !part.allowed(part.got) {
			if isWrongZero(part.got, part.bound) {
				part.rule = "an exact zero is +0"
			}
			return &Violation{
				Function: "compute-aggregate", Part: part.name, Got: decimal(part.got), Want: decimal(part.want),
				Bound: decimal3(part.bound), Rule: part.rule, Section: part.section,
			}
		}
	}
	return nil
}

// mayBecomeNaN reports whether an order of additions can make the sum NaN although all
// infinities among the values have one sign: finite values of the other sign must have a
// partial sum beyond the largest double, which takes two of them.
func mayBecomeNaN(points []gohost.Datapoint, sums *reference.Sums) bool {
	if sums.NaN || sums.Plus == sums.Minus {
		return false
	}
	var opposite []gohost.Datapoint
	for _, p := range points {
		if isFinite(p.Value) && (sums.Plus && p.Value < 0 || sums.Minus && p.Value > 0) {
			opposite = append(opposite, p)
		}
	}
	return len(opposite) > 1 && isBeyond(reference.SumsOf(opposite).SumOfAbs())
}

func exactRule(got, want float64, points []gohost.Datapoint, sums *reference.Sums) string {
	switch {
	case len(points) == 0:
		return "without points the result is 0, 0, 0"
	case !sums.IsFinite():
		return "values that are not finite make the mean and the sum that infinity or NaN, and the variance NaN"
	case got == 0 && want == 0:
		return "an exact zero is +0, and a negative result that rounds to zero is -0"
	case len(points) == 1:
		return "the mean and the sum of one value are that value, and its variance is 0"
	case isFinite(got) && isFinite(want):
		return "the result is the exact one, rounded once to the nearest double, ties to even; this is " + steps(got, want)
	}
	return "the result is the exact one, rounded once to the nearest double, ties to even"
}

// steps says how many doubles lie between got and want.
func steps(got, want float64) string {
	order := func(x float64) int64 { // -0 and 0 are equal here
		bits := int64(math.Float64bits(x))
		if bits < 0 {
			return math.MinInt64 - bits
		}
		return bits
	}
	distance := new(big.Int).Sub(big.NewInt(order(got)), big.NewInt(order(want)))
	direction := "above"
	if distance.Sign() < 0 {
		direction = "below"
	}
	distance.Abs(distance)
	if distance.Cmp(big.NewInt(1)) == 0 {
		return "the next double " + direction
	}
	if distance.BitLen() > 20 {
		return "far " + direction
	}
	return fmt.Sprintf("%d doubles %s", distance, direction)
}

func varianceRule(got float64) string {
	if got < 0 {
		return "a variance is not negative"
	}
	return "the error of a variance is at most that of the two-pass algorithm"
}

func isFinite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }

// decimal3 returns three digits of a bound.
func decimal3(x *big.Rat) string { return new(big.Float).SetRat(x).Text('g', 3) }

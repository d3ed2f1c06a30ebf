package grade

import (
	"math"
	"math/big"

	"example.org/compute-pipeline/gohost/internal/reference"
)

// bounds are the error bounds of the grade stable for some points, as exact numbers.
// docs/contract.md derives them.
type bounds struct {
	exact               struct{ sum, mean, variance *big.Rat }
	sum, mean, variance *big.Rat
	// beyond reports that a sum, or a sum of squares, may be beyond the largest double
	// on the way, so that an infinity or NaN is allowed.
	sumBeyond, varianceBeyond bool
}

var (
	one = big.NewRat(1, 1)
	// roundoff is u = 2^-53, half the distance from 1 to the next double.
	roundoff = powerOf2(-53)
	// largest is above any sum that all partial sums of are surely finite.
	largest = powerOf2(1023)
	// tiny covers what underflow adds to a variance: no more than two roundings by
	// 2^-1075, and their growth.
	tiny = powerOf2(-1072)
)

func powerOf2(exponent int) *big.Rat {
	if exponent < 0 {
		return new(big.Rat).SetFrac(big.NewInt(1), new(big.Int).Lsh(big.NewInt(1), uint(-exponent)))
	}
	return new(big.Rat).SetInt(new(big.Int).Lsh(big.NewInt(1), uint(exponent)))
}

// boundsOf returns the bounds for at least two finite values.
func boundsOf(sums *reference.Sums) (b bounds) {
	n := big.NewRat(int64(sums.N), 1)
	b.exact.sum, b.exact.mean, b.exact.variance = sums.Sum(), sums.Mean(), sums.Variance()

	// (n-1) u Σ|x|
	b.sum = product(new(big.Rat).Sub(n, one), roundoff, sums.SumOfAbs())
	b.mean = new(big.Rat).Quo(b.sum, n)

	// g V + (1+g) (1+u)² n u² Σx² + 2^-1072 with g = k u / (1 - k u) and k = n + 5.
	ku := product(new(big.Rat).Add(n, big.NewRat(5, 1)), roundoff)
	g := new(big.Rat).Quo(ku, new(big.Rat).Sub(one, ku))
	u1 := new(big.Rat).Add(one, roundoff)
	shift := product(n, roundoff, roundoff, sums.SumOfSquares(), u1, u1, new(big.Rat).Add(one, g))
	b.variance = product(g, b.exact.variance)
	b.variance.Add(b.variance, shift)
	b.variance.Add(b.variance, tiny)

	b.sumBeyond = isBeyond(sums.SumOfAbs())
	// The bound has a part n u² Σx², which is beyond wherever Σ|x| is.
	b.varianceBeyond = isBeyond(product(n, new(big.Rat).Add(b.exact.variance, b.variance)))
	return b
}

// isBeyond reports whether a sum of magnitudes is so large that a partial sum may be
// infinite.
func isBeyond(sum *big.Rat) bool { return sum.Cmp(largest) >= 0 }

func product(factors ...*big.Rat) *big.Rat {
	p := new(big.Rat).Set(one)
	for _, f := range factors {
		p.Mul(p, f)
	}
	return p
}

func (b *bounds) sumAllowed(got float64) bool {
	if !isFinite(got) {
		return b.sumBeyond
	}
	return !isWrongZero(got, b.sum) && within(got, b.exact.sum, b.sum)
}

// meanAllowed reports whether got is the rounded value of a number within the bound.
// Rounding keeps the order of numbers, so those are the doubles from one end, rounded, to
// the other.
func (b *bounds) meanAllowed(got float64) bool {
	if !isFinite(got) {
		return b.sumBeyond
	}
	low := reference.Round(new(big.Rat).Sub(b.exact.mean, b.mean))
	high := reference.Round(new(big.Rat).Add(b.exact.mean, b.mean))
	return !isWrongZero(got, b.mean) && low <= got && got <= high
}

func (b *bounds) varianceAllowed(got float64) bool {
	if !isFinite(got) {
		return b.varianceBeyond
	}
	return got >= 0 && within(got, b.exact.variance, b.variance)
}

// isWrongZero reports a -0 where all values are zeros, so that the bound is zero.
func isWrongZero(got float64, bound *big.Rat) bool {
	return bound.Sign() == 0 && got == 0 && math.Signbit(got)
}

func within(got float64, exact, bound *big.Rat) bool {
	difference := new(big.Rat).SetFloat64(got)
	difference.Sub(difference, exact)
	return difference.Abs(difference).Cmp(bound) <= 0
}

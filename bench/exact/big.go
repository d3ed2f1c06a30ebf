package exact

import (
	"math"
	"math/big"

	"example.org/compute-pipeline/bench/work"
)

// IntMoments returns the same of finite values by big.Int: each value is a multiple of the
// least power of two among them.
func IntMoments(points []work.Point) work.Moments {
	if len(points) == 0 {
		return work.Moments{}
	}
	least := math.MaxInt
	for _, p := range points {
		if p.Value != 0 {
			_, e := math.Frexp(p.Value)
			least = min(least, max(e-53, -1074))
		}
	}
	if least == math.MaxInt {
		return work.Moments{}
	}
	var sum, squares, x, square big.Int
	for _, p := range points {
		fraction, e := math.Frexp(p.Value)
		x.SetInt64(int64(math.Ldexp(fraction, 53)))
		if shift := e - 53 - least; shift >= 0 {
			x.Lsh(&x, uint(shift))
		} else {
			x.Rsh(&x, uint(-shift)) // zeros of a subnormal number
		}
		sum.Add(&sum, &x)
		squares.Add(&squares, square.Mul(&x, &x))
	}
	n := big.NewInt(int64(len(points)))
	numerator := new(big.Int).Mul(&squares, n)
	numerator.Sub(numerator, square.Mul(&sum, &sum))
	return work.Moments{
		Mean:     ratio(&sum, n, least),
		Variance: ratio(numerator, new(big.Int).Mul(n, n), 2*least),
		Sum:      ratio(&sum, big.NewInt(1), least),
	}
}

// ratio returns a/b times 2^exponent, rounded once.
func ratio(a, b *big.Int, exponent int) float64 {
	scale := new(big.Int).Lsh(big.NewInt(1), uint(max(exponent, -exponent)))
	r := new(big.Rat).SetFrac(a, b)
	if exponent < 0 {
		r.Mul(r, new(big.Rat).SetFrac(big.NewInt(1), scale))
	} else {
		r.Mul(r, new(big.Rat).SetInt(scale))
	}
	f, _ := r.Float64()
	return f
}

// RatMoments returns the same of finite values by big.Rat, as one would write it.
func RatMoments(points []work.Point) work.Moments {
	if len(points) == 0 {
		return work.Moments{}
	}
	var sum, squares, x, square big.Rat
	for _, p := range points {
		x.SetFloat64(p.Value)
		sum.Add(&sum, &x)
		squares.Add(&squares, square.Mul(&x, &x))
	}
	return rationals(&sum, &squares, len(points))
}

// room is a precision with which no sum of fewer than 2^64 doubles or squares of them is rounded:
// a square has bits from 2^-2148 to 2^2047.
const room = 2048 + 2148 + 64

// FloatMoments returns the same of finite values by big.Float, with sums that have room for all
// bits.
func FloatMoments(points []work.Point) work.Moments {
	if len(points) == 0 {
		return work.Moments{}
	}
	var x, square big.Float
	var sum, squares big.Float
	sum.SetPrec(room)
	squares.SetPrec(room)
	x.SetPrec(53)
	square.SetPrec(106)
	for _, p := range points {
		x.SetFloat64(p.Value)
		sum.Add(&sum, &x)
		squares.Add(&squares, square.Mul(&x, &x))
	}
	exactSum, _ := sum.Rat(nil)
	exactSquares, _ := squares.Rat(nil)
	return rationals(exactSum, exactSquares, len(points))
}

// rationals returns the moments of n values with this sum and sum of squares.
func rationals(sum, squares *big.Rat, n int) work.Moments {
	count := new(big.Rat).SetInt64(int64(n))
	mean := new(big.Rat).Quo(sum, count)
	variance := new(big.Rat).Quo(squares, count)
	variance.Sub(variance, new(big.Rat).Mul(mean, mean))
	var m work.Moments
	m.Mean, _ = mean.Float64()
	m.Variance, _ = variance.Float64()
	m.Sum, _ = sum.Float64()
	return m
}

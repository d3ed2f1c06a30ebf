package reference

import (
	"math"
	"math/big"

	"example.org/compute-pipeline/gohost"
)

// unit is the exponent of the smallest double: every finite double is an integer times
// 2^-1074, and its square an integer times 2^-2148.
const unit = 1074

// Sums are the exact sums of the finite values of some points.
type Sums struct {
	// N is the number of points, finite or not.
	N int
	// X and Abs are the sums of x and |x| in units of 2^-1074, Squares that of x² in
	// units of 2^-2148.
	X, Abs, Squares *big.Int
	// NaN, Plus and Minus report which values that are not finite there are.
	NaN, Plus, Minus bool
}

// SumsOf adds up the values of points.
func SumsOf(points []gohost.Datapoint) *Sums {
	s := &Sums{N: len(points), X: new(big.Int), Abs: new(big.Int), Squares: new(big.Int)}
	var x, square big.Int
	for _, p := range points {
		switch {
		case math.IsNaN(p.Value):
			s.NaN = true
		case math.IsInf(p.Value, 1):
			s.Plus = true
		case math.IsInf(p.Value, -1):
			s.Minus = true
		default:
			mantissa, exponent := parts(p.Value)
			x.Lsh(x.SetUint64(mantissa), exponent)
			square.SetUint64(mantissa)
			square.Lsh(square.Mul(&square, &square), 2*exponent)
			s.Squares.Add(s.Squares, &square)
			s.Abs.Add(s.Abs, &x)
			if math.Signbit(p.Value) {
				x.Neg(&x)
			}
			s.X.Add(s.X, &x)
		}
	}
	return s
}

// parts returns m and e with |x| = m 2^(e-1074), for a finite x.
func parts(x float64) (mantissa uint64, exponent uint) {
	bits := math.Float64bits(x)
	field, fraction := uint(bits>>52)&0x7ff, bits&(1<<52-1)
	if field == 0 {
		return fraction, 0
	}
	return fraction | 1<<52, field - 1
}

// IsFinite reports whether all values are finite.
func (s *Sums) IsFinite() bool { return !s.NaN && !s.Plus && !s.Minus }

// Sum returns the exact sum of the finite values.
func (s *Sums) Sum() *big.Rat { return ratio(s.X, big.NewInt(1), unit) }

// SumOfAbs returns the exact sum of the magnitudes of the finite values.
func (s *Sums) SumOfAbs() *big.Rat { return ratio(s.Abs, big.NewInt(1), unit) }

// SumOfSquares returns the exact sum of the squares of the finite values.
func (s *Sums) SumOfSquares() *big.Rat { return ratio(s.Squares, big.NewInt(1), 2*unit) }

// Mean returns the exact mean of N > 0 finite values.
func (s *Sums) Mean() *big.Rat { return ratio(s.X, big.NewInt(int64(s.N)), unit) }

// Variance returns the exact population variance of N > 0 finite values:
// (N Σx² - (Σx)²) / N².
func (s *Sums) Variance() *big.Rat {
	n := big.NewInt(int64(s.N))
	numerator := new(big.Int).Mul(n, s.Squares)
	numerator.Sub(numerator, new(big.Int).Mul(s.X, s.X))
	return ratio(numerator, n.Mul(n, n), 2*unit)
}

// ratio returns numerator / (denominator 2^exponent).
func ratio(numerator, denominator *big.Int, exponent uint) *big.Rat {
	return new(big.Rat).SetFrac(numerator, new(big.Int).Lsh(denominator, exponent))
}

// Round returns the double that is nearest to x, ties to even. A result beyond the
// largest double is an infinity, zero is +0, and what rounds to zero keeps its sign.
func Round(x *big.Rat) float64 {
	f, _ := x.Float64()
	return f
}

// Aggregate returns what compute-aggregate must return for these sums in the exact grade.
func (s *Sums) Aggregate() gohost.Aggregate {
	switch {
	case s.N == 0:
		return gohost.Aggregate{}
	case s.NaN || s.Plus && s.Minus:
		return gohost.Aggregate{Mean: canonicalNaN, Variance: canonicalNaN, Sum: canonicalNaN}
	case s.Plus:
		return gohost.Aggregate{Mean: math.Inf(1), Variance: canonicalNaN, Sum: math.Inf(1)}
	case s.Minus:
		return gohost.Aggregate{Mean: math.Inf(-1), Variance: canonicalNaN, Sum: math.Inf(-1)}
	}
	return gohost.Aggregate{Mean: Round(s.Mean()), Variance: Round(s.Variance()), Sum: Round(s.Sum())}
}

// canonicalNaN is the NaN of every result.
var canonicalNaN = math.Float64frombits(0x7ff8_0000_0000_0000)

// Aggregate returns what compute-aggregate must return in the exact grade.
func Aggregate(points []gohost.Datapoint) gohost.Aggregate { return SumsOf(points).Aggregate() }

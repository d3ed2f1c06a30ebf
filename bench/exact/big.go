package exact

import (
	"math"
	"math/big"

	"example.org/compute-pipeline/bench/work"
)

// BigMoments returns the same of finite values by math/big: each value is a multiple of the
// least power of two among them.
func BigMoments(points []work.Point) work.Moments {
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

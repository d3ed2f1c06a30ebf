package work

import (
	"math"
	"math/big"

	"example.org/compute-pipeline/gohost"
)

// scale is what the values are multiplied by, as a power of two, to make them
// whole: those of [points] have no bits below 2^-scale.
const scale = 300

// Exact computes the statistics in rational arithmetic, rounded once: nothing
// of it is the engine's. Values must be finite and have no bits below 2^-scale.
func Exact(points []gohost.Datapoint) gohost.Statistics {
	if len(points) == 0 {
		return gohost.Statistics{}
	}
	stat := gohost.Statistics{
		Count: uint64(len(points)), Min: math.Inf(1), Max: math.Inf(-1), First: math.MaxUint64,
	}
	var sum, squares, x, xx big.Int
	for _, p := range points {
		whole(&x, p.Value)
		sum.Add(&sum, &x)
		squares.Add(&squares, xx.Mul(&x, &x))
		stat.Min, stat.Max = min(stat.Min, p.Value), max(stat.Max, p.Value)
		stat.First, stat.Last = min(stat.First, p.Timestamp), max(stat.Last, p.Timestamp)
	}
	n := big.NewInt(int64(len(points)))
	one := new(big.Int).Lsh(big.NewInt(1), scale)
	stat.Sum = rounded(&sum, one)
	stat.Mean = rounded(&sum, new(big.Int).Mul(n, one))
	// n Σx² - (Σx)² over n², both scaled twice.
	above := new(big.Int).Mul(n, &squares)
	above.Sub(above, new(big.Int).Mul(&sum, &sum))
	below := new(big.Int).Mul(n, one)
	stat.Variance = rounded(above, below.Mul(below, below))
	return stat
}

// whole sets x to v times 2^scale.
func whole(x *big.Int, v float64) {
	fraction, exponent := math.Frexp(v)
	x.SetInt64(int64(math.Ldexp(fraction, 53)))
	shift := exponent - 53 + scale
	if shift >= 0 {
		x.Lsh(x, uint(shift))
		return
	}
	x.Quo(x, new(big.Int).Lsh(big.NewInt(1), uint(-shift)))
}

// rounded is the double nearest to a quotient, ties to even.
func rounded(above, below *big.Int) float64 {
	v, _ := new(big.Rat).SetFrac(above, below).Float64()
	return v
}

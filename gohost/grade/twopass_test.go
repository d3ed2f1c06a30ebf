package grade_test

import (
	"math"
	"math/rand/v2"

	"example.org/compute-pipeline/gohost"
)

// Algorithms that stable modules may use, and some that they may not.

type algorithm struct {
	name      string
	aggregate func(values []float64) gohost.Aggregate
}

// sumOf is an order of additions.
type sumOf func(terms []float64) float64

func forward(terms []float64) (sum float64) {
	for _, x := range terms {
		sum += x
	}
	return sum
}

func backward(terms []float64) (sum float64) {
	for i := range terms {
		sum += terms[len(terms)-1-i]
	}
	return sum
}

func pairwise(terms []float64) float64 {
	switch n := len(terms); n {
	case 0:
		return 0
	case 1:
		return terms[0] + 0
	default:
		return pairwise(terms[:n/2]) + pairwise(terms[n/2:])
	}
}

// lanes adds as SIMD does: to several sums in turn.
func lanes(terms []float64) float64 {
	var sums [4]float64
	for i, x := range terms {
		sums[i%4] += x
	}
	return (sums[0] + sums[2]) + (sums[1] + sums[3])
}

// anyTree adds up in a tree of random shape.
func anyTree(terms []float64) float64 {
	random := rand.New(rand.NewPCG(uint64(len(terms)), 7))
	var tree func(terms []float64) float64
	tree = func(terms []float64) float64 {
		switch n := len(terms); n {
		case 0:
			return 0
		case 1:
			return terms[0] + 0
		default:
			cut := 1 + random.IntN(n-1)
			return tree(terms[:cut]) + tree(terms[cut:])
		}
	}
	return tree(terms)
}

// shuffled adds up in a random order.
func shuffled(terms []float64) float64 {
	random := rand.New(rand.NewPCG(uint64(len(terms)), 8))
	other := make([]float64, len(terms))
	for i, j := range random.Perm(len(terms)) {
		other[i] = terms[j]
	}
	return forward(other)
}

// compensated is Kahan's summation.
func compensated(terms []float64) (sum float64) {
	var c float64
	for _, x := range terms {
		y := x - c
		t := sum + y
		c = (t - sum) - y
		sum = t
	}
	return sum
}

// twoPass is the algorithm that the bounds are for: the mean first, then the squares of the
// differences from it.
func twoPass(values []float64, sum sumOf) gohost.Aggregate {
	n := float64(len(values))
	s := sum(values)
	mean := s / n
	squares := make([]float64, len(values))
	for i, x := range values {
		squares[i] = float64((x - mean) * (x - mean))
	}
	return gohost.Aggregate{Mean: mean, Variance: sum(squares) / n, Sum: s}
}

// fused is the two-pass algorithm with fused multiplications and additions.
func fused(values []float64) gohost.Aggregate {
	n := float64(len(values))
	s := forward(values)
	mean := s / n
	var squares float64
	for _, x := range values {
		squares = math.FMA(x-mean, x-mean, squares)
	}
	return gohost.Aggregate{Mean: mean, Variance: squares / n, Sum: s}
}

// corrected is the two-pass algorithm with Björck's correction for the error of the mean.
func corrected(values []float64) gohost.Aggregate {
	n := float64(len(values))
	s := forward(values)
	mean := s / n
	var squares, rest float64
	for _, x := range values {
		squares += float64((x - mean) * (x - mean))
		rest += x - mean
	}
	return gohost.Aggregate{Mean: mean, Variance: max(0, squares-rest*rest/n) / n, Sum: s}
}

var stableAlgorithms = []algorithm{
	{"forward", func(v []float64) gohost.Aggregate { return twoPass(v, forward) }},
	{"backward", func(v []float64) gohost.Aggregate { return twoPass(v, backward) }},
	{"pairwise", func(v []float64) gohost.Aggregate { return twoPass(v, pairwise) }},
	{"lanes", func(v []float64) gohost.Aggregate { return twoPass(v, lanes) }},
	{"any tree", func(v []float64) gohost.Aggregate { return twoPass(v, anyTree) }},
	{"any order", func(v []float64) gohost.Aggregate { return twoPass(v, shuffled) }},
	{"compensated", func(v []float64) gohost.Aggregate { return twoPass(v, compensated) }},
	{"fused", fused},
	{"corrected", corrected},
}

// onePass is E[x²] - E[x]².
func onePass(values []float64) gohost.Aggregate {
	n := float64(len(values))
	var s, squares float64
	for _, x := range values {
		s += x
		squares += float64(x * x)
	}
	return gohost.Aggregate{Mean: s / n, Variance: squares/n - s/n*(s/n), Sum: s}
}

// single computes in float32.
func single(values []float64) gohost.Aggregate {
	var s, squares float32
	for _, x := range values {
		s += float32(x)
	}
	mean := s / float32(len(values))
	for _, x := range values {
		squares += (float32(x) - mean) * (float32(x) - mean)
	}
	return gohost.Aggregate{Mean: float64(mean), Variance: float64(squares / float32(len(values))), Sum: float64(s)}
}

// sample divides by n - 1.
func sample(values []float64) gohost.Aggregate {
	a := twoPass(values, forward)
	a.Variance *= float64(len(values)) / float64(len(values)-1)
	return a
}

// welford updates mean and variance with each value.
func welford(values []float64) gohost.Aggregate {
	var mean, squares float64
	for i, x := range values {
		before := x - mean
		mean += before / float64(i+1)
		squares += float64(before * (x - mean))
	}
	return gohost.Aggregate{Mean: mean, Variance: squares / float64(len(values)), Sum: forward(values)}
}

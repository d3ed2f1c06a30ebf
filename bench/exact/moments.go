package exact

import (
	"math"
	"math/bits"

	"example.org/compute-pipeline/bench/work"
)

// piece is the number of points after which the long sums carry.
const piece = 1 << 20

type sums struct{ x, squares long }

// Moments returns the exact mean, population variance and sum of finite values, each rounded
// once.
func Moments(points []work.Point) work.Moments {
	n := uint64(len(points))
	if n == 0 {
		return work.Moments{}
	}
	var x [sumLimbs]int64
	var squares [squareLimbs]int64
	s := sums{long{x[:], sumLimbs, 0}, long{squares[:], squareLimbs, 0}}
	for len(points) > 0 {
		rest := points[min(piece, len(points)):]
		if !s.accumulate(points[:len(points)-len(rest)]) {
			return notFinite(points)
		}
		s.x.settle()
		s.squares.settle()
		points = rest
	}
	return s.moments(n)
}

// accumulate keeps a grid until the kernel refuses a block.
func (s *sums) accumulate(points []work.Point) bool {
	var p pending
	exponent, _ := exponentFor(energy(points[:min(block, len(points))]))
	g := newGrid(exponent)
	for len(points) > 0 {
		b := points[:min(block, len(points))]
		points = points[len(b):]
		if !p.add(b, &g) {
			p.flush(&g, s)
			exponent, ok := exponentFor(energy(b))
			if ok && exponent != g.exponent {
				g = newGrid(exponent)
				ok = p.add(b, &g)
			} else {
				ok = false
			}
			if !ok && !s.integers(b) {
				return false
			}
		}
		if p.blocks >= maxPending {
			p.flush(&g, s)
		}
	}
	p.flush(&g, s)
	return true
}

func energy(points []work.Point) float64 {
	var sum float64
	for i := range points {
		sum += points[i].Value * points[i].Value
	}
	return sum
}

// notFinite returns what the moments are where a value is not finite.
func notFinite(points []work.Point) work.Moments {
	var sum float64
	for _, p := range points {
		if math.IsNaN(p.Value) || math.IsInf(p.Value, 0) {
			sum += p.Value
		}
	}
	nan := math.Float64frombits(0x7ff8 << 48)
	if math.IsNaN(sum) {
		sum = nan
	}
	return work.Moments{Mean: sum, Variance: nan, Sum: sum}
}

// moments divides: S/n and (nQ - S²)/n².
func (s *sums) moments(n uint64) work.Moments {
	negative := s.x.magnitude()
	s.squares.magnitude()
	var room [squareLimbs + 10]uint32
	const extra = 6
	digits := room[:extra+max(0, s.x.hi-s.x.lo)]
	for i := s.x.lo; i < s.x.hi; i++ {
		digits[extra+i-s.x.lo] = uint32(s.x.limbs[i])
	}
	exponent := 32*(s.x.lo-extra) + sumBit0
	m := work.Moments{Sum: round(negative, digits, exponent, false)}
	rest := divide(digits, n)
	m.Mean = round(negative, digits, exponent, rest)

	clear(digits)
	digits, first := s.numerator(n, extra, room[:])
	rest = divide(digits, n)
	rest = divide(digits, n) || rest
	m.Variance = round(false, digits, 32*(first-extra)+squareBit0, rest)
	return m
}

// numerator returns nQ - S² over extra zero limbs.
func (s *sums) numerator(n uint64, extra int, room []uint32) ([]uint32, int) {
	x, q := &s.x, &s.squares
	if q.lo >= q.hi {
		return room[:0], 0
	}
	first, end := q.lo, q.hi+2
	if x.lo < x.hi {
		first, end = min(first, 2*x.lo), max(end, 2*x.hi+1)
	}
	result := room[:extra+end+1-first]
	for half, factor := range [2]uint64{n & limbMask, n >> 32} {
		var carry uint64
		at := extra + q.lo - first + half
		for i := q.lo; i < q.hi; i++ {
			value := factor*uint64(q.limbs[i]) + uint64(result[at]) + carry
			result[at], carry = uint32(value), value>>32
			at++
		}
		for ; carry != 0; at++ {
			value := uint64(result[at]) + carry
			result[at], carry = uint32(value), value>>32
		}
	}
	for i := x.lo; i < x.hi; i++ {
		var borrow int64
		at := extra + x.lo + i - first
		for j := x.lo; j < x.hi; j++ {
			product := uint64(x.limbs[i]) * uint64(x.limbs[j])
			value := int64(result[at]) - int64(product&limbMask) + borrow
			result[at] = uint32(value)
			borrow = value>>32 - int64(product>>32)
			at++
		}
		for ; borrow != 0; at++ {
			value := int64(result[at]) + borrow
			result[at], borrow = uint32(value), value>>32
		}
	}
	return result, first
}

// divide divides in place, and reports whether there is a remainder.
func divide(digits []uint32, n uint64) bool {
	var rest uint64
	for i := len(digits) - 1; i >= 0; i-- {
		high, low := rest>>32, rest<<32|uint64(digits[i])
		var quotient uint64
		quotient, rest = bits.Div64(high, low, n)
		digits[i] = uint32(quotient)
	}
	return rest != 0
}

// round returns the double nearest to digits times 2^exponent, ties to even. rest says that the
// number is a little larger.
func round(negative bool, digits []uint32, exponent int, rest bool) float64 {
	top := len(digits) - 1
	for top >= 0 && digits[top] == 0 {
		top--
	}
	if top < 0 {
		return 0
	}
	digit := func(back int) uint64 {
		if back > top {
			return 0
		}
		return uint64(digits[top-back])
	}
	shift := bits.LeadingZeros32(digits[top])
	leading := (digit(0)<<32|digit(1))<<shift | digit(2)<<shift>>32
	rest = rest || uint32(digit(2)<<shift) != 0
	for i := 0; i < top-2 && !rest; i++ {
		rest = digits[i] != 0
	}
	msb := exponent + 32*(top+1) - 1 - shift
	sign := 1.0
	if negative {
		sign = -1
	}
	if msb > 1023 {
		return math.Inf(int(sign))
	}
	precision := 53
	if msb < -1022 {
		precision = msb + 1075
	}
	if precision < 0 {
		return math.Copysign(0, sign)
	}
	cut := uint(64 - precision)
	significand := leading >> cut // 0 where cut is 64
	half := leading>>(cut-1)&1 == 1
	below := leading&(1<<(cut-1)-1) != 0
	if half && (below || rest || significand&1 == 1) {
		significand++
	}
	var field uint64
	if msb >= -1022 {
		field = uint64(msb+1022) << 52
	}
	return math.Copysign(math.Float64frombits(field+significand), sign)
}

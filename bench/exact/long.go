package exact

import (
	"math"
	"math/bits"

	"example.org/compute-pipeline/bench/work"
)

const (
	sumLimbs, squareLimbs = 72, 142
	sumBit0, squareBit0   = -1074, -2148
	limbMask              = 0xffff_ffff
)

// long is a fixed-point number of 32-bit limbs, each in an int64, so that additions need no
// carry. Limbs outside lo..hi are zero.
type long struct {
	limbs  []int64
	lo, hi int
}

func (l *long) touch(lo, hi int) { l.lo, l.hi = min(l.lo, lo), max(l.hi, hi) }

// add adds value times 2^position.
func (l *long) add(value int64, position int) {
	if value == 0 {
		return
	}
	first, shift := position/32, uint(position%32)
	low := uint64(value) << shift
	l.touch(first, first+3)
	l.limbs[first] += int64(low & limbMask)
	l.limbs[first+1] += int64(low >> 32)
	l.limbs[first+2] += value >> 32 >> (32 - shift)
}

// magnitude carries, leaves digits, and reports whether the number was negative.
func (l *long) magnitude() bool {
	negative := l.carry() < 0
	if negative {
		for i := l.lo; i < l.hi; i++ {
			l.limbs[i] = -l.limbs[i]
		}
		l.carry()
	}
	for l.hi > l.lo && l.limbs[l.hi-1] == 0 {
		l.hi--
	}
	for l.lo < l.hi && l.limbs[l.lo] == 0 {
		l.lo++
	}
	if l.lo >= l.hi {
		l.lo, l.hi = len(l.limbs), 0
	}
	return negative
}

func (l *long) settle() {
	if l.magnitude() {
		for i := l.lo; i < l.hi; i++ {
			l.limbs[i] = -l.limbs[i]
		}
	}
}

func (l *long) carry() int64 {
	var carry int64
	for i := l.lo; i < l.hi; i++ {
		value := l.limbs[i] + carry
		l.limbs[i], carry = value&limbMask, value>>32
	}
	if carry != 0 {
		l.limbs[l.hi] = carry
		l.hi++
	}
	return carry
}

// integers adds points one by one, whatever their values, and reports whether all are finite.
func (s *sums) integers(points []work.Point) bool {
	finite := true
	for i := range points {
		b := math.Float64bits(points[i].Value)
		place, mantissa := int(b>>52&0x7ff), b&(1<<52-1)
		switch place {
		case 0x7ff:
			finite = false
			continue
		case 0:
		default:
			place, mantissa = place-1, mantissa|1<<52
		}
		sign := int64(b) >> 63
		signed := func(digit uint64) int64 { return int64(digit)&limbMask ^ sign - sign }
		first, shift := place/32, uint(place%32)
		x := s.x.limbs[first : first+3]
		low := mantissa << shift
		x[0] += signed(low)
		x[1] += signed(low >> 32)
		x[2] += signed(mantissa >> 32 >> (32 - shift))
		s.x.touch(first, first+3)

		// m² in four words of 64 bits at most, from an even place.
		high, lo := bits.Mul64(mantissa, mantissa)
		first, shift = place/16, uint(2*place%32)
		q := s.squares.limbs[first : first+5]
		w0, w1 := lo<<shift, high<<shift|lo>>32>>(32-shift)
		w2 := high >> 32 >> (32 - shift)
		q[0] += int64(w0 & limbMask)
		q[1] += int64(w0 >> 32)
		q[2] += int64(w1 & limbMask)
		q[3] += int64(w1 >> 32)
		q[4] += int64(w2)
		s.squares.touch(first, first+5)
	}
	return finite
}

package window

import (
	"encoding/binary"
	"hash/crc32"
	"math"
	"math/bits"

	"example.org/compute-pipeline/gohost"
)

// sums have what a state of the engine has, as integers of a fixed size: the exact sums of the values and of
// their squares. A point that is alone in its call of the engine costs some hundred times more than here, and
// many windows of few points have no others. They hold values whose magnitudes differ by less than 2^43; a
// state holds all.
//
// By the inequality of Cauchy and Schwarz, sum² <= count × squares < 2^32 2^192, so that only the squares can
// overflow.
type sums struct {
	min, max    float64
	first, last uint64
	sum         [2]uint64 // lowest word first, in units of 2^(unit - 1075), two's complement
	squares     [3]uint64 // in units of that unit's square
	count       uint32
	unit        uint16 // the least exponent so far as a double has it, but 1 for subnormals; 0 without values but zeros
}

const (
	mantissaBits = 52
	exponentMask = 0x7ff
	squaresBits  = 192
	// maxShift is what a square of 106 bits may be shifted by, halved.
	maxShift = (squaresBits - 2*(mantissaBits+1)) / 2
)

// add adds a point. It reports false if the sums do not hold it; they have the same points as before.
func (s *sums) add(p gohost.Datapoint) bool {
	double := math.Float64bits(p.Value)
	magnitude, exponent := double&(1<<mantissaBits-1), int(double>>mantissaBits&exponentMask)
	switch exponent {
	case exponentMask:
		return false // not finite
	case 0:
		exponent = 1
	default:
		magnitude |= 1 << mantissaBits
	}
	if s.count == math.MaxUint32 || magnitude != 0 && !s.addMagnitude(magnitude, exponent, double>>63 != 0) {
		return false
	}
	if s.count == 0 {
		s.min, s.max, s.first, s.last = p.Value, p.Value, p.Timestamp, p.Timestamp
	} else {
		s.min, s.max = min(s.min, p.Value), max(s.max, p.Value)
		s.first, s.last = min(s.first, p.Timestamp), max(s.last, p.Timestamp)
	}
	s.count++
	return true
}

func (s *sums) addMagnitude(magnitude uint64, exponent int, negative bool) bool {
	if s.unit == 0 {
		s.unit = uint16(exponent)
	}
	if exponent < int(s.unit) && !s.lower(exponent) {
		return false
	}
	shift := uint(exponent - int(s.unit))
	if shift > maxShift {
		return false
	}
	high, low := bits.Mul64(magnitude, magnitude)
	square := [3]uint64{low, high}
	shiftLeft(square[:], 2*shift)
	var squares [3]uint64
	var carry uint64
	for i := range squares {
		squares[i], carry = bits.Add64(s.squares[i], square[i], carry)
	}
	if carry != 0 {
		return false
	}
	s.squares = squares
	low, high = magnitude<<shift, magnitude>>(64-shift)
	if negative {
		s.sum[0], carry = bits.Sub64(s.sum[0], low, 0)
		s.sum[1], _ = bits.Sub64(s.sum[1], high, carry)
	} else {
		s.sum[0], carry = bits.Add64(s.sum[0], low, 0)
		s.sum[1], _ = bits.Add64(s.sum[1], high, carry)
	}
	return true
}

// merge adds the points of other sums. It reports false if the sums do not hold them; both have the same
// points as before.
func (s *sums) merge(other *sums) bool {
	switch {
	case other.count == 0:
		return true
	case s.count == 0:
		*s = *other
		return true
	case uint64(s.count)+uint64(other.count) > math.MaxUint32:
		return false
	}
	o := *other
	switch {
	case o.unit == 0: // zeros
		o.unit = s.unit
	case s.unit == 0:
		s.unit = o.unit
	case o.unit < s.unit && !s.lower(int(o.unit)) || s.unit < o.unit && !o.lower(int(s.unit)):
		return false
	}
	squares, carry := s.squares, uint64(0)
	for i := range squares {
		squares[i], carry = bits.Add64(squares[i], o.squares[i], carry)
	}
	if carry != 0 {
		return false
	}
	s.squares = squares
	s.sum[0], carry = bits.Add64(s.sum[0], o.sum[0], 0)
	s.sum[1], _ = bits.Add64(s.sum[1], o.sum[1], carry)
	s.min, s.max = min(s.min, o.min), max(s.max, o.max)
	s.first, s.last = min(s.first, o.first), max(s.last, o.last)
	s.count += o.count
	return true
}

// lower makes the unit less. It reports false if the squares are too large for that.
func (s *sums) lower(exponent int) bool {
	shift := uint(int(s.unit) - exponent)
	if 2*shift > uint(squaresBits-bitLen(s.squares[:])) {
		return false
	}
	shiftLeft(s.squares[:], 2*shift)
	shiftLeft(s.sum[:], shift)
	s.unit = uint16(exponent)
	return true
}

// shiftLeft multiplies a number, lowest word first, by 2^n.
func shiftLeft(words []uint64, n uint) {
	whole, n := int(n/64), n%64
	for i := len(words) - 1; i >= 0; i-- {
		var word uint64
		if i >= whole {
			word = words[i-whole] << n
		}
		if i > whole {
			word |= words[i-whole-1] >> (64 - n)
		}
		words[i] = word
	}
}

// bitLen returns the number of bits of a number, lowest word first.
func bitLen(words []uint64) int {
	for i := len(words) - 1; i >= 0; i-- {
		if words[i] != 0 {
			return 64*i + bits.Len64(words[i])
		}
	}
	return 0
}

// appendState appends the state of the points, of which there must be some, as docs/contract.md has it.
func (s *sums) appendState(dst []byte) []byte {
	begin := len(dst)
	sum, negative := s.sum, byte(s.sum[1]>>63)
	if negative != 0 {
		var borrow uint64
		sum[0], borrow = bits.Sub64(0, sum[0], 0)
		sum[1], _ = bits.Sub64(0, sum[1], borrow)
	}
	dst = append(dst, "CPST\x01"...)
	dst = append(dst, negative, 0, 0, 0, 0)
	dst = binary.LittleEndian.AppendUint64(dst, uint64(s.count))
	for _, word := range [...]uint64{math.Float64bits(s.min), math.Float64bits(s.max), s.first, s.last} {
		dst = binary.LittleEndian.AppendUint64(dst, word)
	}
	if s.unit > 0 {
		var limbs [4]byte // the places and numbers of both
		dst, limbs[0], limbs[1] = appendLimbs(dst, sum[:], uint(s.unit)-1)
		dst, limbs[2], limbs[3] = appendLimbs(dst, s.squares[:], 2*(uint(s.unit)-1))
		copy(dst[begin+6:], limbs[:])
	}
	return binary.LittleEndian.AppendUint32(dst, crc32.ChecksumIEEE(dst[begin:]))
}

// appendLimbs appends a number times 2^shift, as limbs of 32 bits without zeros at either end. It returns the
// place of the first and their number.
func appendLimbs(dst []byte, words []uint64, shift uint) (_ []byte, place, n byte) {
	var room [len(sums{}.squares) + 1]uint64
	copy(room[:], words)
	shiftLeft(room[:], shift%32)
	from, to := 0, 2*len(room)
	limb := func(i int) uint32 { return uint32(room[i/2] >> (i % 2 * 32)) }
	for to > 0 && limb(to-1) == 0 {
		to--
	}
	if to == 0 {
		return dst, 0, 0
	}
	for limb(from) == 0 {
		from++
	}
	for i := from; i < to; i++ {
		dst = binary.LittleEndian.AppendUint32(dst, limb(i))
	}
	return dst, byte(from + int(shift/32)), byte(to - from)
}

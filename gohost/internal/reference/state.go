package reference

import (
	"encoding/binary"
	"math"
	"math/big"

	"example.org/compute-pipeline/gohost"
)

// Statistics returns what finish must return for the state of points.
func Statistics(points []gohost.Datapoint) gohost.Statistics {
	if len(points) == 0 {
		return gohost.Statistics{}
	}
	a := Aggregate(points)
	s := gohost.Statistics{
		Count: uint64(len(points)), Mean: a.Mean, Variance: a.Variance, Sum: a.Sum,
		Min: math.Inf(1), Max: math.Inf(-1), First: math.MaxUint64,
	}
	for _, p := range points {
		s.First, s.Last = min(s.First, p.Timestamp), max(s.Last, p.Timestamp)
		s.Min, s.Max = min(s.Min, p.Value), max(s.Max, p.Value) // NaN wins; -0 is below 0
	}
	if math.IsNaN(s.Min) {
		s.Min, s.Max = canonicalNaN, canonicalNaN
	}
	return s
}

// State returns the bytes of the state of points, as fold and merge must return them.
func State(points []gohost.Datapoint) []byte {
	if len(points) == 0 {
		return []byte{}
	}
	sums, stat := SumsOf(points), Statistics(points)
	negative := byte(0)
	var x, squares digits
	if sums.IsFinite() {
		x, squares = digitsOf(sums.X), digitsOf(sums.Squares)
		if sums.X.Sign() < 0 {
			negative = 1
		}
	}
	le := binary.LittleEndian
	state := append([]byte("CPST"), 1, negative, byte(x.first), byte(len(x.limbs)), byte(squares.first), byte(len(squares.limbs)))
	for _, word := range []uint64{stat.Count, math.Float64bits(stat.Min), math.Float64bits(stat.Max), stat.First, stat.Last} {
		state = le.AppendUint64(state, word)
	}
	for _, limb := range append(x.limbs, squares.limbs...) {
		state = le.AppendUint32(state, limb)
	}
	return le.AppendUint32(state, CRC32(state))
}

// digits are a magnitude in limbs of 32 bits without zero limbs at either end: the place
// of the lowest one, and the limbs from there.
type digits struct {
	first int
	limbs []uint32
}

func digitsOf(x *big.Int) (d digits) {
	bytes := new(big.Int).Abs(x).Bytes() // the highest first
	var limbs []uint32
	for end := len(bytes); end > 0; end -= 4 {
		limb := uint32(0)
		for _, b := range bytes[max(0, end-4):end] {
			limb = limb<<8 | uint32(b)
		}
		limbs = append(limbs, limb)
	}
	for len(limbs) > 0 && limbs[0] == 0 {
		limbs = limbs[1:]
		d.first++
	}
	d.limbs = limbs
	return d
}

package window

import (
	"encoding/binary"
	"errors"
	"math"
	"math/big"
	"math/bits"

	"example.org/compute-pipeline/gohost"
)

// An Extra is what statistics of a window need beside those of the engine.
type Extra struct {
	// State is the engine's, for [Set.NeedsState].
	State []byte
	// Ends are the values of the first and the last point, for [Set.NeedsEnds].
	Ends Ends
	// Sorted returns the i-th smallest value in the order of [Less], from 0 on, for [Set.Quantiles].
	Sorted func(i uint64) float64
}

// Complete adds to a row of [Grid.Row] what the set needs beside the statistics of the engine, and makes the variance that of a sample
// with [Set.Sample].
func (s Set) Complete(row *Row, clock Clock, extra Extra) error {
	if s.NeedsState() {
		variance, stddev, err := SampleOf(extra.State)
		if err != nil {
			return err
		}
		row.Stat.Variance, row.StdDev = variance, stddev
	}
	if s.NeedsEnds() {
		row.FirstValue, row.LastValue = extra.Ends.First, extra.Ends.Last
		row.Rate = rate(extra.Ends, row.Stat, clock.Unit.PerSecond())
	}
	for _, q := range s.Quantiles() {
		row.Quantiles = append(row.Quantiles, q.Of(row.Stat.Count, extra.Sorted))
	}
	return nil
}

// Ends are the values of the first and the last point of those that were added: see [FirstValue]. The
// same points give the same ends in any order.
type Ends struct {
	First, Last float64
	start, end  uint64
	hasPoints   bool
}

// Add adds a point.
func (e *Ends) Add(p gohost.Datapoint) { e.Merge(EndsOf(p)) }

// EndsOf returns the ends of one point.
func EndsOf(p gohost.Datapoint) Ends {
	return Ends{First: p.Value, Last: p.Value, start: p.Timestamp, end: p.Timestamp, hasPoints: true}
}

// Merge adds the points of others.
func (e *Ends) Merge(o Ends) {
	switch {
	case !o.hasPoints:
		return
	case !e.hasPoints:
		*e = o
		return
	}
	if o.start < e.start || o.start == e.start && Less(o.First, e.First) {
		e.start, e.First = o.start, o.First
	}
	if o.end > e.end || o.end == e.end && Less(e.Last, o.Last) {
		e.end, e.Last = o.end, o.Last
	}
}

// endsSize is the length of ends as bytes.
const endsSize = 32

// AppendBinary implements [encoding.BinaryAppender]: 32 bytes, for ends with points.
func (e Ends) AppendBinary(dst []byte) ([]byte, error) {
	for _, word := range []uint64{e.start, e.end, math.Float64bits(e.First), math.Float64bits(e.Last)} {
		dst = binary.LittleEndian.AppendUint64(dst, word)
	}
	return dst, nil
}

// UnmarshalBinary implements [encoding.BinaryUnmarshaler].
func (e *Ends) UnmarshalBinary(data []byte) error {
	if len(data) != endsSize {
		return errors.New("the ends of a window have 32 bytes")
	}
	word := func(i int) uint64 { return binary.LittleEndian.Uint64(data[8*i:]) }
	*e = Ends{start: word(0), end: word(1), First: math.Float64frombits(word(2)), Last: math.Float64frombits(word(3)), hasPoints: true}
	return nil
}

// rate returns (last - first) / (time between), rounded once. Without a time between it is NaN.
func rate(ends Ends, stat gohost.Statistics, perSecond uint64) float64 {
	if stat.First == stat.Last {
		return math.NaN()
	}
	if difference := ends.Last - ends.First; isInfinite(ends.First) || isInfinite(ends.Last) || math.IsNaN(difference) {
		return difference
	}
	r := new(big.Rat).Sub(rat(ends.Last), rat(ends.First))
	r.Mul(r, new(big.Rat).SetFrac(new(big.Int).SetUint64(perSecond), new(big.Int).SetUint64(stat.Last-stat.First)))
	rounded, _ := r.Float64()
	return rounded
}

func isInfinite(x float64) bool { return math.IsInf(x, 0) }

// SampleOf returns the variance of a sample, (Σx² - (Σx)² / n) / (n - 1), and its root, from the exact sums in a state of
// [gohost.Engine.Fold]. Each is rounded once. They are NaN for one point, and if a value is not finite.
func SampleOf(state []byte) (variance, stddev float64, err error) {
	sums, err := readSums(state)
	if err != nil {
		return 0, 0, err
	}
	if sums.count == 1 || !sums.finite {
		return math.NaN(), math.NaN(), nil
	}
	n := new(big.Int).SetUint64(sums.count)
	numerator := sums.spread(n)
	denominator := new(big.Int).Mul(n, new(big.Int).SetUint64(sums.count-1))
	return ratio(numerator, denominator, sums.exponent), root(numerator, denominator, sums.exponent), nil
}

// exactSums are what a state has of its points: the sum is x, that of the squares is squares 2^exponent, and the square of the
// sum is x² 2^exponent.
type exactSums struct {
	count      uint64
	finite     bool
	x, squares *big.Int
	exponent   int
}

// spread returns n Σx² - (Σx)², in units of 2^exponent.
func (s exactSums) spread(n *big.Int) *big.Int {
	spread := new(big.Int).Mul(n, s.squares)
	return spread.Sub(spread, new(big.Int).Mul(s.x, s.x))
}

var errNoState = errors.New("the module's state has no exact sums of the contract; variance and stddev of a sample need them")

// The places of a state's fields, as docs/contract.md has them.
const (
	stateHead = 50
	stateTail = 4
	valueBits = 1074
)

func readSums(state []byte) (exactSums, error) {
	if len(state) < stateHead+stateTail || string(state[:5]) != "CPST\x01" {
		return exactSums{}, errNoState
	}
	x, squares := int(state[7]), int(state[9])
	if len(state) != stateHead+4*(x+squares)+stateTail {
		return exactSums{}, errNoState
	}
	double := func(at int) float64 { return math.Float64frombits(binary.LittleEndian.Uint64(state[at:])) }
	s := exactSums{
		count:   binary.LittleEndian.Uint64(state[10:]),
		finite:  !math.IsNaN(double(18)) && !isInfinite(double(18)) && !isInfinite(double(26)),
		x:       limbs(state[stateHead : stateHead+4*x]),
		squares: limbs(state[stateHead+4*x : len(state)-stateTail]),
	}
	if s.count == 0 {
		return exactSums{}, errNoState
	}
	// Zeros below are left out, so that the numbers stay small.
	ofX, ofSquares := 32*int(state[6]), 32*int(state[8])
	low := min(ofX, ofSquares/2)
	s.x.Lsh(s.x, uint(ofX-low))
	s.squares.Lsh(s.squares, uint(ofSquares-2*low))
	s.exponent = 2 * (low - valueBits)
	return s, nil
}

// limbs returns the integer with limbs of 32 bits, the lowest first, little-endian.
func limbs(bytes []byte) *big.Int {
	words := make([]big.Word, (len(bytes)+7)/8*(64/bits.UintSize))
	for i, b := range bytes {
		const size = bits.UintSize / 8
		words[i/size] |= big.Word(b) << (8 * (i % size))
	}
	return new(big.Int).SetBits(words)
}

// enough is more than the bits of a double and two for its rounding.
const enough = 64

// ratio returns numerator / denominator 2^exponent, rounded once. The numerator is not negative.
func ratio(numerator, denominator *big.Int, exponent int) float64 {
	if numerator.Sign() == 0 {
		return 0
	}
	shift := uint(max(0, enough+denominator.BitLen()-numerator.BitLen()))
	quotient, remainder := new(big.Int).QuoRem(new(big.Int).Lsh(numerator, shift), denominator, new(big.Int))
	return rounded(quotient, remainder.Sign() != 0, exponent-int(shift))
}

// root returns the square root of numerator / denominator 2^exponent, rounded once. The exponent is even, and the numerator not
// negative.
func root(numerator, denominator *big.Int, exponent int) float64 {
	if numerator.Sign() == 0 {
		return 0
	}
	half := uint(max(0, 2*enough+denominator.BitLen()-numerator.BitLen())+1) / 2
	quotient, remainder := new(big.Int).QuoRem(new(big.Int).Lsh(numerator, 2*half), denominator, new(big.Int))
	integer := new(big.Int).Sqrt(quotient)
	inexact := remainder.Sign() != 0 || new(big.Int).Mul(integer, integer).Cmp(quotient) != 0
	return rounded(integer, inexact, exponent/2-int(half))
}

// rounded returns the double that is nearest to integer 2^exponent, or to a little more if that is inexact, ties to even. The
// integer has enough bits.
func rounded(integer *big.Int, inexact bool, exponent int) float64 {
	if inexact {
		integer.SetBit(integer, 0, 1) // below what decides a tie
	}
	exact := new(big.Float).SetPrec(uint(integer.BitLen())).SetInt(integer)
	double, _ := exact.SetMantExp(exact, exponent).Float64()
	return double
}

package window

import (
	"fmt"
	"math"
	"math/big"
	"math/bits"
	"strconv"
	"strings"
)

// A Quantile is that of linear interpolation: with n values in order, from index 0 on, the p-quantile is
// the value at index p (n - 1), and for a fraction of an index as far between two values. It is the
// method "linear" of NumPy (type 7 of Hyndman and Fan 1996), quantile_cont in DuckDB. It is computed exactly,
// and rounded once.
type Quantile struct {
	name      string // as it was written
	numerator uint64 // p = numerator / power
	power     uint64 // of ten
}

// String returns the name as it was written, such as "p99.9".
func (q Quantile) String() string { return q.name }

// maxQuantileDigits is the max number of decimals of a quantile, so that its fraction is in uint64.
const maxQuantileDigits = 15

// parseQuantile parses median, p with a percentage, or q with a number from 0 to 1.
func parseQuantile(name string) (Quantile, error) {
	if name == "median" {
		return Quantile{name, 1, 2}, nil
	}
	number, percent := strings.CutPrefix(name, "p")
	if !percent {
		var ok bool
		if number, ok = strings.CutPrefix(name, "q"); !ok {
			return Quantile{}, badStatistic(name)
		}
	}
	whole, decimals, _ := strings.Cut(number, ".")
	digits := whole + decimals
	if whole == "" || len(decimals) > maxQuantileDigits || len(whole) > 3 || strings.Trim(digits, "0123456789") != "" || strings.HasSuffix(number, ".") {
		return Quantile{}, badStatistic(name)
	}
	numerator, err := strconv.ParseUint(digits, 10, 64)
	if err != nil {
		return Quantile{}, badStatistic(name)
	}
	power := uint64(1)
	for range decimals {
		power *= 10
	}
	if percent {
		power *= 100
	}
	if numerator > power {
		return Quantile{}, fmt.Errorf("%s is no quantile: expected p0 to p100, or q0 to q1", name)
	}
	return Quantile{name, numerator, power}, nil
}

func badStatistic(name string) error {
	return fmt.Errorf("%.40q is no statistic; expected %s", name, PossibleStatistics)
}

// place returns the index of the value at or before the quantile of n values, and how far it is beyond that, in
// parts of the power.
func (q Quantile) place(n uint64) (index, beyond uint64) {
	hi, lo := bits.Mul64(q.numerator, n-1)
	return bits.Div64(hi, lo, q.power) // hi is less than the power, as numerator is at most that
}

// Of returns the quantile of n > 0 values, with the function that returns the i-th smallest, from 0 on, in the
// order of [Less]. It calls the function twice at most, with indices that are equal or follow each other. The quantile is NaN if the first or the
// last value is one: these two are looked at as well. An infinity beside a finite value is the quantile between them, and between
// two infinities it is NaN. So is that of the zero Quantile.
func (q Quantile) Of(n uint64, at func(i uint64) float64) float64 {
	if q.power == 0 || math.IsNaN(at(0)) || math.IsNaN(at(n-1)) {
		return math.NaN()
	}
	i, beyond := q.place(n)
	low := at(i)
	if beyond == 0 {
		return low
	}
	high := at(i + 1)
	switch {
	case low == high:
		return high // 0 between -0 and 0, as of the sum of both
	case math.IsInf(low, 0) || math.IsInf(high, 0):
		return low + high
	}
	// low + (high - low) beyond / power
	difference := new(big.Rat).Sub(rat(high), rat(low))
	difference.Mul(difference, new(big.Rat).SetFrac(new(big.Int).SetUint64(beyond), new(big.Int).SetUint64(q.power)))
	rounded, _ := difference.Add(difference, rat(low)).Float64()
	return rounded
}

func rat(x float64) *big.Rat { return new(big.Rat).SetFloat64(x) }

// Less is the total order of doubles, in which -0 is less than 0, and NaNs are outside of the infinities, by their bits
// (totalOrder of IEEE 754).
func Less(a, b float64) bool { return orderOf(a) < orderOf(b) }

// orderOf returns integers in the total order.
func orderOf(x float64) int64 {
	i := int64(math.Float64bits(x))
	if i < 0 {
		i ^= math.MaxInt64
	}
	return i
}

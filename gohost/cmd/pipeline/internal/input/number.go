package input

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// parseNumber returns the double nearest to the number in a cell, ties to even. It accepts
// the numbers of JSON, and other forms that occur in CSV files: +1, 01, .5 and "5.". It
// rejects numbers beyond the largest double.
func parseNumber(cell string) (float64, error) {
	if cell == "" {
		return 0, errors.New("expected a number, found an empty cell")
	}
	mark := len(cell) // of the exponent
	for i := range len(cell) {
		switch c := cell[i]; {
		case c == 'e' || c == 'E':
			mark = i
		case (c < '0' || c > '9') && c != '.' && c != '-' && c != '+':
			// Some of them are numbers to strconv: NaN, Inf, 0x10, 1_0.
			return 0, fmt.Errorf("expected a finite number, found %q", clip(cell))
		}
	}
	v, err := strconv.ParseFloat(cell, 64)
	if len(cell)-mark > len("e-9999") && !errors.Is(err, strconv.ErrSyntax) {
		v, err = strconv.ParseFloat(withSmallExponent(cell[:mark], cell[mark+1:]), 64)
	}
	if errors.Is(err, strconv.ErrRange) {
		return 0, fmt.Errorf("the number %q is beyond the range of a double", clip(cell))
	}
	if err != nil {
		return 0, fmt.Errorf("expected a number, found %q", clip(cell))
	}
	return v, nil
}

// withSmallExponent returns the number as 0.d…e…, where d is not 0 and the exponent has
// at most four digits, which is far beyond the range of doubles. strconv ignores all digits
// of an exponent after the first five: it parses 0.[200,000 zeros]1e200001 as zero.
func withSmallExponent(mantissa, exponent string) string {
	const far = 1 << 40 // beyond any length of a mantissa
	power, _ := strconv.ParseInt(exponent, 10, 64)
	power = max(min(power, far), -far)
	whole, fraction, _ := strings.Cut(strings.TrimLeft(mantissa, "+-"), ".")
	digits := strings.TrimLeft(whole+fraction, "0")
	power += int64(len(digits) - len(fraction))
	sign := ""
	if mantissa[0] == '-' {
		sign = "-"
	}
	return fmt.Sprintf("%s0.%se%d", sign, digits+"0", max(min(power, 9999), -9999))
}

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
		return 0, fmt.Errorf("the number %q %w", clip(cell), errBeyond)
	}
	if err != nil {
		return 0, fmt.Errorf("expected a number, found %q", clip(cell))
	}
	return v, nil
}

var errBeyond = errors.New("is beyond the range of a double")

// maxDigits is the max number of digits whose value always fits in 64 bits.
const maxDigits = 19

// digits reads digits at an offset, and returns the offset after them, and their value if
// they are not more than maxDigits.
func digits(text []byte, at int) (int, uint64) {
	var v uint64
	for ; at < len(text) && text[at]-'0' <= 9; at++ {
		v = 10*v + uint64(text[at]-'0')
	}
	return at, v
}

// decimal reads a number without an exponent at an offset, and returns the offset after it. It reports
// false if there is none, or if its digits are no integer of a double: one such divided by a power of ten
// that is a double, too, is rounded once, and so right.
func decimal(text []byte, at int) (int, float64, bool) {
	negative := at < len(text) && text[at] == '-'
	if negative {
		at++
	}
	begin := at
	at, whole := digits(text, at)
	size, power := at-begin, 0
	if at < len(text) && text[at] == '.' {
		at++
		begin = at
		for ; at < len(text) && text[at]-'0' <= 9; at++ {
			whole = 10*whole + uint64(text[at]-'0')
		}
		power = at - begin
	}
	if size += power; size == 0 || size > maxDigits || whole > 1<<53 {
		return at, 0, false
	}
	v := float64(whole) / powersOfTen[power]
	if negative {
		v = -v
	}
	return at, v, true
}

var powersOfTen = [maxDigits + 1]float64{1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19}

// number returns what parseNumber does for a cell, or reports false.
func number(cell []byte) (float64, bool) {
	if at, v, ok := decimal(cell, 0); ok && at == len(cell) {
		return v, true
	}
	for _, c := range cell {
		if (c < '0' || c > '9') && c != '.' && c != '-' && c != '+' {
			v, err := parseNumber(string(cell))
			return v, err == nil
		}
	}
	v, err := strconv.ParseFloat(string(cell), 64) // without an allocation: nothing keeps the text
	return v, err == nil
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

// A numberParser parses numbers as people write them.
type numberParser struct {
	point     byte // the decimal mark
	thousands byte // between groups of three digits, or 0
	usual     bool // they are what [number] reads
	names     Names
}

func newNumberParser(opts Options) numberParser {
	return numberParser{
		point: opts.Decimal, thousands: opts.Thousands, usual: opts.Decimal == '.' && opts.Thousands == 0, names: opts.Names,
	}
}

// parse returns the double nearest to the number in a text, or what is wrong with it.
func (n *numberParser) parse(text []byte) (float64, string) {
	if n.usual {
		if v, ok := number(text); ok {
			return v, ""
		}
	}
	written, ok := n.rewritten(text)
	if !ok {
		return 0, fmt.Sprintf("expected a number, found %q", clip(string(text))) + n.hint(text)
	}
	v, err := parseNumber(string(written))
	switch {
	case err == nil:
		return v, ""
	case !n.usual && !errors.Is(err, errBeyond):
		err = fmt.Errorf("expected a number, found %q", clip(string(text))) // as it was written
	}
	return 0, err.Error() + n.hint(text)
}

// rewritten returns a number with a point for the decimal mark and without marks of thousands. It reports false for
// marks at other places than before groups of three digits.
func (n *numberParser) rewritten(text []byte) ([]byte, bool) {
	if n.usual {
		return text, true
	}
	const group = 3
	text = n.asciiMarks(text)
	out := make([]byte, 0, len(text))
	digits, marks, fraction := 0, 0, false // digits since the last mark
	ends := func() bool { return marks == 0 || digits == group }
	for _, c := range text {
		switch {
		case c == n.point && !fraction:
			if !ends() {
				return nil, false
			}
			fraction, marks = true, 0
			out = append(out, '.')
		case n.thousands != 0 && c == n.thousands && !fraction && digits > 0 && (marks == 0 && digits <= group || marks > 0 && digits == group):
			digits = 0
			marks++
		case c == '.' || c == n.thousands:
			return nil, false
		case c == 'e' || c == 'E':
			if !ends() {
				return nil, false
			}
			fraction, marks = true, 0
			out = append(out, c)
		default:
			if c-'0' <= 9 {
				digits++
			}
			out = append(out, c)
		}
	}
	return out, ends()
}

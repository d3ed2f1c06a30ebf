package reference

import (
	"bytes"
	"math"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// string reads a string. Half a surrogate pair is refused if whole is set, and read as
// U+FFFD otherwise.
func (r *reader) string(whole bool) string {
	start := r.at
	if r.next() != '"' {
		r.fail(r.at, "a string is missing")
		return ""
	}
	var s []byte
	for r.at++; r.err == nil; {
		switch c := r.next(); {
		case r.at == len(r.text):
			r.fail(start, "the string has no end")
		case c == '"':
			r.at++
			return string(s)
		case c == '\\':
			s = r.escape(s, whole)
		case c < ' ':
			r.fail(r.at, "the string has a control character")
		default:
			s = append(s, c)
			r.at++
		}
	}
	return ""
}

// escape reads an escape and appends what it stands for.
func (r *reader) escape(s []byte, whole bool) []byte {
	start := r.at
	r.at++
	c := r.next()
	if i := strings.IndexByte(`"\/bfnrt`, c); i >= 0 && c != 0 {
		r.at++
		return append(s, "\"\\/\b\f\n\r\t"[i])
	}
	if c != 'u' {
		r.fail(start, "the string has an unknown escape")
		return s
	}
	r.at++
	code := r.hex4()
	if utf16.IsSurrogate(code) {
		after := r.at
		if bytes.HasPrefix(r.text[r.at:], []byte(`\u`)) {
			r.at += 2
			if pair := utf16.DecodeRune(code, r.hex4()); pair != utf8.RuneError {
				return utf8.AppendRune(s, pair)
			}
			if r.err != nil {
				return s
			}
			r.at = after // the second escape stands for itself
		}
		r.corners.Surrogate = true
		if whole {
			r.fail(start, "the string has half a surrogate pair")
		}
	}
	return utf8.AppendRune(s, code)
}

// hex4 reads four hexadecimal digits.
func (r *reader) hex4() rune {
	if r.at+4 > len(r.text) {
		r.fail(r.at, "the escape has no end")
		return 0
	}
	code, err := strconv.ParseUint(string(r.text[r.at:r.at+4]), 16, 16)
	if err != nil {
		r.fail(r.at, "the escape has no four hexadecimal digits")
	}
	r.at += 4
	return rune(code)
}

// number skips a number, and returns its whole digits, those after the point, and the
// exponent with its sign.
func (r *reader) number() (negative bool, whole, fraction, exponent string) {
	start := r.at
	if negative = r.next() == '-'; negative {
		r.at++
	}
	whole = r.digits()
	if whole == "" || len(whole) > 1 && whole[0] == '0' {
		r.fail(start, "a value is missing, or a number is not of JSON's grammar")
		return negative, whole, "", ""
	}
	if r.next() == '.' {
		r.at++
		if fraction = r.digits(); fraction == "" {
			r.fail(start, "the number has no digit after its point")
		}
	}
	if c := r.next(); c == 'e' || c == 'E' {
		r.at++
		if c := r.next(); c == '+' || c == '-' {
			r.at++
			if c == '-' {
				exponent = "-"
			}
		}
		power := r.digits()
		if power == "" {
			r.fail(start, "the number has no digit in its exponent")
		}
		exponent += power
	}
	return negative, whole, fraction, exponent
}

func (r *reader) digits() string {
	start := r.at
	for '0' <= r.next() && r.next() <= '9' {
		r.at++
	}
	return string(r.text[start:r.at])
}

// timestamp reads an integer from 0 to 2^64-1: digits, without a sign, point or exponent.
func (r *reader) timestamp() uint64 {
	start := r.at
	negative, whole, fraction, exponent := r.number()
	n, err := strconv.ParseUint(whole, 10, 64)
	if r.err == nil && (negative || fraction != "" || exponent != "" || err != nil) {
		r.fail(start, "the timestamp is not an integer from 0 to 2^64-1")
	}
	return n
}

// value reads a number within the range of a double, rounded to the nearest one.
func (r *reader) value() float64 {
	start := r.at
	negative, whole, fraction, exponent := r.number()
	if r.err != nil {
		return 0
	}
	x := nearest(whole, fraction, exponent)
	if math.IsInf(x, 0) {
		r.fail(start, "the number is beyond the range of a double")
	}
	if negative {
		x = -x
	}
	return x
}

// nearest returns the double nearest to the number with these digits. ParseFloat is exact
// for any number of digits, but not for long exponents, which the place of the first digit
// that is not zero makes short.
func nearest(whole, fraction, exponent string) float64 {
	digits := strings.TrimLeft(whole+fraction, "0")
	if digits == "" {
		return 0
	}
	place := int64(len(digits) - len(fraction)) // the number is 0.digits × 10^place
	if exponent != "" {
		power, err := strconv.ParseInt(exponent, 10, 64)
		if err != nil || power > 1<<40 || power < -1<<40 { // no text has as many digits
			power = 1 << 40
			if exponent[0] == '-' {
				power = -power
			}
		}
		place += power
	}
	const beyond = 400 // doubles end at 10^309 and 10^-324
	switch {
	case place > beyond:
		return math.Inf(1)
	case place < -beyond:
		return 0
	}
	x, _ := strconv.ParseFloat("0."+digits+"e"+strconv.FormatInt(place, 10), 64) // the error is that it is infinite
	return x
}

package reference

import (
	"errors"
	"fmt"
	"unicode/utf8"

	"example.org/compute-pipeline/gohost"
)

// ErrEmpty is the error of a list without points, for which the contract has an error of
// its own.
var ErrEmpty = errors.New("the list has no points")

// SyntaxError says why a text is not a list of datapoints.
type SyntaxError struct {
	Offset int // in bytes
	Reason string
}

// Error returns the reason with the place.
func (e *SyntaxError) Error() string { return fmt.Sprintf("%s at byte %d", e.Reason, e.Offset) }

// Corners are what a text has that implementations of the grade stable may read or
// refuse, as docs/contract.md lists it.
type Corners struct {
	// ArrayRecord: a record is an array of two numbers.
	ArrayRecord bool
	// Repeated: a record has one of the two fields more than once.
	Repeated bool
	// Surrogate: a string has an escape of half a surrogate pair.
	Surrogate bool
	// Depth is how deep arrays and objects are nested. A list of records has 2.
	Depth int
}

// Repeated says what to make of a field that a record has more than once.
type Repeated int

// What to make of a repeated field: [Refuse] is the exact grade's rule.
const (
	Refuse Repeated = iota
	First
	Last
)

// ValidateStream returns what validate-stream must return in the exact grade. The error is
// [ErrEmpty] or a [*SyntaxError].
func ValidateStream(raw []byte) ([]gohost.Datapoint, error) {
	points, _, err := ReadStream(raw, Refuse)
	return points, err
}

// ReadStream is ValidateStream with a choice. With [First] and [Last] it also reads names of
// fields with half a surrogate pair. The corners are those before the error, if there is
// one.
func ReadStream(raw []byte, repeated Repeated) ([]gohost.Datapoint, Corners, error) {
	r := reader{text: raw, repeated: repeated}
	points := r.stream()
	switch {
	case r.err != nil:
		return nil, r.corners, r.err
	case len(points) == 0:
		return nil, r.corners, ErrEmpty
	}
	return points, r.corners, nil
}

// reader reads a text of JSON (RFC 8259). After an error it stays where it is.
type reader struct {
	text     []byte
	at       int
	repeated Repeated
	corners  Corners
	err      error
}

func (r *reader) fail(at int, format string, args ...any) {
	if r.err == nil {
		r.err = &SyntaxError{Offset: at, Reason: fmt.Sprintf(format, args...)}
	}
}

// next returns the byte at the place, or 0 at the end and after an error.
func (r *reader) next() byte {
	if r.err != nil || r.at == len(r.text) {
		return 0
	}
	return r.text[r.at]
}

// space skips white space.
func (r *reader) space() {
	for r.err == nil && r.at < len(r.text) {
		switch r.text[r.at] {
		case ' ', '\t', '\n', '\r':
			r.at++
		default:
			return
		}
	}
}

// take skips white space, c, and white space.
func (r *reader) take(c byte) bool {
	r.space()
	if r.next() != c {
		return false
	}
	r.at++
	r.space()
	return true
}

// expect is take for what must be there.
func (r *reader) expect(c byte) {
	if !r.take(c) {
		r.fail(r.at, "%q is missing", c)
	}
}

func (r *reader) stream() (points []gohost.Datapoint) {
	for i, size := 0, 0; i < len(r.text); i += size {
		var c rune
		if c, size = utf8.DecodeRune(r.text[i:]); c == utf8.RuneError && size == 1 {
			r.fail(i, "the text is not UTF-8")
			return nil
		}
	}
	r.expect('[')
	if !r.take(']') {
		for more := true; more && r.err == nil; more = r.take(',') {
			points = append(points, r.record())
		}
		r.expect(']')
	}
	if r.at < len(r.text) {
		r.fail(r.at, "there is text behind the list")
	}
	return points
}

// record reads an object, or an array of two numbers.
func (r *reader) record() (p gohost.Datapoint) {
	start := r.at
	if r.take('[') {
		r.corners.ArrayRecord = true
		p.Timestamp = r.timestamp()
		r.expect(',')
		p.Value = r.value()
		r.expect(']')
		return p
	}
	r.expect('{')
	var timestamps, values []int // where they are
	if !r.take('}') {
		for more := true; more && r.err == nil; more = r.take(',') {
			key, name := r.at, r.string(r.repeated == Refuse)
			r.expect(':')
			switch name {
			case "timestamp":
				timestamps = append(timestamps, r.at)
			case "value":
				values = append(values, r.at)
			}
			if len(timestamps) > 1 || len(values) > 1 {
				r.corners.Repeated = true
				if r.repeated == Refuse {
					r.fail(key, "the field %q is repeated", name)
				}
			}
			r.skip()
		}
		r.expect('}')
	}
	if len(timestamps) == 0 || len(values) == 0 {
		r.fail(start, "the record lacks timestamp or value")
	}
	if r.err != nil {
		return p
	}
	end := r.at
	r.at = r.chosen(timestamps)
	p.Timestamp = r.timestamp()
	r.at = r.chosen(values)
	p.Value = r.value()
	if r.err == nil {
		r.at = end
	}
	return p
}

func (r *reader) chosen(places []int) int {
	if r.repeated == Last {
		return places[len(places)-1]
	}
	return places[0]
}

// skip skips any value, however deep.
func (r *reader) skip() {
	const outer = 2 // the list and the record
	var open []byte // the brackets that are open
	for {
		r.space()
		switch c := r.next(); c {
		case '{', '[':
			r.at++
			r.space()
			open = append(open, c+2) // the closing bracket: ASCII has them two apart
			r.corners.Depth = max(r.corners.Depth, outer+len(open))
			if r.next() != c+2 {
				if c == '{' {
					r.key()
				}
				continue
			}
		case '"':
			r.string(false)
		default:
			r.scalar()
		}
		// After a value: close what ends here, or go on to the next element.
		for {
			if r.err != nil || len(open) == 0 {
				return
			}
			last := open[len(open)-1]
			if r.take(last) {
				open = open[:len(open)-1]
				continue
			}
			r.expect(',')
			if last == '}' {
				r.key()
			}
			break
		}
		if r.err != nil {
			return
		}
	}
}

// key skips a name and its colon.
func (r *reader) key() {
	r.space()
	r.string(false)
	r.expect(':')
}

// scalar skips a number or a literal.
func (r *reader) scalar() {
	for _, literal := range []string{"true", "false", "null"} {
		if end := r.at + len(literal); end <= len(r.text) && string(r.text[r.at:end]) == literal {
			r.at = end
			return
		}
	}
	r.number()
}

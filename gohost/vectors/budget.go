package vectors

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
)

// The bounds of what Parse accepts. Sizes of values are estimates of the memory that
// they take in Go, which are never too small by much. A list that is repeated shares its
// elements, but counts as if each had a copy: what writes, compares or converts a value
// does so for each.
const (
	maxFile     = 256 << 20 // bytes of JSON in one file
	maxCases    = 100_000   // cases of all files, and sets
	maxSteps    = 10_000    // steps of one case
	maxExpanded = 64 << 20  // size of one case, and of all sets
	maxTotal    = 1 << 30   // sizes of all cases together
)

var errTooLarge = errors.New("the expanded value is too large")

// What parts of a value take, in bytes.
const (
	sizeElement = 16              // an element of a list
	sizeString  = 32              // a string without its bytes, in a list
	sizeRecord  = 336             // a map of up to eight fields
	sizeField   = 96              // a field of a larger map
	sizeStep    = 128             // a step without its arguments
	sizeChange  = 24              // a change of a reference
	sizeDecimal = sizeString + 20 // a u64 as text
)

// budget is what is left of a bound.
type budget struct{ left int }

// spend takes n pieces of a size.
func (b *budget) spend(n, size int) error {
	if n < 0 || size < 0 || size > 0 && n > math.MaxInt/size || n*size > b.left {
		return errTooLarge
	}
	b.left -= n * size
	return nil
}

// spendCopies takes the sizes of a number of copies of a value.
func (b *budget) spendCopies(n int, v any) error {
	if n == 0 {
		return nil
	}
	return b.spend(n, sizeOf(v, b.left))
}

// sizeOf returns the size of an expanded value as if its parts shared nothing. It stops
// counting soon after the limit, so it takes no longer than what it counts is large.
func sizeOf(v any, limit int) int {
	switch v := v.(type) {
	case string:
		return sizeString + len(v)
	case json.Number:
		return sizeString + len(v)
	case []any:
		size := sizeString
		for _, element := range v {
			if size > limit {
				break
			}
			size += sizeOf(element, limit-size)
		}
		return size
	case map[string]any:
		size := sizeRecord + sizeField*max(0, len(v)-8)
		for name, field := range v {
			if size > limit {
				break
			}
			size += len(name) + sizeOf(field, limit-size)
		}
		return size
	case *Ref:
		return sizeRecord + 2*len(v.Append) + sizeChange*len(v.XOR)
	}
	return sizeElement
}

// decode decodes one JSON value, if the budget allows for what becomes of it. Every
// value but the outermost follows one of the counted characters, which may also be in
// strings.
func (b *budget) decode(text json.RawMessage, to any) error {
	count := func(c string) int { return bytes.Count(text, []byte(c)) }
	size := len(text) + count("{")*sizeRecord + count("[")*sizeString + (count(",")+count(":"))*sizeField/2
	if err := b.spend(1, size); err != nil {
		return err
	}
	return strictly(text, to)
}

// strictly decodes a JSON value that has no unknown fields where to is a struct.
func strictly(text []byte, to any) error {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(to); err != nil {
		return fmt.Errorf("%w in %.80s", err, text)
	}
	return nil
}

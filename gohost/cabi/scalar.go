package cabi

import (
	"math"
	"unicode/utf8"
)

// The NaN of a float in the component model, as bits. Lifting turns all others into
// it (canonicalize_nan32 and 64 in the specification's definitions.py).
const (
	canonicalNaN32 = 0x7fc00000
	canonicalNaN   = 0x7ff8000000000000
)

func canonical32(bits uint32) float32 {
	f := math.Float32frombits(bits)
	if f != f {
		return math.Float32frombits(canonicalNaN32)
	}
	return f
}

func canonical64(bits uint64) float64 {
	f := math.Float64frombits(bits)
	if f != f {
		return math.Float64frombits(canonicalNaN)
	}
	return f
}

func bit(v bool) uint8 {
	if v {
		return 1
	}
	return 0
}

// char lifts a char.
func (c *Call) char(v uint32) rune {
	if v < 0xd800 || v-0xe000 < 0x110000-0xe000 {
		return rune(v)
	}
	c.notChar(v)
	return 0
}

// notChar is apart from char so that the compiler inlines that.
func (c *Call) notChar(v uint32) {
	if c.err == nil {
		c.Fail(violation("%#x is no Unicode scalar value", v))
	}
}

// checkedRune lowers a char.
func (c *Call) checkedRune(v rune) uint32 {
	if utf8.ValidRune(v) {
		return uint32(v)
	}
	if c.err == nil {
		c.Invalid("%#x is no Unicode scalar value, so it cannot be a char", v)
	}
	return 0
}

// Discriminant returns value, which a guest gave as the case of a variant, enum,
// option or result with that many cases. A value out of range is a [Violation], and
// what names the type in it.
func (c *Call) Discriminant(value, cases uint32, what string) uint32 {
	if value < cases {
		return value
	}
	c.noCase(value, cases, what)
	return 0
}

// noCase is apart from Discriminant so that the compiler inlines that.
func (c *Call) noCase(value, cases uint32, what string) {
	if c.err == nil {
		c.Fail(violation("%d is no case of %s, which has %d", value, what, cases))
	}
}

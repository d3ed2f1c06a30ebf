package cabi

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"unicode/utf8"
)

// This file reads values as the specification's definitions.py does, apart from the
// code that is tested: load, lift_flat, and what they need.

// ty is a type of the component model. Values of it are any: bool, uint64 (unsigned
// integers, and floats as bits), int64, rune, string, []any (lists and records),
// VariantValue, []bool (flags).
type ty struct {
	kind   string // a primitive type's name, list, record, variant or flags
	of     []*ty  // element, fields, or cases (nil: no payload)
	labels int    // of flags
}

// VariantValue is a value of a variant.
type VariantValue struct {
	Index   int
	Payload any
}

func (t *ty) String() string {
	of := make([]string, len(t.of))
	for i, u := range t.of {
		of[i] = "_"
		if u != nil {
			of[i] = u.String()
		}
	}
	switch t.kind {
	case "list", "record", "variant":
		return t.kind + "<" + strings.Join(of, ",") + ">"
	case "flags":
		return fmt.Sprintf("flags%d", t.labels)
	}
	return t.kind
}

var primitiveSizes = map[string]uint64{
	"bool": 1, "u8": 1, "s8": 1, "u16": 2, "s16": 2, "u32": 4, "s32": 4, "u64": 8, "s64": 8, "f32": 4, "f64": 8, "char": 4,
}

func discriminantSize(cases int) uint64 {
	switch {
	case cases <= 1<<8:
		return 1
	case cases <= 1<<16:
		return 2
	}
	return 4
}

func flagsSize(labels int) uint64 {
	switch {
	case labels <= 8:
		return 1
	case labels <= 16:
		return 2
	}
	return 4
}

func alignTo(at, align uint64) uint64 { return (at + align - 1) / align * align }

func (t *ty) align() uint64 {
	a := uint64(1)
	switch t.kind {
	case "string", "list":
		return 4
	case "flags":
		return flagsSize(t.labels)
	case "variant":
		a = discriminantSize(len(t.of))
	case "record":
	default:
		return primitiveSizes[t.kind]
	}
	for _, u := range t.of {
		if u != nil {
			a = max(a, u.align())
		}
	}
	return a
}

// payloadAt is the offset of a variant's payload.
func (t *ty) payloadAt() uint64 {
	a := uint64(1)
	for _, u := range t.of {
		if u != nil {
			a = max(a, u.align())
		}
	}
	return alignTo(discriminantSize(len(t.of)), a)
}

func (t *ty) size() uint64 {
	switch t.kind {
	case "string", "list":
		return 8
	case "flags":
		return flagsSize(t.labels)
	case "record":
		at := uint64(0)
		for _, u := range t.of {
			at = alignTo(at, u.align()) + u.size()
		}
		return alignTo(at, t.align())
	case "variant":
		most := uint64(0)
		for _, u := range t.of {
			if u != nil {
				most = max(most, u.size())
			}
		}
		return alignTo(t.payloadAt()+most, t.align())
	}
	return primitiveSizes[t.kind]
}

func (t *ty) flat() string {
	switch t.kind {
	case "u64", "s64":
		return "I"
	case "f32":
		return "f"
	case "f64":
		return "F"
	case "string", "list":
		return "ii"
	case "record":
		flat := ""
		for _, u := range t.of {
			flat += u.flat()
		}
		return flat
	case "variant":
		var flat []byte
		for _, u := range t.of {
			if u == nil {
				continue
			}
			for i, letter := range []byte(u.flat()) {
				switch {
				case i == len(flat):
					flat = append(flat, letter)
				case flat[i] == letter:
				case flat[i] != 'I' && flat[i] != 'F' && letter != 'I' && letter != 'F':
					flat[i] = 'i'
				default:
					flat[i] = 'I'
				}
			}
		}
		return "i" + string(flat)
	}
	return "i"
}

// trapped is what the reference panics with where the specification traps, and
// exhausted where it has read more than a test may.
type (
	trapped   struct{}
	exhausted struct{}
)

// reference reads a memory.
type reference struct {
	memory []byte
	left   int // values that may still be read
}

func trapIf(condition bool) {
	if condition {
		panic(trapped{})
	}
}

// try returns what f reads.
func (r *reference) try(f func() any) (v any, ok, whole bool) {
	defer func() {
		switch p := recover().(type) {
		case nil:
		case trapped:
			v, ok, whole = nil, false, true
		case exhausted:
			v, ok, whole = nil, false, false
		default:
			panic(p)
		}
	}()
	return f(), true, true
}

func (r *reference) int(at, n uint64) uint64 {
	v := uint64(0)
	for i := range n {
		v |= uint64(r.memory[at+i]) << (8 * i)
	}
	return v
}

// number converts the bits of a primitive type to its value.
func (r *reference) number(kind string, bits uint64) any {
	switch kind {
	case "bool":
		return bits != 0
	case "s8":
		return int64(int8(bits))
	case "s16":
		return int64(int16(bits))
	case "s32":
		return int64(int32(bits))
	case "s64":
		return int64(bits)
	case "f32":
		if bits&0x7f800000 == 0x7f800000 && bits&0x7fffff != 0 {
			return uint64(0x7fc00000)
		}
	case "f64":
		if bits&(0x7ff<<52) == 0x7ff<<52 && bits&(1<<52-1) != 0 {
			return uint64(0x7ff8) << 48
		}
	case "char":
		trapIf(bits >= 0x110000 || bits >= 0xd800 && bits <= 0xdfff)
		return rune(bits)
	}
	return bits
}

func (r *reference) load(t *ty, at uint64) any {
	if r.left--; r.left < 0 {
		panic(exhausted{})
	}
	switch t.kind {
	case "string":
		return r.text(r.int(at, 4), r.int(at+4, 4))
	case "list":
		return r.list(t.of[0], r.int(at, 4), r.int(at+4, 4))
	case "flags":
		return r.flags(t, r.int(at, t.size()))
	case "record":
		var fields []any
		for _, u := range t.of {
			at = alignTo(at, u.align())
			fields = append(fields, r.load(u, at))
			at += u.size()
		}
		return fields
	case "variant":
		index := r.int(at, discriminantSize(len(t.of)))
		trapIf(index >= uint64(len(t.of)))
		v := VariantValue{Index: int(index)}
		if u := t.of[index]; u != nil {
			v.Payload = r.load(u, at+t.payloadAt())
		}
		return v
	}
	return r.number(t.kind, r.int(at, t.size()))
}

func (r *reference) flags(t *ty, bits uint64) any {
	set := make([]bool, t.labels)
	for i := range set {
		set[i] = bits>>i&1 == 1
	}
	return set
}

func (r *reference) text(at, n uint64) any {
	trapIf(n > 1<<28-1 || at+n > uint64(len(r.memory)))
	if r.left -= int(n / 64); r.left < 0 {
		panic(exhausted{})
	}
	s := string(r.memory[at : at+n])
	trapIf(!utf8.ValidString(s))
	return s
}

func (r *reference) list(of *ty, at, n uint64) any {
	trapIf(n*of.size() > 1<<28-1 || at%of.align() != 0 || at+n*of.size() > uint64(len(r.memory)))
	list := []any{}
	for i := range n {
		list = append(list, r.load(of, at+i*of.size()))
	}
	return list
}

// lift lifts a value from flat values, and returns the rest of those.
func (r *reference) lift(t *ty, flats []uint64) (any, []uint64) {
	switch t.kind {
	case "string":
		return r.text(flats[0]&0xffffffff, flats[1]&0xffffffff), flats[2:]
	case "list":
		return r.list(t.of[0], flats[0]&0xffffffff, flats[1]&0xffffffff), flats[2:]
	case "flags":
		return r.flags(t, flats[0]), flats[1:]
	case "record":
		var fields []any
		for _, u := range t.of {
			var v any
			v, flats = r.lift(u, flats)
			fields = append(fields, v)
		}
		return fields, flats
	case "variant":
		index := flats[0] & 0xffffffff
		trapIf(index >= uint64(len(t.of)))
		v := VariantValue{Index: int(index)}
		if u := t.of[index]; u != nil {
			v.Payload, _ = r.lift(u, flats[1:])
		}
		return v, flats[len(t.flat()):]
	}
	bits := flats[0]
	switch t.kind {
	case "u8":
		bits &= 0xff
	case "u16":
		bits &= 0xffff
	case "bool", "u32", "f32", "char":
		bits &= 0xffffffff
	}
	return r.number(t.kind, bits), flats[1:]
}

var primitives = slices.Sorted(func(yield func(string) bool) {
	for k := range primitiveSizes {
		if !yield(k) {
			return
		}
	}
})

// randomType returns a type of at most some depth.
func randomType(random *rand.Rand, depth int) *ty {
	n := random.IntN(20)
	if depth == 0 {
		n = random.IntN(13)
	}
	several := func(most int) []*ty {
		of := make([]*ty, 1+random.IntN(most))
		for i := range of {
			of[i] = randomType(random, depth-1)
		}
		return of
	}
	switch {
	case n < len(primitives):
		return &ty{kind: primitives[n]}
	case n == 12:
		return &ty{kind: "string"}
	case n <= 14:
		return &ty{kind: "list", of: several(1)}
	case n <= 16:
		return &ty{kind: "record", of: several(5)}
	case n <= 18:
		of := several(5)
		for i := range of {
			if random.IntN(3) == 0 {
				of[i] = nil
			}
		}
		if random.IntN(10) == 0 { // a larger discriminant
			of = append(of, make([]*ty, 300)...)
		}
		return &ty{kind: "variant", of: of}
	}
	return &ty{kind: "flags", labels: 1 + random.IntN(32)}
}

// randomValue returns a value of a type, often at its edges.
func randomValue(random *rand.Rand, t *ty) any {
	switch t.kind {
	case "string":
		return strings.Repeat([]string{"", "a", "é", "€", "😀", "\x00", "plain text"}[random.IntN(7)], random.IntN(4))
	case "list":
		list := make([]any, random.IntN(5))
		for i := range list {
			list[i] = randomValue(random, t.of[0])
		}
		return list
	case "record":
		fields := make([]any, len(t.of))
		for i, u := range t.of {
			fields[i] = randomValue(random, u)
		}
		return fields
	case "variant":
		v := VariantValue{Index: random.IntN(len(t.of))}
		if u := t.of[v.Index]; u != nil {
			v.Payload = randomValue(random, u)
		}
		return v
	case "flags":
		return (&reference{}).flags(t, random.Uint64())
	case "char":
		return []rune{0, 'a', 0xd7ff, 0xe000, 0x10ffff, '€'}[random.IntN(6)]
	}
	bits := []uint64{0, 1, random.Uint64(), 1 << (8*t.size() - 1), 1<<(8*t.size()-1) - 1, ^uint64(0)}[random.IntN(6)]
	if n := 8 * t.size(); n < 64 {
		bits &= 1<<n - 1
	}
	return (&reference{}).number(t.kind, bits)
}

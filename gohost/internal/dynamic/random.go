package dynamic

import (
	"math"
	"math/rand/v2"
	"strings"
)

// Random returns a value of the type, often at an edge of it. Lists have at most length
// elements in all, and max 3 handles each. For handles it calls handle, which may be nil if
// there are none.
func (t *Type) Random(random *rand.Rand, length int, handle func(*Type) any) any {
	g := generator{random, length, handle}
	return g.value(t)
}

type generator struct {
	random *rand.Rand
	left   int // elements of lists that may still be there
	handle func(*Type) any
}

func (g *generator) value(t *Type) any {
	switch t.Kind {
	case Bool:
		return g.random.IntN(2) == 1
	case Char:
		return [...]rune{0, 'a', 0x7f, 'é', '€', 0xd7ff, 0xe000, '😀', 0x10ffff}[g.random.IntN(9)]
	case String:
		piece := [...]string{"a", "plain text ", "é", "€", "😀", "\x00", "\"\\\n"}[g.random.IntN(7)]
		return strings.Repeat(piece, g.length())
	case F32:
		return floats32[g.random.IntN(len(floats32))]
	case F64:
		if f := math.Float64frombits(g.random.Uint64()); f == f && g.random.IntN(2) == 0 {
			return f
		}
		return floats64[g.random.IntN(len(floats64))]
	case List, Map:
		return g.list(t)
	case Array:
		return g.several(t.Length, func(int) *Type { return t.Elem })
	case Record, Tuple:
		return g.several(len(t.Fields), func(i int) *Type { return t.Fields[i].Type })
	case Variant, Enum, Option, Result:
		c := Case{Index: g.random.IntN(len(t.Fields))}
		if u := t.Fields[c.Index].Type; u != nil {
			c.Value = g.value(u)
		}
		return c
	case FlagSet:
		return Flags(g.random.Uint32() & t.mask())
	case Own, Borrow:
		return g.handle(t)
	}
	return g.integer(t)
}

var (
	floats64 = []float64{
		0, math.Copysign(0, -1), 1, -1, 0.1, 1e300, -1e300, math.SmallestNonzeroFloat64, math.MaxFloat64,
		math.Inf(1), math.Inf(-1), canonicalNaN,
	}
	floats32 = []float32{
		0, float32(math.Copysign(0, -1)), 1, -1, 0.1, 1e30, math.SmallestNonzeroFloat32, math.MaxFloat32,
		float32(math.Inf(1)), float32(math.Inf(-1)), canonicalNaN32,
	}
)

func (g *generator) integer(t *Type) any {
	i := integers[t.Kind]
	v := [...]uint64{0, 1, g.random.Uint64(), 1 << (i.bits - 1), 1<<(i.bits-1) - 1, math.MaxUint64}[g.random.IntN(6)]
	shift := 64 - i.bits
	if i.signed {
		return int64(v<<shift) >> shift
	}
	return v << shift >> shift
}

// length returns how long a list is, and counts its elements.
func (g *generator) length() int {
	n := g.random.IntN(min(g.left, 1<<g.random.IntN(8)) + 1)
	g.left -= n
	return n
}

func (g *generator) list(t *Type) any {
	n := g.length()
	if t.Elem.hasHandles {
		const most = 3
		n = min(n, most)
	}
	if t.Elem.Kind == U8 && t.Kind == List {
		data := make([]byte, n)
		for i := range data {
			data[i] = byte(g.random.Uint32())
		}
		return data
	}
	list := g.several(n, func(int) *Type { return t.Elem })
	if t.Kind == Map {
		return uniqueKeys(list)
	}
	return list
}

// uniqueKeys drops entries whose key is that of one before.
func uniqueKeys(entries []any) []any {
	seen := map[any]bool{}
	out := []any{}
	for _, e := range entries {
		if key := e.([]any)[0]; !seen[key] {
			seen[key] = true
			out = append(out, e)
		}
	}
	return out
}

func (g *generator) several(n int, typ func(i int) *Type) []any {
	list := make([]any, n)
	for i := range list {
		list[i] = g.value(typ(i))
	}
	return list
}

// Long returns a long value of a list or string type, or false for another type, or one of
// handles. Its n
// elements are of a few random ones.
func (t *Type) Long(random *rand.Rand, n int) (any, bool) {
	switch {
	case t.Kind == String:
		return strings.Repeat("plain text", n/10), true
	case t.Kind != List:
		return nil, false
	case t.Elem.Kind == U8:
		data := make([]byte, n)
		for i := range data {
			data[i] = byte(random.Uint32())
		}
		return data, true
	}
	if t.Elem.hasHandles {
		return nil, false
	}
	several := make([]any, 16)
	for i := range several {
		several[i] = t.Elem.Random(random, 4, nil)
	}
	list := make([]any, n)
	for i := range list {
		list[i] = several[random.IntN(len(several))]
	}
	return list, true
}

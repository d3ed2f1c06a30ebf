package dynamic

import (
	"math"
	"math/bits"
	"unsafe"

	"example.org/compute-pipeline/gohost/cabi"
)

// boxed is an upper bound of the Go memory of a value in an any beyond the any itself.
const boxed = 16

// anySize is the size of an element of a []any.
const anySize = int(unsafe.Sizeof(any(nil)))

// fieldsOf makes room for n fields, or returns nil if the call may not have it.
func fieldsOf(c *cabi.Call, n int) []any {
	if !c.Heap(n*anySize + 24 + boxed) {
		return nil
	}
	return make([]any, n)
}

// Load reads a value from memory.
func (t *Type) Load(c *cabi.Call, at uint32) any {
	switch t.Kind {
	case Bool:
		return c.LoadBool(at)
	case Char:
		c.Heap(boxed)
		return c.LoadChar(at)
	case String:
		c.Heap(boxed)
		return c.LoadString(at)
	case List, Map:
		c.Heap(2 * boxed)
		return t.loadList(c, at)
	case Array:
		return t.sequence(c, t.Length, func(i int) any { return t.Elem.Load(c, at+uint32(i)*t.Elem.size) })
	case Record, Tuple:
		return t.sequence(c, len(t.Fields), func(i int) any { return t.Fields[i].Type.Load(c, at+t.offsets[i]) })
	case Variant, Enum, Option, Result:
		return t.liftCase(c, loadInt(c, at, discriminantSize(len(t.Fields))), func(u *Type) any { return u.Load(c, at+t.offsets[0]) })
	case FlagSet:
		c.Heap(boxed)
		return Flags(loadInt(c, at, t.size) & t.mask())
	case Own, Borrow:
		return t.liftHandle(c, c.LoadU32(at))
	}
	return t.number(c, loadBits(c, at, t.size))
}

// Pop lifts a value from flat values.
func (t *Type) Pop(c *cabi.Call) any {
	switch t.Kind {
	case Bool:
		return c.PopBool()
	case Char:
		return c.PopChar()
	case String:
		c.Heap(boxed)
		return c.PopString()
	case List, Map:
		c.Heap(2 * boxed)
		return t.popList(c)
	case Array:
		return t.sequence(c, t.Length, func(int) any { return t.Elem.Pop(c) })
	case Record, Tuple:
		return t.sequence(c, len(t.Fields), func(i int) any { return t.Fields[i].Type.Pop(c) })
	case Variant, Enum, Option, Result:
		end := c.Cursor() + t.flat
		v := t.liftCase(c, c.PopI32(), func(u *Type) any { return u.Pop(c) })
		c.Seek(end)
		return v
	case FlagSet:
		return Flags(c.PopI32() & t.mask())
	case Own, Borrow:
		return t.liftHandle(c, c.PopU32())
	}
	return t.number(c, c.PopI64())
}

func (t *Type) mask() uint32 { return uint32(1<<len(t.Fields) - 1) }

func (t *Type) sequence(c *cabi.Call, n int, field func(i int) any) any {
	fields := fieldsOf(c, n)
	for i := range fields {
		fields[i] = field(i)
	}
	return fields
}

func (t *Type) liftCase(c *cabi.Call, discriminant uint32, lift func(*Type) any) any {
	index := c.Discriminant(discriminant, uint32(len(t.Fields)), "the "+kindNames[t.Kind])
	v := Case{Index: int(index)}
	if u := t.Fields[index].Type; c.Heap(int(unsafe.Sizeof(v))+boxed) && u != nil {
		v.Value = lift(u)
	}
	return v
}

var kindNames = map[Kind]string{Variant: "variant", Enum: "enum", Option: "option", Result: "result"}

// number converts the bits of a number, of which a smaller type uses the lower ones.
func (t *Type) number(c *cabi.Call, v uint64) any {
	if !c.Heap(boxed) {
		return uint64(0)
	}
	switch t.Kind {
	case U8:
		return uint64(uint8(v))
	case U16:
		return uint64(uint16(v))
	case U32:
		return uint64(uint32(v))
	case S8:
		return int64(int8(v))
	case S16:
		return int64(int16(v))
	case S32:
		return int64(int32(v))
	case S64:
		return int64(v)
	case F32:
		if f := math.Float32frombits(uint32(v)); f == f {
			return f
		}
		return canonicalNaN32
	case F64:
		if f := math.Float64frombits(v); f == f {
			return f
		}
		return canonicalNaN
	}
	return v
}

// The NaN of the component model.
var (
	canonicalNaN32 = math.Float32frombits(0x7fc00000)
	canonicalNaN   = math.Float64frombits(0x7ff8000000000000)
)

func loadInt(c *cabi.Call, at, size uint32) uint32 { return uint32(loadBits(c, at, size)) }

func loadBits(c *cabi.Call, at, size uint32) uint64 {
	switch bits.TrailingZeros32(size) {
	case 0:
		return uint64(c.LoadU8(at))
	case 1:
		return uint64(c.LoadU16(at))
	case 2:
		return uint64(c.LoadU32(at))
	}
	return c.LoadU64(at)
}

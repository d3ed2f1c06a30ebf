package dynamic

import (
	"math"

	"example.org/compute-pipeline/gohost/cabi"
)

// Store writes a value to memory.
func (t *Type) Store(c *cabi.Call, at uint32, v any) {
	if t.isHandle() {
		c.StoreU32(at, t.lowerHandle(c, v))
		return
	}
	switch v := v.(type) {
	case string:
		c.StoreString(at, v)
	case []byte:
		c.StoreBytes(at, v)
	case rune:
		c.StoreChar(at, v)
	case []any:
		switch t.Kind {
		case List, Map:
			t.storeList(c, at, v)
		case Array:
			for i := range v {
				t.Elem.Store(c, at+uint32(i)*t.Elem.size, v[i])
			}
		default:
			for i, f := range t.Fields {
				f.Type.Store(c, at+t.offsets[i], v[i])
			}
		}
	case Case:
		storeBits(c, at, discriminantSize(len(t.Fields)), uint64(v.Index))
		if u := t.Fields[v.Index].Type; u != nil {
			u.Store(c, at+t.offsets[0], v.Value)
		}
	default:
		storeBits(c, at, t.size, bitsOf(v))
	}
}

// Push lowers a value to flat values.
func (t *Type) Push(c *cabi.Call, v any) {
	if t.isHandle() {
		c.PushI32(t.lowerHandle(c, v))
		return
	}
	switch v := v.(type) {
	case string:
		c.PushString(v)
	case []byte:
		c.PushBytes(v)
	case rune:
		c.PushChar(v)
	case []any:
		switch t.Kind {
		case List, Map:
			t.pushList(c, v)
		case Array:
			for i := range v {
				t.Elem.Push(c, v[i])
			}
		default:
			for i, f := range t.Fields {
				f.Type.Push(c, v[i])
			}
		}
	case Case:
		end := c.Pushed() + t.flat
		c.PushI32(uint32(v.Index))
		if u := t.Fields[v.Index].Type; u != nil {
			u.Push(c, v.Value)
		}
		c.PadTo(end)
	case int64:
		if t.Kind == S64 {
			c.PushS64(v)
		} else {
			c.PushS32(int32(v))
		}
	default:
		c.PushI64(bitsOf(v))
	}
}

// bitsOf returns the bits of a number.
func bitsOf(v any) uint64 {
	switch v := v.(type) {
	case bool:
		if v {
			return 1
		}
	case uint64:
		return v
	case int64:
		return uint64(v)
	case float32:
		return uint64(math.Float32bits(v))
	case float64:
		return math.Float64bits(v)
	case Flags:
		return uint64(v)
	}
	return 0
}

func storeBits(c *cabi.Call, at, size uint32, v uint64) {
	switch size {
	case 1:
		c.StoreU8(at, uint8(v))
	case 2:
		c.StoreU16(at, uint16(v))
	case 4:
		c.StoreU32(at, uint32(v))
	default:
		c.StoreU64(at, v)
	}
}

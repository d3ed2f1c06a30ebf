package cabi

import (
	"math"
	"unsafe"
)

// This file is a binding for any type, with the calls that generated code makes.

func (t *ty) cabiLoad(c *Call, at uint32) any {
	switch t.kind {
	case "bool":
		return c.LoadBool(at)
	case "u8":
		return uint64(c.LoadU8(at))
	case "s8":
		return int64(c.LoadS8(at))
	case "u16":
		return uint64(c.LoadU16(at))
	case "s16":
		return int64(c.LoadS16(at))
	case "u32":
		return uint64(c.LoadU32(at))
	case "s32":
		return int64(c.LoadS32(at))
	case "u64":
		return c.LoadU64(at)
	case "s64":
		return c.LoadS64(at)
	case "f32":
		return uint64(math.Float32bits(c.LoadF32(at)))
	case "f64":
		return math.Float64bits(c.LoadF64(at))
	case "char":
		return c.LoadChar(at)
	case "string":
		return c.LoadString(at)
	case "list":
		return t.loadList(c, at)
	case "flags":
		return t.flagsOf(c.loadInt(at, t.size()))
	case "record":
		fields := make([]any, len(t.of))
		next := uint64(at)
		for i, u := range t.of {
			next = alignTo(next, u.align())
			fields[i] = u.cabiLoad(c, uint32(next))
			next += u.size()
		}
		return fields
	}
	index := c.Discriminant(c.loadInt(at, discriminantSize(len(t.of))), uint32(len(t.of)), "the variant")
	return t.payload(c, index, func(u *ty) any { return u.cabiLoad(c, at+uint32(t.payloadAt())) })
}

func (c *Call) loadInt(at uint32, size uint64) uint32 {
	switch size {
	case 1:
		return uint32(c.LoadU8(at))
	case 2:
		return uint32(c.LoadU16(at))
	}
	return c.LoadU32(at)
}

func (c *Call) storeInt(at uint32, size uint64, v uint32) {
	switch size {
	case 1:
		c.StoreU8(at, uint8(v))
	case 2:
		c.StoreU16(at, uint16(v))
	default:
		c.StoreU32(at, v)
	}
}

// payload counts the variant's memory, as generated code does for a case's struct.
func (t *ty) payload(c *Call, index uint32, load func(*ty) any) any {
	v := variantValue{index: int(index)}
	if u := t.of[index]; u != nil && c.Heap(int(unsafe.Sizeof(v))) {
		v.payload = load(u)
	}
	return v
}

func (t *ty) flagsOf(bits uint32) []bool {
	set := make([]bool, t.labels)
	for i := range set {
		set[i] = bits>>i&1 == 1
	}
	return set
}

func bitsOf(set []bool) (bits uint32) {
	for i, s := range set {
		bits |= uint32(bit(s)) << i
	}
	return bits
}

// Lists of these types are lifted by functions of their own.
func (t *ty) loadList(c *Call, at uint32) []any { return t.listOf(c, at, true) }

func (t *ty) listOf(c *Call, at uint32, inMemory bool) []any {
	of := t.of[0]
	list := []any{}
	switch of.kind {
	case "u8":
		var got []byte
		if inMemory {
			got = c.LoadBytes(at, nil)
		} else {
			got = c.PopBytes(nil)
		}
		for _, v := range got {
			list = append(list, uint64(v))
		}
	case "string":
		var got []string
		if inMemory {
			got = c.LoadStrings(at, nil)
		} else {
			got = c.PopStrings(nil)
		}
		for _, v := range got {
			list = append(list, v)
		}
	case "f32":
		for _, v := range lifted(c, at, inMemory, NewPlainList(4, 4, (*Call).LoadF32, (*Call).StoreF32)) {
			list = append(list, uint64(math.Float32bits(v)))
		}
	case "f64":
		for _, v := range lifted(c, at, inMemory, numbers) {
			list = append(list, math.Float64bits(v))
		}
	case "s16":
		for _, v := range lifted(c, at, inMemory, NewPlainList(2, 2, (*Call).LoadS16, (*Call).StoreS16)) {
			list = append(list, int64(v))
		}
	default:
		list = append(list, lifted(c, at, inMemory, of.elements())...)
	}
	return list
}

func lifted[T any](c *Call, at uint32, inMemory bool, l *List[T]) []T {
	if inMemory {
		return l.Load(c, at, nil)
	}
	return l.Pop(c, nil)
}

func (t *ty) elements() *List[any] {
	return NewList(uint32(t.size()), uint32(t.align()), t.cabiLoad, t.cabiStore)
}

func (t *ty) cabiPop(c *Call) any {
	switch t.kind {
	case "bool":
		return c.PopBool()
	case "u8":
		return uint64(c.PopU8())
	case "s8":
		return int64(c.PopS8())
	case "u16":
		return uint64(c.PopU16())
	case "s16":
		return int64(c.PopS16())
	case "u32":
		return uint64(c.PopU32())
	case "s32":
		return int64(c.PopS32())
	case "u64":
		return c.PopU64()
	case "s64":
		return c.PopS64()
	case "f32":
		return uint64(math.Float32bits(c.PopF32()))
	case "f64":
		return math.Float64bits(c.PopF64())
	case "char":
		return c.PopChar()
	case "string":
		return c.PopString()
	case "list":
		return t.listOf(c, 0, false)
	case "flags":
		return t.flagsOf(c.PopI32())
	case "record":
		fields := make([]any, len(t.of))
		for i, u := range t.of {
			fields[i] = u.cabiPop(c)
		}
		return fields
	}
	start := c.Cursor()
	index := c.Discriminant(c.PopI32(), uint32(len(t.of)), "the variant")
	v := t.payload(c, index, func(u *ty) any { return u.cabiPop(c) })
	c.Seek(start + len(t.flat()))
	return v
}

func (t *ty) cabiStore(c *Call, at uint32, v any) {
	switch v := v.(type) {
	case bool:
		c.StoreBool(at, v)
	case rune:
		c.StoreChar(at, v)
	case string:
		c.StoreString(at, v)
	case int64:
		switch t.kind {
		case "s8":
			c.StoreS8(at, int8(v))
		case "s16":
			c.StoreS16(at, int16(v))
		case "s32":
			c.StoreS32(at, int32(v))
		default:
			c.StoreS64(at, v)
		}
	case uint64:
		switch {
		case t.kind == "f32":
			c.StoreF32(at, math.Float32frombits(uint32(v)))
		case t.kind == "f64":
			c.StoreF64(at, math.Float64frombits(v))
		case t.size() == 8:
			c.StoreU64(at, v)
		default:
			c.storeInt(at, t.size(), uint32(v))
		}
	case []bool:
		c.storeInt(at, t.size(), bitsOf(v))
	case variantValue:
		c.storeInt(at, discriminantSize(len(t.of)), uint32(v.index))
		if u := t.of[v.index]; u != nil {
			u.cabiStore(c, at+uint32(t.payloadAt()), v.payload)
		}
	case []any:
		if t.kind == "list" {
			t.storeList(c, at, v)
			return
		}
		next := uint64(at)
		for i, u := range t.of {
			next = alignTo(next, u.align())
			u.cabiStore(c, uint32(next), v[i])
			next += u.size()
		}
	}
}

func (t *ty) storeList(c *Call, at uint32, v []any) {
	switch t.of[0].kind {
	case "u8":
		c.StoreBytes(at, bytesIn(v))
	case "string":
		c.StoreStrings(at, stringsIn(v))
	case "f64":
		numbers.Store(c, at, floatsIn(v))
	default:
		t.of[0].elements().Store(c, at, v)
	}
}

func bytesIn(v []any) (data []byte) {
	for _, b := range v {
		data = append(data, byte(b.(uint64)))
	}
	return data
}

func stringsIn(v []any) (list []string) {
	for _, s := range v {
		list = append(list, s.(string))
	}
	return list
}

func floatsIn(v []any) (list []float64) {
	for _, f := range v {
		list = append(list, math.Float64frombits(f.(uint64)))
	}
	return list
}

func (t *ty) cabiPush(c *Call, v any) {
	switch v := v.(type) {
	case bool:
		c.PushBool(v)
	case rune:
		c.PushChar(v)
	case string:
		c.PushString(v)
	case int64:
		switch t.kind {
		case "s8":
			c.PushS8(int8(v))
		case "s16":
			c.PushS16(int16(v))
		case "s32":
			c.PushS32(int32(v))
		default:
			c.PushS64(v)
		}
	case uint64:
		switch t.kind {
		case "u8":
			c.PushU8(uint8(v))
		case "u16":
			c.PushU16(uint16(v))
		case "u32":
			c.PushU32(uint32(v))
		case "f32":
			c.PushF32(math.Float32frombits(uint32(v)))
		case "f64":
			c.PushF64(math.Float64frombits(v))
		default:
			c.PushU64(v)
		}
	case []bool:
		c.PushI32(bitsOf(v))
	case variantValue:
		start := c.Pushed()
		c.PushI32(uint32(v.index))
		if u := t.of[v.index]; u != nil {
			u.cabiPush(c, v.payload)
		}
		c.PadTo(start + len(t.flat()))
	case []any:
		if t.kind == "list" {
			t.pushList(c, v)
			return
		}
		for i, u := range t.of {
			u.cabiPush(c, v[i])
		}
	}
}

func (t *ty) pushList(c *Call, v []any) {
	switch t.of[0].kind {
	case "u8":
		c.PushBytes(bytesIn(v))
	case "string":
		c.PushStrings(stringsIn(v))
	case "f64":
		numbers.Push(c, floatsIn(v))
	default:
		t.of[0].elements().Push(c, v)
	}
}

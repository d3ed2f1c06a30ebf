package dynamic

import "example.org/compute-pipeline/gohost/cabi"

// Lists of strings and of some numbers have functions of their own in package cabi, which
// generated code uses, so that their elements are copied here from or to a list of Go's type.

// f32s, f64s and s16s are lists of numbers that have the same form in Go.
var (
	f32s = cabi.NewPlainList(4, 4, (*cabi.Call).LoadF32, (*cabi.Call).StoreF32)
	f64s = cabi.NewPlainList(8, 8, (*cabi.Call).LoadF64, (*cabi.Call).StoreF64)
	s16s = cabi.NewPlainList(2, 2, (*cabi.Call).LoadS16, (*cabi.Call).StoreS16)
)

// elements returns what lifts and lowers a list's elements.
func (t *Type) elements() *cabi.List[any] {
	return cabi.NewList(t.Elem.size, t.Elem.align, t.Elem.Load, t.Elem.Store)
}

func (t *Type) loadList(c *cabi.Call, at uint32) any {
	switch t.Elem.Kind {
	case U8:
		return c.LoadBytes(at, nil)
	case String:
		return boxedList(c, c.LoadStrings(at, nil), toAny)
	case F32:
		return boxedList(c, f32s.Load(c, at, nil), toAny)
	case F64:
		return boxedList(c, f64s.Load(c, at, nil), toAny)
	case S16:
		return boxedList(c, s16s.Load(c, at, nil), widened)
	}
	return t.elements().Load(c, at, []any{})
}

func (t *Type) popList(c *cabi.Call) any {
	switch t.Elem.Kind {
	case U8:
		return c.PopBytes(nil)
	case String:
		return boxedList(c, c.PopStrings(nil), toAny)
	case F32:
		return boxedList(c, f32s.Pop(c, nil), toAny)
	case F64:
		return boxedList(c, f64s.Pop(c, nil), toAny)
	case S16:
		return boxedList(c, s16s.Pop(c, nil), widened)
	}
	return t.elements().Pop(c, []any{})
}

func (t *Type) storeList(c *cabi.Call, at uint32, v []any) {
	switch t.Elem.Kind {
	case String:
		c.StoreStrings(at, listOf(v, fromAny[string]))
	case F32:
		f32s.Store(c, at, listOf(v, fromAny[float32]))
	case F64:
		f64s.Store(c, at, listOf(v, fromAny[float64]))
	case S16:
		s16s.Store(c, at, listOf(v, narrowed))
	default:
		t.elements().Store(c, at, v)
	}
}

func (t *Type) pushList(c *cabi.Call, v []any) {
	switch t.Elem.Kind {
	case String:
		c.PushStrings(listOf(v, fromAny[string]))
	case F32:
		f32s.Push(c, listOf(v, fromAny[float32]))
	case F64:
		f64s.Push(c, listOf(v, fromAny[float64]))
	case S16:
		s16s.Push(c, listOf(v, narrowed))
	default:
		t.elements().Push(c, v)
	}
}

// boxedList returns the elements of a list as values.
func boxedList[T any](c *cabi.Call, list []T, value func(T) any) any {
	if !c.Heap(len(list) * (anySize + boxed)) {
		return []any{}
	}
	out := make([]any, len(list))
	for i, v := range list {
		out[i] = value(v)
	}
	return out
}

// listOf returns the elements of a list of values.
func listOf[T any](list []any, element func(any) T) []T {
	out := make([]T, len(list))
	for i, v := range list {
		out[i] = element(v)
	}
	return out
}

func toAny[T any](v T) any   { return v }
func fromAny[T any](v any) T { return v.(T) }
func widened(v int16) any    { return int64(v) }
func narrowed(v any) int16   { return int16(v.(int64)) }

package cabi_test

import (
	"math"

	"example.org/compute-pipeline/gohost/cabi"
	"example.org/compute-pipeline/gohost/internal/dynamic"
)

func init() {
	cabi.Bind = func(text string) cabi.Bound {
		f, err := dynamic.ParseFunction("func() -> " + text)
		if err != nil {
			panic(err)
		}
		return bound{f.Result}
	}
}

// bound is a type of package dynamic, with values of the reference.
type bound struct{ typ *dynamic.Type }

func (b bound) Load(c *cabi.Call, at uint32) any     { return reference(b.typ, b.typ.Load(c, at)) }
func (b bound) Pop(c *cabi.Call) any                 { return reference(b.typ, b.typ.Pop(c)) }
func (b bound) Store(c *cabi.Call, at uint32, v any) { b.typ.Store(c, at, value(b.typ, v)) }
func (b bound) Push(c *cabi.Call, v any)             { b.typ.Push(c, value(b.typ, v)) }

// reference converts a value of package dynamic. After an error it may be of no type.
func reference(t *dynamic.Type, v any) any {
	switch v := v.(type) {
	case float32:
		return uint64(math.Float32bits(v))
	case float64:
		return math.Float64bits(v)
	case []byte:
		list := []any{}
		for _, b := range v {
			list = append(list, uint64(b))
		}
		return list
	case []any:
		list := []any{}
		for i, e := range v {
			list = append(list, reference(element(t, i), e))
		}
		return list
	case dynamic.Case:
		out := cabi.VariantValue{Index: v.Index}
		if u := t.Fields[v.Index].Type; u != nil {
			out.Payload = reference(u, v.Value)
		}
		return out
	case dynamic.Flags:
		set := make([]bool, len(t.Fields))
		for i := range set {
			set[i] = v>>i&1 == 1
		}
		return set
	}
	return v
}

// value converts a value of the reference.
func value(t *dynamic.Type, v any) any {
	switch v := v.(type) {
	case uint64:
		switch t.Kind {
		case dynamic.F32:
			return math.Float32frombits(uint32(v))
		case dynamic.F64:
			return math.Float64frombits(v)
		}
	case []any:
		if t.Kind == dynamic.List && t.Elem.Kind == dynamic.U8 {
			data := make([]byte, len(v))
			for i, b := range v {
				data[i] = byte(b.(uint64))
			}
			return data
		}
		list := make([]any, len(v))
		for i, e := range v {
			list[i] = value(element(t, i), e)
		}
		return list
	case cabi.VariantValue:
		out := dynamic.Case{Index: v.Index}
		if u := t.Fields[v.Index].Type; u != nil {
			out.Value = value(u, v.Payload)
		}
		return out
	case []bool:
		var set dynamic.Flags
		for i, on := range v {
			if on {
				set |= 1 << i
			}
		}
		return set
	}
	return v
}

// element returns the type of an element of a list or a field of a record.
func element(t *dynamic.Type, i int) *dynamic.Type {
	if t.Kind == dynamic.List {
		return t.Elem
	}
	return t.Fields[i].Type
}

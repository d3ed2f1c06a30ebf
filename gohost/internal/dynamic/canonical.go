package dynamic

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"math"
	"slices"
	"strconv"
)

// ToJSON returns a value of the type as JSON in the notation of docs/vectors.md, in its
// canonical form: floats as bits, integers of 64 bits as decimal strings, bytes as hex. It
// has no handles.
func (t *Type) ToJSON(v any) any {
	if t.isHandle() {
		return nil
	}
	switch v := v.(type) {
	case uint64:
		if t.Kind == U64 {
			return strconv.FormatUint(v, 10)
		}
	case int64:
		if t.Kind == S64 {
			return strconv.FormatInt(v, 10)
		}
	case float32:
		return fmt.Sprintf("%08x", math.Float32bits(v))
	case float64:
		return fmt.Sprintf("%016x", math.Float64bits(v))
	case rune:
		return string(v)
	case []byte:
		return map[string]any{"hex": hex.EncodeToString(v)}
	case []any:
		return t.listToJSON(v)
	case Case:
		return t.caseToJSON(v)
	case Flags:
		names := []any{}
		for i, f := range t.Fields {
			if v>>i&1 == 1 {
				names = append(names, f.Name)
			}
		}
		return names
	}
	return v
}

func (t *Type) listToJSON(list []any) any {
	if t.Kind == Record {
		out := make(map[string]any, len(list))
		for i, f := range t.Fields {
			out[f.Name] = f.Type.ToJSON(list[i])
		}
		return out
	}
	out := make([]any, len(list))
	for i, v := range list {
		elem := t.Elem
		if t.Kind == Tuple {
			elem = t.Fields[i].Type
		}
		out[i] = elem.ToJSON(v)
	}
	return out
}

func (t *Type) caseToJSON(v Case) any {
	f := t.Fields[v.Index]
	var payload any
	if f.Type != nil {
		payload = f.Type.ToJSON(v.Value)
	}
	switch {
	case t.Kind == Option && v.Index == 0:
		return nil
	case t.Kind == Option && f.Type.Kind != Option:
		return payload
	case f.Type == nil && t.Kind != Result:
		return f.Name
	}
	return map[string]any{f.Name: payload}
}

// Equal reports whether two values of the type are the same: floats by their bits, maps
// with their entries in any order.
func (t *Type) Equal(a, b any) bool {
	switch a := a.(type) {
	case float32:
		b, ok := b.(float32)
		return ok && math.Float32bits(a) == math.Float32bits(b)
	case float64:
		b, ok := b.(float64)
		return ok && math.Float64bits(a) == math.Float64bits(b)
	case []byte:
		b, ok := b.([]byte)
		return ok && bytes.Equal(a, b)
	case Case:
		b, ok := b.(Case)
		if !ok || a.Index != b.Index {
			return false
		}
		u := t.Fields[a.Index].Type
		return u == nil || u.Equal(a.Value, b.Value)
	case []any:
		b, ok := b.([]any)
		return ok && len(a) == len(b) && t.equalLists(a, b)
	}
	return a == b
}

func (t *Type) equalLists(a, b []any) bool {
	if t.Kind == Map {
		a, b = t.sorted(a), t.sorted(b)
	}
	for i := range a {
		elem := t.Elem
		if t.Kind == Record || t.Kind == Tuple {
			elem = t.Fields[i].Type
		}
		if !elem.Equal(a[i], b[i]) {
			return false
		}
	}
	return true
}

// sorted returns the entries of a map by their keys.
func (t *Type) sorted(entries []any) []any {
	key := func(entry any) string { return fmt.Sprintf("%v", entry.([]any)[0]) }
	out := slices.Clone(entries)
	slices.SortStableFunc(out, func(a, b any) int { return bytes.Compare([]byte(key(a)), []byte(key(b))) })
	return out
}

// Size returns about how many bytes a value of the type takes in a guest's memory.
func (t *Type) Size(v any) int {
	size := int(t.size)
	switch v := v.(type) {
	case string:
		size += len(v)
	case []byte:
		size += len(v)
	case Case:
		if u := t.Fields[v.Index].Type; u != nil {
			size += u.Size(v.Value) - int(u.size)
		}
	case []any:
		for i, e := range v {
			switch t.Kind {
			case Record, Tuple:
				u := t.Fields[i].Type
				size += u.Size(e) - int(u.size)
			case Array:
				size += t.Elem.Size(e) - int(t.Elem.size)
			default:
				size += t.Elem.Size(e)
			}
		}
	}
	return size
}

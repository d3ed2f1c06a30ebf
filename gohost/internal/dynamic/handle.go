package dynamic

import "example.org/compute-pipeline/gohost/cabi"

func (t *Type) isHandle() bool { return t.Kind == Own || t.Kind == Borrow }

func (t *Type) liftHandle(c *cabi.Call, index uint32) any {
	switch {
	case t.Kind == Own && t.Resource.Exported:
		return c.LiftHandle(t.Resource, index)
	case t.Kind == Own:
		return cabi.LiftOwn[any](c, t.Resource, index)
	case t.Resource.Exported:
		return c.LiftBorrowedHandle(t.Resource, index)
	}
	return cabi.LiftBorrow[any](c, t.Resource, index)
}

func (t *Type) lowerHandle(c *cabi.Call, v any) uint32 {
	handle, _ := v.(*cabi.Handle)
	switch {
	case t.Kind == Own && t.Resource.Exported:
		return c.LowerHandle(t.Resource, handle)
	case t.Kind == Own:
		return c.LowerOwn(t.Resource, v)
	case t.Resource.Exported:
		return c.LowerBorrowedHandle(t.Resource, handle)
	}
	return c.LowerBorrow(t.Resource, v)
}

// maxHandles is the max number of handles that values of a type have outside of lists.
const maxHandles = 1 << 10

// HasHandles reports whether a value of the type may have handles.
func (t *Type) HasHandles() bool { return t.hasHandles }

// Handles returns the number of handles in a value of the type without those in lists, up
// to a bound.
func (t *Type) Handles() int { return t.handles }

// countHandles sets what both return. The parts of the type have theirs.
func (t *Type) countHandles() {
	switch {
	case t.isHandle():
		t.handles, t.hasHandles = 1, true
	case t.Kind == List || t.Kind == Map:
		t.hasHandles = t.Elem.hasHandles
	case t.Kind == Array:
		t.handles, t.hasHandles = min(t.Elem.handles*t.Length, maxHandles), t.Elem.hasHandles
	}
	for _, f := range t.Fields {
		if f.Type != nil {
			t.handles = min(t.handles+f.Type.handles, maxHandles)
			t.hasHandles = t.hasHandles || f.Type.hasHandles
		}
	}
}

// EachResource calls f with the type of each handle that a value of the type may have.
func (t *Type) EachResource(f func(handle *Type)) {
	if t.isHandle() {
		f(t)
		return
	}
	if t.Elem != nil {
		t.Elem.EachResource(f)
	}
	for _, field := range t.Fields {
		if field.Type != nil {
			field.Type.EachResource(f)
		}
	}
}

// Replace returns a value of the type with each handle replaced by what f returns for it.
// The value itself is not changed.
func (t *Type) Replace(v any, f func(handle *Type, v any) any) any {
	if t.isHandle() {
		return f(t, v)
	}
	if !t.hasHandles {
		return v
	}
	switch v := v.(type) {
	case Case:
		if u := t.Fields[v.Index].Type; u != nil {
			v.Value = u.Replace(v.Value, f)
		}
		return v
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			elem := t.Elem
			if t.Kind == Record || t.Kind == Tuple {
				elem = t.Fields[i].Type
			}
			out[i] = elem.Replace(e, f)
		}
		return out
	}
	return v
}

package bind

import (
	"fmt"
	"strings"
)

// load returns an expression that loads a value from memory.
func (h *helpers) load(t *valueType, at string) string {
	t = t.base()
	switch t.kind {
	case kindPrimitive:
		return fmt.Sprintf("c.Load%s(%s)", method(t), at)
	case kindEnum:
		return fmt.Sprintf("%s(%s)", t.goName, discriminant(t, len(t.fields), at))
	case kindFlags:
		return fmt.Sprintf("%s(c.Load%s(%s)%s)", t.goName, unsigned(t.size), at, mask(t))
	case kindList:
		switch {
		case isByte(t.elem), isPrimitive(t.elem, "string"):
			return h.loadAppend(t, at, "nil")
		default:
			return fmt.Sprintf("%s.Load(c, %s, nil)", h.list(t, true), at)
		}
	case kindMap:
		return fmt.Sprintf("%s.Load(c, %s)", h.list(t, true), at)
	case kindOwn, kindBorrow:
		return h.liftHandle(t, fmt.Sprintf("c.LoadU32(%s)", at))
	}
	name := h.helper("load", t, "(c *cabi.Call, at uint32) "+h.named(t), func(w *strings.Builder) {
		h.liftBody(w, t, "at")
	})
	return fmt.Sprintf("%s(c, %s)", name, at)
}

// loadAppend returns an expression that loads a list and appends it to dst.
func (h *helpers) loadAppend(t *valueType, at, dst string) string {
	t = t.base()
	switch {
	case isByte(t.elem):
		return fmt.Sprintf("c.LoadBytes(%s, %s)", at, dst)
	case isPrimitive(t.elem, "string"):
		return fmt.Sprintf("c.LoadStrings(%s, %s)", at, dst)
	default:
		return fmt.Sprintf("%s.Load(c, %s, %s)", h.list(t, true), at, dst)
	}
}

// pop returns an expression that lifts a value from flat values.
func (h *helpers) pop(t *valueType) string {
	t = t.base()
	switch t.kind {
	case kindPrimitive:
		return fmt.Sprintf("c.Pop%s()", method(t))
	case kindEnum:
		return fmt.Sprintf("%s(%s)", t.goName, discriminant(t, len(t.fields), ""))
	case kindFlags:
		return fmt.Sprintf("%s(c.Pop%s()%s)", t.goName, unsigned(t.size), mask(t))
	case kindList:
		switch {
		case isByte(t.elem):
			return "c.PopBytes(nil)"
		case isPrimitive(t.elem, "string"):
			return "c.PopStrings(nil)"
		default:
			return fmt.Sprintf("%s.Pop(c, nil)", h.list(t, true))
		}
	case kindMap:
		return fmt.Sprintf("%s.Pop(c)", h.list(t, true))
	case kindOwn, kindBorrow:
		return h.liftHandle(t, "c.PopU32()")
	}
	name := h.helper("pop", t, "(c *cabi.Call) "+h.named(t), func(w *strings.Builder) {
		h.liftBody(w, t, "")
	})
	return name + "(c)"
}

// named returns the result of a helper, with a name where its body needs one.
func (h *helpers) named(t *valueType) string {
	switch t.kind {
	case kindRecord, kindTuple:
		return goType(t)
	default:
		return fmt.Sprintf("(v %s)", goType(t))
	}
}

// lift returns an expression for a part: in memory, or the next of the flat values if
// at is "".
func (h *helpers) lift(t *valueType, at string, by uint64) string {
	if at == "" {
		return h.pop(t)
	}
	return h.load(t, offset(at, by))
}

func (h *helpers) liftBody(w *strings.Builder, t *valueType, at string) {
	switch t.kind {
	case kindRecord, kindTuple:
		fmt.Fprintf(w, "return %s{\n", goType(t))
		for i, f := range t.fields {
			fmt.Fprintf(w, "%s: %s,\n", f.goName, h.lift(f.typ, at, t.layout.fields[i]))
		}
		fmt.Fprintln(w, "}")
	case kindArray:
		element := h.pop
		if at != "" {
			element = func(e *valueType) string { return h.load(e, fmt.Sprintf("%s+%d*uint32(i)", at, e.size)) }
		}
		fmt.Fprintf(w, "for i := range v {\nv[i] = %s\n}\nreturn v\n", element(t.elem))
	case kindOption:
		h.union(w, t, at, func() {
			fmt.Fprintf(w, "if %s == 1 {\nv = wit.Option[%s]{Value: %s, Valid: true}\n}\n", discriminant(t, 2, at), goType(t.elem), h.lift(t.elem, at, t.layout.fields[0]))
		})
	case kindResult:
		h.union(w, t, at, func() { h.liftResult(w, t, at) })
	case kindVariant:
		h.union(w, t, at, func() { h.liftVariant(w, t, at) })
	}
}

// union writes what lifts one of several payloads, and passes over the flat values of
// the longest of them.
func (h *helpers) union(w *strings.Builder, t *valueType, at string, lift func()) {
	several := at == "" && len(t.flat) > 1
	if several {
		fmt.Fprintf(w, "end := c.Cursor() + %d\n", len(t.flat))
	}
	lift()
	if several {
		fmt.Fprintln(w, "c.Seek(end)")
	}
	fmt.Fprintln(w, "return v")
}

func (h *helpers) liftResult(w *strings.Builder, t *valueType, at string) {
	fmt.Fprintf(w, "if %s == 1 {\nv.IsErr = true\n", discriminant(t, 2, at))
	if t.err != nil {
		fmt.Fprintf(w, "v.Err = %s\n", h.lift(t.err, at, t.layout.fields[0]))
	}
	if t.ok != nil {
		fmt.Fprintf(w, "} else {\nv.Value = %s\n", h.lift(t.ok, at, t.layout.fields[0]))
	}
	fmt.Fprintln(w, "}")
}

func (h *helpers) liftVariant(w *strings.Builder, t *valueType, at string) {
	fmt.Fprintf(w, "switch %s {\n", discriminant(t, len(t.fields), at))
	for i, f := range t.fields {
		fmt.Fprintf(w, "case %d:\n", i)
		if f.typ == nil {
			fmt.Fprintf(w, "v = %s{}\n", f.goName)
			continue
		}
		fmt.Fprintf(w, "payload := %s{Value: %s}\n", f.goName, h.lift(f.typ, at, t.layout.fields[0]))
		fmt.Fprintln(w, "if c.Heap(int(unsafe.Sizeof(payload))) {\nv = payload\n}")
	}
	fmt.Fprintln(w, "}")
}

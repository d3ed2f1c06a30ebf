package bind

import (
	"fmt"
	"strings"
)

// store returns a statement that stores the value of an expression in memory.
func (h *helpers) store(t *valueType, at, v string) string {
	t = t.base()
	switch t.kind {
	case kindPrimitive:
		return fmt.Sprintf("c.Store%s(%s, %s)", method(t), at, v)
	case kindEnum:
		return fmt.Sprintf("c.Store%s(%s, %s)", unsigned(t.size), at, narrowed(t.size, fmt.Sprintf("%s(c, %s)", h.lowerEnum(t), v)))
	case kindFlags:
		return fmt.Sprintf("c.Store%s(%s, uint%d(%s%s))", unsigned(t.size), at, t.size*8, v, mask(t))
	case kindList:
		switch {
		case isByte(t.elem):
			return fmt.Sprintf("c.StoreBytes(%s, %s)", at, v)
		case isPrimitive(t.elem, "string"):
			return fmt.Sprintf("c.StoreStrings(%s, %s)", at, v)
		}
		return fmt.Sprintf("%s.Store(c, %s, %s)", h.list(t, false), at, v)
	case kindMap:
		return fmt.Sprintf("%s.Store(c, %s, %s)", h.list(t, false), at, v)
	case kindOwn, kindBorrow:
		return fmt.Sprintf("c.StoreU32(%s, %s)", at, h.lowerHandle(t, v))
	}
	name := h.helper("store", t, fmt.Sprintf("(c *cabi.Call, at uint32, v %s)", goType(t)), func(w *strings.Builder) {
		h.lowerBody(w, t, "at")
	})
	return fmt.Sprintf("%s(c, %s, %s)", name, at, v)
}

// push returns a statement that lowers the value of an expression to flat values.
func (h *helpers) push(t *valueType, v string) string {
	t = t.base()
	switch t.kind {
	case kindPrimitive:
		return fmt.Sprintf("c.Push%s(%s)", method(t), v)
	case kindEnum:
		return fmt.Sprintf("c.PushI32(%s(c, %s))", h.lowerEnum(t), v)
	case kindFlags:
		return fmt.Sprintf("c.PushI32(uint32(%s%s))", v, mask(t))
	case kindList:
		switch {
		case isByte(t.elem):
			return fmt.Sprintf("c.PushBytes(%s)", v)
		case isPrimitive(t.elem, "string"):
			return fmt.Sprintf("c.PushStrings(%s)", v)
		}
		return fmt.Sprintf("%s.Push(c, %s)", h.list(t, false), v)
	case kindMap:
		return fmt.Sprintf("%s.Push(c, %s)", h.list(t, false), v)
	case kindOwn, kindBorrow:
		return fmt.Sprintf("c.PushI32(%s)", h.lowerHandle(t, v))
	}
	name := h.helper("push", t, fmt.Sprintf("(c *cabi.Call, v %s)", goType(t)), func(w *strings.Builder) {
		h.lowerBody(w, t, "")
	})
	return fmt.Sprintf("%s(c, %s)", name, v)
}

// lower returns a statement for a part: into memory, or to the flat values if at is "".
func (h *helpers) lower(t *valueType, at string, by uint64, v string) string {
	if at == "" {
		return h.push(t, v)
	}
	return h.store(t, offset(at, by), v)
}

func (h *helpers) lowerBody(w *strings.Builder, t *valueType, at string) {
	switch t.kind {
	case kindRecord, kindTuple:
		for i, f := range t.fields {
			fmt.Fprintln(w, h.lower(f.typ, at, t.layout.fields[i], "v."+f.goName))
		}
	case kindArray:
		element := h.push(t.elem, "v[i]")
		if at != "" {
			element = h.store(t.elem, fmt.Sprintf("%s+%d*uint32(i)", at, t.elem.size), "v[i]")
		}
		fmt.Fprintf(w, "for i := range v {\n%s\n}\n", element)
	case kindOption:
		h.padded(w, t, at, func() {
			fmt.Fprintln(w, lowerDiscriminant(2, at, "1", "v.Valid"))
			fmt.Fprintf(w, "if v.Valid {\n%s\n}\n", h.lower(t.elem, at, t.layout.fields[0], "v.Value"))
		})
	case kindResult:
		h.padded(w, t, at, func() { h.lowerResult(w, t, at) })
	case kindVariant:
		h.padded(w, t, at, func() { h.lowerVariant(w, t, at) })
	}
}

// padded writes what lowers one of several payloads, and adds flat values up to the
// longest of them.
func (h *helpers) padded(w *strings.Builder, t *valueType, at string, lower func()) {
	several := at == "" && len(t.flat) > 1
	if several {
		fmt.Fprintf(w, "end := c.Pushed() + %d\n", len(t.flat))
	}
	lower()
	if several {
		fmt.Fprintln(w, "c.PadTo(end)")
	}
}

// lowerDiscriminant returns a statement that lowers the number of a case; of two cases
// the one that condition says.
func lowerDiscriminant(cases int, at, number, condition string) string {
	switch {
	case at == "" && condition != "":
		return fmt.Sprintf("c.PushBool(%s)", condition)
	case at == "":
		return fmt.Sprintf("c.PushI32(%s)", number)
	case condition != "":
		return fmt.Sprintf("c.StoreBool(%s, %s)", at, condition)
	default:
		return fmt.Sprintf("c.Store%s(%s, %s)", unsigned(discriminantSize(cases)), at, number)
	}
}

func (h *helpers) lowerResult(w *strings.Builder, t *valueType, at string) {
	fmt.Fprintln(w, lowerDiscriminant(2, at, "", "v.IsErr"))
	payload := t.layout.fields[0]
	switch {
	case t.ok != nil && t.err != nil:
		fmt.Fprintf(w, "if v.IsErr {\n%s\n} else {\n%s\n}\n", h.lower(t.err, at, payload, "v.Err"), h.lower(t.ok, at, payload, "v.Value"))
	case t.ok != nil:
		fmt.Fprintf(w, "if !v.IsErr {\n%s\n}\n", h.lower(t.ok, at, payload, "v.Value"))
	case t.err != nil:
		fmt.Fprintf(w, "if v.IsErr {\n%s\n}\n", h.lower(t.err, at, payload, "v.Err"))
	}
}

func (h *helpers) lowerVariant(w *strings.Builder, t *valueType, at string) {
	fmt.Fprintln(w, "switch v := v.(type) {")
	for i, f := range t.fields {
		fmt.Fprintf(w, "case %s:\n%s\n", f.goName, lowerDiscriminant(len(t.fields), at, fmt.Sprint(i), ""))
		if f.typ != nil {
			fmt.Fprintln(w, h.lower(f.typ, at, t.layout.fields[0], "v.Value"))
		}
	}
	fmt.Fprintf(w, "default:\nc.Invalid(\"%%T is no case of %s\", v)\n}\n", what(t))
}

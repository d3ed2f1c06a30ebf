package bind

import (
	"fmt"
	"strings"
)

// isCompound reports whether values of a type are lifted and lowered part by part, by a
// helper that is given their place: passing them by value takes three times as long.
func isCompound(t *valueType) bool {
	switch t.base().kind {
	case kindRecord, kindTuple, kindArray, kindOption, kindResult, kindVariant:
		return true
	default:
		return false
	}
}

// liftExpression returns an expression that lifts a value of a type that is not compound:
// from memory, or the next flat values if at is "". dst is what a list is appended to.
func (h *helpers) liftExpression(t *valueType, at, dst string) string {
	t = t.base()
	operation, arguments := "Pop", ""
	if at != "" {
		operation, arguments = "Load", at
	}
	method := func(name string, more ...string) string {
		if arguments != "" {
			more = append([]string{arguments}, more...)
		}
		return fmt.Sprintf("c.%s%s(%s)", operation, name, strings.Join(more, ", "))
	}
	switch t.kind {
	case kindPrimitive:
		return method(capitalizedFirst(t.primitive))
	case kindEnum:
		return fmt.Sprintf("%s(%s)", t.goName, discriminant(t, len(t.fields), at))
	case kindFlags:
		return fmt.Sprintf("%s(%s%s)", t.goName, method(unsigned(t.size)), mask(t))
	case kindList:
		switch {
		case isByte(t.elem):
			return method("Bytes", dst)
		case isPrimitive(t.elem, "string"):
			return method("Strings", dst)
		}
		return fmt.Sprintf("%s.%s(c%s, %s)", h.list(t, true), operation, after(", ", at), dst)
	case kindMap:
		return fmt.Sprintf("%s.%s(c%s)", h.list(t, true), operation, after(", ", at))
	default:
		return h.liftHandle(t, method("U32"))
	}
}

// lift returns a statement that lifts a value into a place, which is a variable with the
// zero value: from the part of memory that is by bytes behind at, or from the next flat
// values if at is "".
func (h *helpers) lift(t *valueType, at string, by uint64, place string) string {
	if at != "" {
		at = offset(at, by)
	}
	if !isCompound(t) {
		return fmt.Sprintf("%s = %s", place, h.liftExpression(t, at, "nil"))
	}
	return fmt.Sprintf("%s(c%s, &%s)", h.liftHelper(t, at != ""), after(", ", at), place)
}

// liftNew returns a statement that declares a variable with a lifted value.
func (h *helpers) liftNew(t *valueType, at string, by uint64, name string) string {
	if isCompound(t) {
		return fmt.Sprintf("var %s %s\n%s", name, goType(t), h.lift(t, at, by, name))
	}
	return strings.Replace(h.lift(t, at, by, name), " = ", " := ", 1)
}

// liftHelper returns the function that lifts a compound type.
func (h *helpers) liftHelper(t *valueType, inMemory bool) string {
	t = t.base()
	operation, parameter, at := "pop", "", ""
	if inMemory {
		operation, parameter, at = "load", "at uint32, ", "at"
	}
	signature := fmt.Sprintf("(c *cabi.Call, %sv *%s)", parameter, goType(t))
	return h.helper(operation, t, signature, func(w *strings.Builder) { h.liftBody(w, t, at) })
}

func (h *helpers) liftBody(w *strings.Builder, t *valueType, at string) {
	switch t.kind {
	case kindRecord, kindTuple:
		for i, f := range t.fields {
			fmt.Fprintln(w, h.lift(f.typ, at, t.layout.fields[i], "v."+f.goName))
		}
	case kindArray:
		fmt.Fprintf(w, "for i := range v {\n%s\n}\n", h.lift(t.elem, element(at, t), 0, "v[i]"))
	case kindOption:
		h.union(w, t, at, func() {
			fmt.Fprintf(w, "if %s == 1 {\nv.Valid = true\n%s\n}\n", discriminant(t, 2, at), h.lift(t.elem, at, t.layout.fields[0], "v.Value"))
		})
	case kindResult:
		h.union(w, t, at, func() { h.liftResult(w, t, at) })
	case kindVariant:
		h.union(w, t, at, func() { h.liftVariant(w, t, at) })
	}
}

// element returns the address of an array's element i, or "" for flat values.
func element(at string, t *valueType) string {
	if at == "" {
		return ""
	}
	return fmt.Sprintf("%s+%d*uint32(i)", at, t.elem.size)
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
}

func (h *helpers) liftResult(w *strings.Builder, t *valueType, at string) {
	fmt.Fprintf(w, "if %s == 1 {\nv.IsErr = true\n", discriminant(t, 2, at))
	if t.err != nil {
		fmt.Fprintln(w, h.lift(t.err, at, t.layout.fields[0], "v.Err"))
	}
	if t.ok != nil {
		fmt.Fprintf(w, "} else {\n%s\n", h.lift(t.ok, at, t.layout.fields[0], "v.Value"))
	}
	fmt.Fprintln(w, "}")
}

func (h *helpers) liftVariant(w *strings.Builder, t *valueType, at string) {
	fmt.Fprintf(w, "switch %s {\n", discriminant(t, len(t.fields), at))
	for i, f := range t.fields {
		fmt.Fprintf(w, "case %d:\n", i)
		if f.typ == nil {
			fmt.Fprintf(w, "*v = %s{}\n", f.goName)
			continue
		}
		fmt.Fprintf(w, "var payload %s\n%s\n", f.goName, h.lift(f.typ, at, t.layout.fields[0], "payload.Value"))
		fmt.Fprintln(w, "if c.Heap(int(unsafe.Sizeof(payload))) {\n*v = payload\n}")
	}
	fmt.Fprintln(w, "}")
}

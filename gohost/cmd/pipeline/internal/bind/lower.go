package bind

import (
	"fmt"
	"strings"
)

// lower returns a statement that lowers the value in a place, which is a variable: to the
// part of memory that is by bytes behind at, or to flat values if at is "".
func (h *helpers) lower(t *valueType, at string, by uint64, place string) string {
	t = t.base()
	operation := "Push"
	if at != "" {
		operation, at = "Store", offset(at, by)
	}
	arguments := func(value string) string {
		if at == "" {
			return value
		}
		return at + ", " + value
	}
	number := func(size uint64, value string) string {
		if at == "" {
			return fmt.Sprintf("c.PushI32(%s)", value)
		}
		return fmt.Sprintf("c.Store%s(%s, %s)", unsigned(size), at, narrowed(size, value))
	}
	switch t.kind {
	case kindPrimitive:
		return fmt.Sprintf("c.%s%s(%s)", operation, capitalizedFirst(t.primitive), arguments(place))
	case kindEnum:
		return number(t.size, fmt.Sprintf("%s(c, %s)", h.lowerEnum(t), place))
	case kindFlags:
		return fmt.Sprintf("c.%s%s(%s)", operation, unsigned(t.size), arguments(fmt.Sprintf("uint%d(%s%s)", t.size*8, place, mask(t))))
	case kindList, kindMap:
		switch {
		case t.kind == kindList && isByte(t.elem):
			return fmt.Sprintf("c.%sBytes(%s)", operation, arguments(place))
		case t.kind == kindList && isPrimitive(t.elem, "string"):
			return fmt.Sprintf("c.%sStrings(%s)", operation, arguments(place))
		}
		return fmt.Sprintf("%s.%s(c, %s)", h.list(t, false), operation, arguments(place))
	case kindOwn, kindBorrow:
		return number(4, h.lowerHandle(t, place))
	default:
		return fmt.Sprintf("%s(c, %s)", h.lowerHelper(t, at != ""), arguments("&"+place))
	}
}

// lowerHelper returns the function that lowers a compound type.
func (h *helpers) lowerHelper(t *valueType, inMemory bool) string {
	t = t.base()
	operation, parameter, at := "push", "", ""
	if inMemory {
		operation, parameter, at = "store", "at uint32, ", "at"
	}
	signature := fmt.Sprintf("(c *cabi.Call, %sv *%s)", parameter, goType(t))
	return h.helper(operation, t, signature, func(w *strings.Builder) { h.lowerBody(w, t, at) })
}

func (h *helpers) lowerBody(w *strings.Builder, t *valueType, at string) {
	switch t.kind {
	case kindRecord, kindTuple:
		for i, f := range t.fields {
			fmt.Fprintln(w, h.lower(f.typ, at, t.layout.fields[i], "v."+f.goName))
		}
	case kindArray:
		fmt.Fprintf(w, "for i := range v {\n%s\n}\n", h.lower(t.elem, element(at, t), 0, "v[i]"))
	case kindOption:
		h.padded(w, t, at, func() {
			fmt.Fprintln(w, lowerDiscriminant(2, at, "", "v.Valid"))
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
	failure, value := "", ""
	if t.err != nil {
		failure = h.lower(t.err, at, t.layout.fields[0], "v.Err")
	}
	if t.ok != nil {
		value = h.lower(t.ok, at, t.layout.fields[0], "v.Value")
	}
	fmt.Fprint(w, either("v.IsErr", failure, "!v.IsErr", value))
}

// either returns an if statement with one or both of two statements.
func either(condition, first, other, second string) string {
	switch {
	case first != "" && second != "":
		return fmt.Sprintf("if %s {\n%s\n} else {\n%s\n}\n", condition, first, second)
	case first != "":
		return fmt.Sprintf("if %s {\n%s\n}\n", condition, first)
	case second != "":
		return fmt.Sprintf("if %s {\n%s\n}\n", other, second)
	default:
		return ""
	}
}

func (h *helpers) lowerVariant(w *strings.Builder, t *valueType, at string) {
	fmt.Fprintln(w, "switch v := (*v).(type) {")
	for i, f := range t.fields {
		fmt.Fprintf(w, "case %s:\n%s\n", f.goName, lowerDiscriminant(len(t.fields), at, fmt.Sprint(i), ""))
		if f.typ != nil {
			fmt.Fprintln(w, h.lower(f.typ, at, t.layout.fields[0], "v.Value"))
		}
	}
	fmt.Fprintf(w, "default:\nc.Invalid(\"%%T is no case of %s\", v)\n}\n", what(t))
}

package golang

import (
	"fmt"
	"strings"

	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/bind"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/scaffold/world"
)

var primitives = map[string]string{
	"bool": "bool", "char": "rune", "string": "string", "f32": "float32", "f64": "float64",
	"u8": "uint8", "u16": "uint16", "u32": "uint32", "u64": "uint64",
	"s8": "int8", "s16": "int16", "s32": "int32", "s64": "int64",
}

// typ returns a type of Go.
func (w *writer) typ(t *world.Type) string {
	if t == nil {
		return "struct{}"
	}
	if name, ok := primitives[t.Kind]; ok {
		return name
	}
	if t.Name != "" {
		return w.types[t]
	}
	return w.literal(t)
}

// literal returns a type without its name.
func (w *writer) literal(t *world.Type) string {
	switch t.Kind {
	case "list":
		return "[]" + w.typ(t.Elem)
	case "fixed-list":
		return fmt.Sprintf("[%d]%s", t.Length, w.typ(t.Elem))
	case "map":
		return "map[" + w.typ(t.Key) + "]" + w.typ(t.Elem)
	case "option":
		return "*" + w.typ(t.Elem)
	case "result":
		return "Result[" + w.typ(t.OK) + ", " + w.typ(t.Err) + "]"
	case "tuple":
		elements := make([]string, len(t.Fields))
		for i, f := range t.Fields {
			elements[i] = w.typ(f.Type)
		}
		return w.tuple(len(t.Fields)) + "[" + strings.Join(elements, ", ") + "]"
	}
	return w.typ(t.Elem) // an alias, or a handle
}

// tuple returns the name of the tuples of a length, and declares them if they are new.
func (w *writer) tuple(length int) string {
	if name := w.tuples[length]; name != "" {
		return name
	}
	name := w.names.New(fmt.Sprintf("Tuple%d", length))
	w.tuples[length] = name
	var params, fields strings.Builder
	for n := range length {
		fmt.Fprintf(&params, "T%d, ", n)
		fmt.Fprintf(&fields, "\tF%d T%d\n", n, n)
	}
	fmt.Fprintf(&w.access, "\n// %s is a tuple of WIT.\ntype %s[%s any] struct {\n%s}\n", name, name, strings.TrimSuffix(params.String(), ", "), fields.String())
	return name
}

// fieldNames returns the names of a record's fields or a tuple's elements.
func fieldNames(t *world.Type) []string {
	used := world.Reserve("")
	names := make([]string, len(t.Fields))
	for i, f := range t.Fields {
		if t.Kind == "tuple" {
			names[i] = fmt.Sprintf("F%d", i)
		} else {
			names[i] = used.New(bind.GoName(f.Name))
		}
	}
	return names
}

// caseNames returns the names of a variant's cases, an enum's or flags.
func (w *writer) caseName(t *world.Type, f world.Field) string {
	return w.types[t] + bind.GoName(f.Name)
}

// declare declares a type with a name.
func (w *writer) declare(t *world.Type) {
	name := w.types[t]
	d := &w.decls
	switch t.Kind {
	case "record":
		fmt.Fprintf(d, "\ntype %s struct {\n", name)
		for i, field := range fieldNames(t) {
			fmt.Fprintf(d, "\t%s %s\n", field, w.typ(t.Fields[i].Type))
		}
		d.WriteString("}\n")
	case "variant":
		fmt.Fprintf(d, "\n// %s is one of its cases.\ntype %s interface{ is%s() }\n\ntype (\n", name, name, name)
		for _, f := range t.Fields {
			if f.Type == nil {
				fmt.Fprintf(d, "\t%s struct{}\n", w.caseName(t, f))
			} else {
				fmt.Fprintf(d, "\t%s struct{ Value %s }\n", w.caseName(t, f), w.typ(f.Type))
			}
		}
		d.WriteString(")\n\n")
		for _, f := range t.Fields {
			fmt.Fprintf(d, "func (%s) is%s() {}\n", w.caseName(t, f), name)
		}
	case "enum", "flags":
		fmt.Fprintf(d, "\ntype %s uint%d\n\nconst (\n", name, 8*t.Size)
		for n, f := range t.Fields {
			if t.Kind == "enum" {
				fmt.Fprintf(d, "\t%s %s = %d\n", w.caseName(t, f), name, n)
			} else {
				fmt.Fprintf(d, "\t%s %s = 1 << %d\n", w.caseName(t, f), name, n)
			}
		}
		d.WriteString(")\n")
	case "resource":
		fmt.Fprintf(d, "\n// %s is a handle of a resource of the host.\ntype %s struct{ handle uint32 }\n", name, name)
	default:
		fmt.Fprintf(d, "\ntype %s = %s\n", name, w.literal(t))
	}
}

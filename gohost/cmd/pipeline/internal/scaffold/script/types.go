package script

import (
	"fmt"
	"strings"

	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/scaffold/world"
)

var primitives = map[string]string{
	"bool": "boolean", "char": "string", "string": "string", "f32": "number", "f64": "number",
	"u8": "number", "u16": "number", "u32": "number", "u64": "bigint", "s8": "number", "s16": "number", "s32": "number", "s64": "bigint",
}

// arrays are lists of numbers.
var arrays = map[string]string{
	"u8": "Uint8Array", "u16": "Uint16Array", "u32": "Uint32Array", "u64": "BigUint64Array",
	"s8": "Int8Array", "s16": "Int16Array", "s32": "Int32Array", "s64": "BigInt64Array", "f32": "Float32Array", "f64": "Float64Array",
}

// typ returns a type of TypeScript.
func (w *writer) typ(t *world.Type) string {
	if t == nil {
		return "undefined"
	}
	if name, ok := primitives[t.Kind]; ok {
		return name
	}
	if t.Name != "" {
		return "contract." + w.types[t]
	}
	return w.literal(t)
}

// literal returns a type without its name.
func (w *writer) literal(t *world.Type) string {
	switch t.Kind {
	case "list":
		if array, ok := arrays[t.Elem.Base().Kind]; ok {
			return array
		}
		elem := w.typ(t.Elem)
		if strings.Contains(elem, " ") && elem[0] != '[' {
			return "Array<" + elem + ">"
		}
		return elem + "[]"
	case "option":
		if t.Elem.Base().Kind == "option" { // undefined cannot stand for both
			return "contract.Option<" + w.typ(t.Elem) + ">"
		}
		return w.typ(t.Elem) + " | undefined"
	case "result":
		return "contract.Result<" + w.typ(t.OK) + ", " + w.typ(t.Err) + ">"
	case "tuple":
		elements := make([]string, len(t.Fields))
		for i, f := range t.Fields {
			elements[i] = w.typ(f.Type)
		}
		return "[" + strings.Join(elements, ", ") + "]"
	}
	return w.typ(t.Elem) // an alias, or a handle
}

// declare declares a type with a name in the namespace.
func (w *writer) declare(s *strings.Builder, t *world.Type) {
	name := w.types[t]
	switch t.Kind {
	case "record":
		fmt.Fprintf(s, "\n  interface %s {\n", name)
		for _, f := range t.Fields {
			optional := ""
			if base := f.Type.Base(); base.Kind == "option" && base.Elem.Base().Kind != "option" {
				optional = "?"
			}
			fmt.Fprintf(s, "    %s%s: %s;\n", world.Camel(f.Name), optional, w.typ(f.Type))
		}
		s.WriteString("  }\n")
	case "variant":
		fmt.Fprintf(s, "\n  type %s =", name)
		for _, f := range t.Fields {
			if f.Type == nil {
				fmt.Fprintf(s, "\n    | { tag: %q }", f.Name)
			} else {
				fmt.Fprintf(s, "\n    | { tag: %q; val: %s }", f.Name, w.typ(f.Type))
			}
		}
		s.WriteString(";\n")
	case "enum":
		cases := make([]string, len(t.Fields))
		for i, f := range t.Fields {
			cases[i] = fmt.Sprintf("%q", f.Name)
		}
		fmt.Fprintf(s, "\n  type %s = %s;\n", name, strings.Join(cases, " | "))
	case "flags":
		fmt.Fprintf(s, "\n  interface %s {\n", name)
		for _, f := range t.Fields {
			fmt.Fprintf(s, "    %s?: boolean;\n", world.Camel(f.Name))
		}
		s.WriteString("  }\n")
	case "resource":
		if !t.Exported {
			fmt.Fprintf(s, "\n  type %s = import(%q).%s;\n", name, t.Owner, world.Pascal(t.Name))
			return
		}
		fmt.Fprintf(s, "\n  interface %s {\n", name)
		for _, i := range w.world.Exports {
			for _, f := range i.Functions {
				if f.Resource == t && f.Kind == "method" {
					w.function(s, "    ", "", f)
				}
			}
		}
		s.WriteString("  }\n")
	default:
		fmt.Fprintf(s, "\n  type %s = %s;\n", name, w.literal(t))
	}
}

package rust

import (
	"fmt"
	"strings"

	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/scaffold/world"
)

var primitives = map[string]string{
	"bool": "bool", "char": "char", "string": "String", "f32": "f32", "f64": "f64",
	"u8": "u8", "u16": "u16", "u32": "u32", "u64": "u64", "s8": "i8", "s16": "i16", "s32": "i32", "s64": "i64",
}

// typ returns the type that wit-bindgen gives parameters and results of exported functions.
func (w *writer) typ(t *world.Type) string {
	if t == nil {
		return "()"
	}
	if rust, ok := primitives[t.Kind]; ok {
		return rust
	}
	if t.Name != "" {
		return w.path(t)
	}
	switch t.Kind {
	case "list":
		return "Vec<" + w.typ(t.Elem) + ">"
	case "fixed-list":
		return fmt.Sprintf("[%s; %d]", w.typ(t.Elem), t.Length)
	case "map":
		return "wit_bindgen::rt::Map<" + w.typ(t.Key) + ", " + w.typ(t.Elem) + ">"
	case "option":
		return "Option<" + w.typ(t.Elem) + ">"
	case "result":
		return "Result<" + w.typ(t.OK) + ", " + w.typ(t.Err) + ">"
	case "own":
		return w.typ(t.Elem)
	case "borrow":
		if t.Elem.Base().Exported {
			return w.typ(t.Elem) + "Borrow<'_>"
		}
		return "&" + w.typ(t.Elem)
	}
	// A tuple, which is the only type that is left.
	elements := make([]string, len(t.Fields))
	for i, f := range t.Fields {
		elements[i] = w.typ(f.Type)
	}
	if len(elements) == 1 {
		return "(" + elements[0] + ",)"
	}
	return "(" + strings.Join(elements, ", ") + ")"
}

// path returns where wit-bindgen puts a type with a name.
func (w *writer) path(t *world.Type) string {
	name := upperCamel(t.Name)
	if t.Owner == "" {
		return name
	}
	owner, _, _ := strings.Cut(t.Owner, "@")
	path := module(owner) + "::" + name
	for _, i := range w.world.Exports {
		if i.Name == owner {
			return "exports::" + path
		}
	}
	return path
}

// module returns the module of an interface: a:b/c is a::b::c.
func module(name string) string {
	parts := strings.FieldsFunc(name, func(r rune) bool { return r == ':' || r == '/' })
	for i, part := range parts {
		parts[i] = snake(part)
	}
	return strings.Join(parts, "::")
}

// keywords are the names to which wit-bindgen appends an underscore.
var keywords = func() map[string]bool {
	words := map[string]bool{}
	for _, word := range strings.Fields(`as break const continue crate else enum extern false fn for if impl in let loop match
		mod move mut pub ref return self static struct super trait true type unsafe use where while async await dyn abstract
		become box do final macro override priv typeof unsized virtual yield try`) {
		words[word] = true
	}
	return words
}()

// snake returns a name of WIT as a name of a function, parameter or module.
func snake(name string) string {
	if keywords[name] {
		return name + "_"
	}
	return strings.ToLower(strings.ReplaceAll(name, "-", "_"))
}

// upperCamel returns a name of WIT as a name of a type.
func upperCamel(name string) string {
	if name == "guest" {
		return "Guest_" // Guest is the trait
	}
	var s strings.Builder
	for word := range strings.SplitSeq(strings.ToLower(name), "-") {
		if word != "" {
			s.WriteString(strings.ToUpper(word[:1]) + word[1:])
		}
	}
	return s.String()
}

package c

import (
	"fmt"
	"strings"

	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/scaffold/world"
)

var primitives = map[string]string{
	"bool": "bool", "char": "uint32_t", "string": "string", "f32": "float", "f64": "double",
	"u8": "uint8_t", "u16": "uint16_t", "u32": "uint32_t", "u64": "uint64_t",
	"s8": "int8_t", "s16": "int16_t", "s32": "int32_t", "s64": "int64_t",
}

// lineLength is the length of a line from which on it is several.
const lineLength = 100

// maxName is the max length of a name that is made of the names of parts.
const maxName = 60

// typ returns the name of a type that was declared.
func (w *writer) typ(t *world.Type) string {
	if t == nil {
		return "void"
	}
	if name, ok := primitives[t.Kind]; ok {
		return name
	}
	return w.typeNames[t]
}

// word returns what stands for a type in the names of others.
func (w *writer) word(t *world.Type) string {
	if t == nil {
		return "none"
	}
	if _, ok := primitives[t.Kind]; ok {
		return t.Kind
	}
	return w.typeNames[t]
}

// nameOf returns a name for a type.
func (w *writer) nameOf(t *world.Type) string {
	if t.Name != "" {
		return w.name(t.OwnerName(), t.Name)
	}
	parts := []string{strings.ReplaceAll(t.Kind, "fixed-list", "array")}
	switch t.Kind {
	case "map":
		parts = append(parts, w.word(t.Key), w.word(t.Elem))
	case "result":
		parts = append(parts, w.word(t.OK), w.word(t.Err))
	case "fixed-list":
		parts = append(parts, fmt.Sprint(t.Length), w.word(t.Elem))
	case "tuple":
		for _, f := range t.Fields {
			parts = append(parts, w.word(f.Type))
		}
	default:
		parts = append(parts, w.word(t.Elem))
	}
	name := strings.Join(parts, "_")
	if len(name) > maxName {
		name = strings.ReplaceAll(t.Kind, "-", "_") + "_of_parts"
	}
	return w.names.New(name)
}

// declare declares a type of its own, after those that it refers to.
func (w *writer) declare(t *world.Type) {
	if t.Kind == "own" || t.Kind == "borrow" {
		w.typeNames[t] = w.typ(t.Elem) // a handle is a number
		return
	}
	if t.IsUse() {
		w.typeNames[t] = w.typ(t.Elem)
		return
	}
	name := w.nameOf(t)
	w.typeNames[t] = name
	define := func(format string, args ...any) {
		text := fmt.Sprintf("typedef "+format+" "+name+";\n", args...)
		if len(text) > lineLength {
			text = lines(text)
		}
		w.typedefs.WriteString(text)
	}
	switch t.Kind {
	case "resource":
		define("uint32_t")
		return
	case "alias":
		define("%s", w.typ(t.Elem))
		return
	case "list":
		define("struct { %s *data; size_t length; }", w.typ(t.Elem))
	case "map":
		define("struct { struct { %s key; %s value; } *data; size_t length; }", w.typ(t.Key), w.typ(t.Elem))
	case "fixed-list":
		define("struct { %s items[%d]; }", w.typ(t.Elem), t.Length)
	case "option":
		define("struct { bool is_some; %s value; }", w.typ(t.Elem))
	case "result":
		define("struct { bool is_err;%s }", w.union([]world.Field{{Name: "ok", Type: t.OK}, {Name: "err", Type: t.Err}}))
	case "record":
		define("struct {%s }", w.fields(t.Fields, ""))
	case "tuple":
		define("struct {%s }", w.fields(t.Fields, "f"))
	case "variant":
		define("struct { %s tag;%s }", number(t.TagSize()), w.union(t.Fields))
		w.constants(name, t.Fields, func(n int) string { return fmt.Sprint(n) })
	case "enum":
		define("%s", number(t.Size))
		w.constants(name, t.Fields, func(n int) string { return fmt.Sprint(n) })
	case "flags":
		define("%s", number(t.Size))
		w.constants(name, t.Fields, func(n int) string { return fmt.Sprintf("1u << %d", n) })
	}
	fmt.Fprintf(&w.asserts, "_Static_assert(sizeof(%s) == %d && _Alignof(%s) == %d, \"%s\");\n", name, t.Size, name, t.Align, name)
}

// lines returns a definition with a line for each member.
func lines(text string) string {
	var s strings.Builder
	depth := 0
	for line := range strings.SplitSeq(strings.NewReplacer("{ ", "{\n", "; ", ";\n").Replace(text), "\n") {
		if strings.HasPrefix(line, "}") {
			depth--
		}
		if line != "" {
			s.WriteString(strings.Repeat("  ", depth) + line + "\n")
		}
		depth += strings.Count(line, "{")
	}
	return s.String()
}

func number(size uint32) string { return fmt.Sprintf("uint%d_t", 8*size) }

// fields returns the members of a struct or a union.
func (w *writer) fields(fields []world.Field, prefix string) string {
	var s strings.Builder
	names := world.Reserve(keywords)
	for _, f := range fields {
		if f.Type != nil {
			fmt.Fprintf(&s, " %s %s;", w.typ(f.Type), names.New(prefix+world.Snake(f.Name)))
		}
	}
	return s.String()
}

// union returns the union of what cases hold, or "" if they hold nothing.
func (w *writer) union(cases []world.Field) string {
	if members := w.fields(cases, ""); members != "" {
		return " union {" + members + " } value;"
	}
	return ""
}

// constants writes the names of cases or flags.
func (w *writer) constants(typ string, fields []world.Field, value func(int) string) {
	w.typedefs.WriteString("enum {\n")
	for n, f := range fields {
		fmt.Fprintf(&w.typedefs, "  %s = %s,\n", w.names.New(strings.ToUpper(typ+"_"+world.Snake(f.Name))), value(n))
	}
	w.typedefs.WriteString("};\n")
}

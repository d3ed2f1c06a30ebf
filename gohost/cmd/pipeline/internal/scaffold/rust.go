package scaffold

import (
	"fmt"
	"strings"
)

var rustPrimitives = map[string]string{
	"bool": "bool", "char": "char", "string": "String", "f32": "f32", "f64": "f64",
	"u8": "u8", "u16": "u16", "u32": "u32", "u64": "u64", "s8": "i8", "s16": "i16", "s32": "i32", "s64": "i64",
}

// rustType returns the type that wit-bindgen gives parameters and results of exported
// functions. A type is the name of a primitive one, or an index.
func (w *world) rustType(of any) (string, error) {
	var t *witType
	switch of := of.(type) {
	case nil:
		return "()", nil
	case string:
		if rust, ok := rustPrimitives[of]; ok {
			return rust, nil
		}
	case float64:
		if of >= 0 && int(of) < len(w.Types) {
			t = &w.Types[int(of)]
		}
	}
	if t == nil {
		return "", fmt.Errorf("there is no type %v", of)
	}
	if t.Name != nil {
		return w.path(t), nil
	}
	switch t.Kind {
	case "list":
		return w.generic("Vec<%s>", t.Type)
	case "fixed-list":
		return w.generic(fmt.Sprintf("[%%s; %d]", t.Length), t.Type)
	case "option":
		return w.generic("Option<%s>", t.Type)
	case "result":
		return w.generic("Result<%s, %s>", t.OK, t.Err)
	case "own":
		return w.generic("%s", t.Resource)
	case "borrow":
		return w.generic("&%s", t.Resource)
	case "tuple":
		if len(t.Types) == 1 {
			return w.generic("(%s,)", t.Types...)
		}
		return w.generic("("+strings.TrimSuffix(strings.Repeat("%s, ", len(t.Types)), ", ")+")", t.Types...)
	}
	return "", fmt.Errorf("a %s, which a skeleton cannot have", t.Kind)
}

// generic returns a type that is made of others.
func (w *world) generic(format string, of ...any) (string, error) {
	args := make([]any, len(of))
	for i, t := range of {
		rust, err := w.rustType(t)
		if err != nil {
			return "", err
		}
		args[i] = rust
	}
	return fmt.Sprintf(format, args...), nil
}

// path returns where wit-bindgen puts a type with a name.
func (w *world) path(t *witType) string {
	name := upperCamel(*t.Name)
	if t.Owner == nil || *t.Owner == "" {
		return name
	}
	owner, _, _ := strings.Cut(*t.Owner, "@")
	path := module(owner) + "::" + name
	for _, i := range w.Exports {
		if i.Interface == owner {
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

// rustKeywords are the names to which wit-bindgen appends an underscore.
var rustKeywords = func() map[string]bool {
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
	if rustKeywords[name] {
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

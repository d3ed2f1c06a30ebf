package dynamic

import (
	"fmt"
	"strconv"
	"strings"

	"example.org/compute-pipeline/gohost/cabi"
)

const (
	// maxText is the max size of a function's type as text, in bytes.
	maxText = 1 << 20
	// maxDepth is the max depth of a type.
	maxDepth = 100
)

// ParseFunction reads a function's type as guest/wit writes it. The text does not say which
// resources its handles are of: they are given in order.
func ParseFunction(text string, handles ...*cabi.ResourceType) (*Function, error) {
	f, err := parse(text, handles)
	if err != nil {
		return nil, fmt.Errorf("the function type %s: %w", shortened(text), err)
	}
	return f, nil
}

// shortened returns the beginning of a type's text.
func shortened(text string) string {
	const most = 60
	if len(text) > most {
		return strconv.Quote(text[:most]) + "…"
	}
	return strconv.Quote(text)
}

func parse(text string, handles []*cabi.ResourceType) (f *Function, err error) {
	if len(text) > maxText {
		return nil, fmt.Errorf("it has more than %d bytes", maxText)
	}
	p := parser{text: text, handles: handles}
	f = &Function{}
	p.expect("func")
	f.Params = p.fields("(", ")")
	if p.accept("->") {
		f.Result = p.typ()
	}
	if p.err == nil && strings.TrimSpace(p.text) != "" {
		p.fail("%s was not expected", shortened(p.text))
	}
	if p.err == nil && len(p.handles) > 0 {
		p.fail("the contract names %d resources too many", len(p.handles))
	}
	if p.err != nil {
		return nil, p.err
	}
	f.params, err = sequence(f.Params)
	return f, err
}

// parser is a recursive-descent parser. After an error it reads nothing more.
type parser struct {
	text    string // the rest
	handles []*cabi.ResourceType
	depth   int
	err     error
}

func (p *parser) fail(format string, args ...any) {
	if p.err == nil {
		p.err = fmt.Errorf(format, args...)
	}
	p.text = ""
}

// accept passes over a token if it is next.
func (p *parser) accept(token string) bool {
	p.text = strings.TrimLeft(p.text, " ")
	rest, ok := strings.CutPrefix(p.text, token)
	if ok {
		p.text = rest
	}
	return ok
}

func (p *parser) expect(token string) {
	if !p.accept(token) {
		p.fail("%q was expected before %s", token, shortened(p.text))
	}
}

// word reads a name or a number.
func (p *parser) word() string {
	p.text = strings.TrimLeft(p.text, " ")
	end := strings.IndexFunc(p.text, func(r rune) bool {
		return r != '-' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
	})
	if end < 0 {
		end = len(p.text)
	}
	word := p.text[:end]
	if word == "" {
		p.fail("a name was expected before %s", shortened(p.text))
	}
	p.text = p.text[end:]
	return word
}

// separated reads what item reads, separated by commas, up to a closing token.
func (p *parser) separated(closing string, item func()) {
	if p.accept(closing) {
		return
	}
	for p.err == nil {
		item()
		if p.accept(closing) {
			return
		}
		p.expect(",")
	}
}

// fields reads fields with types.
func (p *parser) fields(opening, closing string) (fields []Field) {
	p.expect(opening)
	p.separated(closing, func() {
		f := Field{Name: p.word()}
		p.expect(":")
		f.Type = p.typ()
		fields = append(fields, f)
	})
	return fields
}

// names reads the names of an enum or flags, or the cases of a variant.
func (p *parser) names(types bool) (fields []Field) {
	p.expect("{")
	p.separated("}", func() {
		f := Field{Name: p.word()}
		if types && p.accept("(") {
			f.Type = p.typ()
			p.expect(")")
		}
		fields = append(fields, f)
	})
	return fields
}

var primitives = map[string]Kind{
	"bool": Bool, "u8": U8, "u16": U16, "u32": U32, "u64": U64, "s8": S8, "s16": S16, "s32": S32, "s64": S64,
	"f32": F32, "f64": F64, "char": Char, "string": String,
}

func (p *parser) typ() *Type {
	p.depth++
	defer func() { p.depth-- }()
	if p.depth > maxDepth {
		p.fail("it is nested more than %d levels deep", maxDepth)
	}
	t := &Type{}
	name := p.word()
	if kind, ok := primitives[name]; ok {
		t.Kind = kind
	} else {
		p.compound(t, name)
	}
	if p.err == nil {
		p.err = t.setLayout()
	}
	return t
}

func (p *parser) compound(t *Type, name string) {
	switch name {
	case "record":
		t.Kind, t.Fields = Record, p.fields("{", "}")
	case "variant":
		t.Kind, t.Fields = Variant, p.names(true)
	case "enum":
		t.Kind, t.Fields = Enum, p.names(false)
	case "flags":
		t.Kind, t.Fields = FlagSet, p.names(false)
		if len(t.Fields) > 32 {
			p.fail("flags have at most 32 names")
		}
	case "tuple":
		t.Kind, t.Fields = Tuple, p.elements()
	case "option":
		t.Kind, t.Fields = Option, []Field{{Name: "none"}, {Name: "some", Type: p.single()}}
	case "map":
		entry := &Type{Kind: Tuple, Fields: p.elements()}
		if len(entry.Fields) != 2 {
			p.fail("a map has a key and a value")
			return
		}
		t.Kind, t.Elem = Map, entry
		if p.err == nil {
			p.err = entry.setLayout()
		}
	case "list":
		p.list(t)
	case "result":
		t.Kind, t.Fields = Result, p.result()
	case "own":
		t.Kind, t.Resource = Own, p.resource()
	case "borrow":
		t.Kind, t.Resource = Borrow, p.resource()
	default:
		if p.err == nil {
			p.fail("%q is no type whose values have a notation", name)
		}
	}
	if p.err == nil && (t.Kind == Variant || t.Kind == Enum) && len(t.Fields) == 0 {
		p.fail("a %s has no case", name)
	}
}

// elements reads types in angle brackets.
func (p *parser) elements() (fields []Field) {
	p.expect("<")
	p.separated(">", func() { fields = append(fields, Field{Type: p.typ()}) })
	return fields
}

func (p *parser) single() *Type {
	p.expect("<")
	t := p.typ()
	p.expect(">")
	return t
}

// resource reads what follows own or borrow.
func (p *parser) resource() *cabi.ResourceType {
	p.expect("<resource>")
	if p.err != nil {
		return nil
	}
	if len(p.handles) == 0 {
		p.fail("it has a resource, and the contract does not say which: a newer pipeline bind does")
		return nil
	}
	t := p.handles[0]
	p.handles = p.handles[1:]
	return t
}

// list reads a list, or an array, which has a length.
func (p *parser) list(t *Type) {
	p.expect("<")
	t.Kind, t.Elem = List, p.typ()
	if p.accept(",") {
		n, err := strconv.ParseUint(p.word(), 10, 20)
		if err != nil || n == 0 {
			p.fail("the length of a list must be from 1 to 2^20")
		}
		t.Kind, t.Length = Array, int(n)
	}
	p.expect(">")
}

// result reads what follows "result", which may be nothing.
func (p *parser) result() []Field {
	cases := []Field{{Name: "ok"}, {Name: "err"}}
	if !p.accept("<") {
		return cases
	}
	if !p.accept("_") {
		cases[0].Type = p.typ()
	}
	if p.accept(",") {
		cases[1].Type = p.typ()
	}
	p.expect(">")
	return cases
}

package dynamic

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// FromJSON converts JSON to a value of the type, as docs/vectors.md specifies. The JSON
// must have been decoded into an any with [json.Decoder.UseNumber].
func (t *Type) FromJSON(v any) (any, error) {
	out, err := t.fromJSON(v)
	if err != nil {
		return nil, err
	}
	return out, nil
}

// pathError is an error with the path to where it is.
type pathError struct {
	path string
	err  error
}

func (e *pathError) Error() string { return e.path + ": " + e.err.Error() }
func (e *pathError) Unwrap() error { return e.err }

// within adds a step to the path of an error.
func within(step string, err error) error {
	inner, ok := err.(*pathError) //nolint:errorlint // only one that was not wrapped is extended
	if !ok {
		return &pathError{path: step, err: err}
	}
	if !strings.HasPrefix(inner.path, "[") {
		step += "."
	}
	return &pathError{path: step + inner.path, err: inner.err}
}

// wrong returns the error of JSON that is no value of a type.
func wrong(v any, want string) error {
	return fmt.Errorf("%s was expected, not %s", want, shortJSON(v))
}

// shortJSON returns the beginning of some JSON.
func shortJSON(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprintf("%T", v)
	}
	const most = 40
	if len(text) > most {
		return string(text[:most]) + "…"
	}
	return string(text)
}

func (t *Type) fromJSON(v any) (any, error) {
	switch t.Kind {
	case Bool:
		if b, ok := v.(bool); ok {
			return b, nil
		}
		return nil, wrong(v, "true or false")
	case Char:
		s, _ := v.(string)
		if r, n := utf8.DecodeRuneInString(s); n > 0 && n == len(s) && (r != utf8.RuneError || n == 3) {
			return r, nil
		}
		return nil, wrong(v, "a string of one character")
	case String:
		if s, ok := v.(string); ok {
			return s, nil
		}
		return nil, wrong(v, "a string")
	case F32, F64:
		return t.float(v)
	case List, Map, Array:
		return t.list(v)
	case Record:
		return t.record(v)
	case Tuple:
		return t.tuple(v)
	case Variant, Enum, Result:
		return t.caseOf(v)
	case Option:
		return t.option(v)
	case FlagSet:
		return t.flagsFrom(v)
	case Own, Borrow:
		return nil, wrong(v, "a resource, which has no notation,")
	}
	return t.integer(v)
}

// integers are the sizes of the integer types in bits, and whether they are signed.
var integers = map[Kind]struct {
	bits   int
	signed bool
}{
	U8: {8, false}, U16: {16, false}, U32: {32, false}, U64: {64, false},
	S8: {8, true}, S16: {16, true}, S32: {32, true}, S64: {64, true},
}

// maxExact is the largest integer up to which every JSON number is exact everywhere.
const maxExact = 1 << 53

func (t *Type) integer(v any) (any, error) {
	i := integers[t.Kind]
	text, isString := v.(string)
	number, isNumber := v.(json.Number)
	if isNumber {
		text = string(number)
	}
	want := fmt.Sprintf("an integer of %d bits", i.bits)
	if i.bits == 64 {
		want += " as a decimal string"
	}
	if !isNumber && (!isString || i.bits < 64) {
		return nil, wrong(v, want)
	}
	if i.signed {
		n, err := strconv.ParseInt(text, 10, i.bits)
		if err != nil || isNumber && (n > maxExact || n < -maxExact) {
			return nil, wrong(v, want)
		}
		return n, nil
	}
	n, err := strconv.ParseUint(text, 10, i.bits)
	if err != nil || isNumber && n > maxExact {
		return nil, wrong(v, want)
	}
	return n, nil
}

// named are the floats that have names.
var named = map[string]float64{"NaN": canonicalNaN, "Infinity": math.Inf(1), "-Infinity": math.Inf(-1)}

func (t *Type) float(v any) (any, error) {
	size := map[Kind]int{F32: 32, F64: 64}[t.Kind]
	want := fmt.Sprintf("a number, %d hexadecimal digits, NaN, Infinity or -Infinity", size/4)
	switch v := v.(type) {
	case json.Number:
		f, err := strconv.ParseFloat(string(v), size)
		if err != nil {
			return nil, wrong(v, want)
		}
		if t.Kind == F32 {
			return float32(f), nil
		}
		return f, nil
	case string:
		f, isNamed := named[v]
		bits, err := strconv.ParseUint(v, 16, size)
		switch {
		case isNamed && t.Kind == F32 && f != f:
			return canonicalNaN32, nil
		case isNamed && t.Kind == F32:
			return float32(f), nil
		case isNamed:
			return f, nil
		case err != nil || len(v) != size/4:
		case t.Kind == F32:
			return math.Float32frombits(uint32(bits)), nil
		default:
			return math.Float64frombits(bits), nil
		}
	}
	return nil, wrong(v, want)
}

func (t *Type) list(v any) (any, error) {
	if t.Elem.Kind == U8 && t.Kind == List {
		return bytesFrom(v)
	}
	list, ok := v.([]any)
	if !ok {
		return nil, wrong(v, "an array")
	}
	if t.Kind == Array && len(list) != t.Length {
		return nil, fmt.Errorf("an array of %d was expected, not of %d", t.Length, len(list))
	}
	out := make([]any, len(list))
	for i := range list {
		var err error
		if out[i], err = t.Elem.fromJSON(list[i]); err != nil {
			return nil, within(fmt.Sprintf("[%d]", i), err)
		}
	}
	return out, nil
}

func bytesFrom(v any) (any, error) {
	const want = `{"hex": "…"} or an array of integers from 0 to 255`
	switch v := v.(type) {
	case map[string]any:
		text, ok := v["hex"].(string)
		if data, err := hex.DecodeString(text); ok && err == nil && len(v) == 1 {
			return data, nil
		}
	case []any:
		data := make([]byte, len(v))
		for i := range v {
			n, ok := v[i].(json.Number)
			b, err := strconv.ParseUint(string(n), 10, 8)
			if !ok || err != nil {
				return nil, within(fmt.Sprintf("[%d]", i), wrong(v[i], "an integer from 0 to 255"))
			}
			data[i] = byte(b)
		}
		return data, nil
	}
	return nil, wrong(v, want)
}

func (t *Type) record(v any) (any, error) {
	object, ok := v.(map[string]any)
	if !ok {
		return nil, wrong(v, "an object with all fields")
	}
	out := make([]any, len(t.Fields))
	for i, f := range t.Fields {
		field, ok := object[f.Name]
		if !ok {
			return nil, fmt.Errorf("the field %q is missing", f.Name)
		}
		var err error
		if out[i], err = f.Type.fromJSON(field); err != nil {
			return nil, within(f.Name, err)
		}
	}
	if len(object) > len(t.Fields) {
		return nil, fmt.Errorf("the object has more than the record's %d fields", len(t.Fields))
	}
	return out, nil
}

func (t *Type) tuple(v any) (any, error) {
	list, ok := v.([]any)
	if !ok || len(list) != len(t.Fields) {
		return nil, wrong(v, fmt.Sprintf("an array of %d", len(t.Fields)))
	}
	out := make([]any, len(list))
	for i, f := range t.Fields {
		var err error
		if out[i], err = f.Type.fromJSON(list[i]); err != nil {
			return nil, within(fmt.Sprintf("[%d]", i), err)
		}
	}
	return out, nil
}

func (t *Type) caseOf(v any) (any, error) {
	name, payload, has := "", any(nil), false
	switch v := v.(type) {
	case string:
		if t.Kind != Result {
			name = v
		}
	case map[string]any:
		if len(v) == 1 && t.Kind != Enum {
			for name, payload = range v { // of one
				has = true
			}
		}
	}
	for i, f := range t.Fields {
		if f.Name != name {
			continue
		}
		switch {
		case f.Type == nil && payload != nil || f.Type == nil && has && t.Kind != Result:
			return nil, fmt.Errorf("the case %q has no value", name)
		case f.Type == nil:
			return Case{Index: i}, nil
		case !has:
			return nil, fmt.Errorf(`the case %q has a value: {%q: …} was expected`, name, name)
		}
		value, err := f.Type.fromJSON(payload)
		if err != nil {
			return nil, within(name, err)
		}
		return Case{Index: i, Value: value}, nil
	}
	return nil, wrong(v, map[Kind]string{
		Variant: `the name of a case, or {"name": value},`, Enum: "the name of a case", Result: `{"ok": …} or {"err": …}`,
	}[t.Kind])
}

func (t *Type) option(v any) (any, error) {
	if v == nil {
		return Case{}, nil
	}
	some := t.Fields[1].Type
	if some.Kind == Option {
		object, _ := v.(map[string]any)
		inner, ok := object["some"]
		if !ok || len(object) != 1 {
			return nil, wrong(v, `null or {"some": …}`)
		}
		v = inner
	}
	value, err := some.fromJSON(v)
	if err != nil {
		return nil, err
	}
	return Case{Index: 1, Value: value}, nil
}

func (t *Type) flagsFrom(v any) (any, error) {
	list, ok := v.([]any)
	if !ok {
		return nil, wrong(v, "an array of names")
	}
	var set Flags
next:
	for _, name := range list {
		for i, f := range t.Fields {
			if f.Name == name {
				set |= 1 << i
				continue next
			}
		}
		return nil, wrong(name, "the name of a flag")
	}
	return set, nil
}

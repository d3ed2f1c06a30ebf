package dynamic

import (
	"encoding/hex"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"example.org/compute-pipeline/gohost/internal/text"
)

// Text returns a value of the type for people, with numbers in decimal. It has about max
// bytes: what does not fit is counted.
func (t *Type) Text(v any, max int) string {
	w := writer{left: max}
	w.value(t, v)
	return w.text.String()
}

// shown returns a name for people. A type may be a module's own, and names of 100 KB.
func shown(name string) string {
	const most = 60
	return text.Cut(name, most)
}

// writer writes values until it has no room left.
type writer struct {
	text strings.Builder
	left int
}

func (w *writer) add(s string) {
	w.text.WriteString(s)
	w.left -= len(s)
}

func (w *writer) value(t *Type, v any) {
	if t.isHandle() {
		w.add(fmt.Sprintf("%s %v", shown(t.Resource.Name), v))
		return
	}
	switch v := v.(type) {
	case float32:
		w.add(decimal(float64(v), 32))
	case float64:
		w.add(decimal(v, 64))
	case rune:
		w.add(strconv.QuoteRune(v))
	case string:
		w.quoted(v)
	case []byte:
		w.bytes(v)
	case Flags:
		w.flags(t, v)
	case Case:
		w.caseOf(t, v)
	case []any:
		w.list(t, v)
	default:
		w.add(fmt.Sprint(v))
	}
}

// decimal returns a float in decimal, with as many digits as tell it from its neighbours.
func decimal(f float64, size int) string {
	format := byte('f')
	if a := math.Abs(f); a != 0 && (a < 1e-5 || a >= 1e17) {
		format = 'e'
	}
	return strconv.FormatFloat(f, format, -1, size)
}

// atLeast is the min size of a text or of bytes that are cut.
const atLeast = 24

func (w *writer) quoted(s string) {
	keep := s
	if most := max(w.left, atLeast); len(s) > most {
		for most > 0 && !utf8.RuneStart(s[most]) {
			most--
		}
		keep = s[:most]
	}
	w.add(strconv.Quote(keep))
	if rest := len(s) - len(keep); rest > 0 {
		w.add(fmt.Sprintf("… %d bytes more", rest))
	}
}

func (w *writer) bytes(data []byte) {
	if len(data) == 0 {
		w.add("no bytes")
		return
	}
	keep := data[:min(len(data), max(w.left, atLeast)/2)]
	w.add("0x" + hex.EncodeToString(keep))
	if rest := len(data) - len(keep); rest > 0 {
		w.add(fmt.Sprintf("… %d bytes more", rest))
	}
}

func (w *writer) flags(t *Type, set Flags) {
	var names []string
	for i, f := range t.Fields {
		if set>>i&1 == 1 {
			names = append(names, shown(f.Name))
		}
	}
	w.add("{" + strings.Join(names, ", ") + "}")
}

func (w *writer) caseOf(t *Type, v Case) {
	f := t.Fields[v.Index]
	w.add(shown(f.Name))
	if f.Type != nil {
		w.add("(")
		w.value(f.Type, v.Value)
		w.add(")")
	}
}

// maxOver is how many bytes too many a short record or tuple may take to stay whole.
const maxOver = 60

// isShort reports whether a type is a record or tuple of a few fields.
func (t *Type) isShort() bool { return (t.Kind == Record || t.Kind == Tuple) && len(t.Fields) <= 4 }

func (w *writer) list(t *Type, list []any) {
	opening, closing := "[", "]"
	switch t.Kind {
	case Record:
		opening, closing = "{", "}"
	case Tuple:
		opening, closing = "(", ")"
	}
	w.add(opening)
	for i, v := range list {
		if i > 0 {
			w.add(", ")
		}
		if room := w.left; i > 0 && (room <= 0 && !t.isShort() || room <= -maxOver) {
			w.add(fmt.Sprintf("… %d more", len(list)-i))
			break
		}
		elem := t.Elem
		if t.Kind == Record || t.Kind == Tuple {
			elem = t.Fields[i].Type
		}
		if t.Kind == Record {
			w.add(shown(t.Fields[i].Name) + ": ")
		}
		w.value(elem, v)
	}
	w.add(closing)
}

// Difference is the first place where two values differ.
type Difference struct {
	// Path leads to it, such as "ok[3].value"; it is empty for the whole value.
	Path string
	// Text says what differs there.
	Text string
	// Note says more than the two values, or nothing.
	Note string
}

// Differ returns the first difference of two values of the type, or false if they are
// equal.
func (t *Type) Differ(got, want any) (Difference, bool) {
	if t.Equal(got, want) {
		return Difference{}, false
	}
	return t.differ("", got, want), true
}

func (t *Type) differ(path string, got, want any) Difference {
	const most = 72
	switch got := got.(type) {
	case Case:
		want := want.(Case)
		if f := t.Fields[got.Index]; got.Index == want.Index && f.Type != nil {
			return f.Type.differ(join(path, shown(f.Name)), got.Value, want.Value)
		}
	case []any:
		want := want.([]any)
		if t.Kind == Map {
			break
		}
		if len(got) != len(want) {
			text := fmt.Sprintf("%d elements, not %d", len(got), len(want))
			return Difference{path, text, text}
		}
		for i := range got {
			elem, step := t.Elem, fmt.Sprintf("[%d]", i)
			if t.Kind == Record || t.Kind == Tuple {
				elem = t.Fields[i].Type
			}
			if t.Kind == Record {
				step = shown(t.Fields[i].Name)
			}
			if !elem.Equal(got[i], want[i]) {
				return elem.differ(join(path, step), got[i], want[i])
			}
		}
	case []byte:
		text := bytesDiffer(got, want.([]byte))
		return Difference{path, text, text}
	}
	d := Difference{Path: path, Text: fmt.Sprintf("%s, not %s", t.Text(got, most), t.Text(want, most))}
	if got, ok := got.(float64); ok {
		if d.Note = apart(got, want.(float64)); d.Note != "" {
			d.Text += " (" + d.Note + ")"
		}
	}
	return d
}

func join(path, step string) string {
	if path == "" || strings.HasPrefix(step, "[") {
		return path + step
	}
	return path + "." + step
}

func bytesDiffer(got, want []byte) string {
	at := 0
	for at < min(len(got), len(want)) && got[at] == want[at] {
		at++
	}
	text := ""
	if len(got) != len(want) {
		text = fmt.Sprintf("%d bytes, not %d", len(got), len(want))
	}
	if at < min(len(got), len(want)) {
		if text != "" {
			text += "; "
		}
		text += fmt.Sprintf("byte %d is %#02x, not %#02x", at, got[at], want[at])
	}
	return text
}

// ordered maps a double to an integer, in the order of the doubles.
func ordered(f float64) int64 {
	bits := int64(math.Float64bits(f))
	if bits < 0 {
		return math.MinInt64 - bits
	}
	return bits
}

// apart says how many doubles two that are close are apart.
func apart(got, want float64) string {
	if math.IsNaN(got) || math.IsNaN(want) || math.IsInf(got, 0) || math.IsInf(want, 0) {
		return ""
	}
	a, b := ordered(got), ordered(want)
	switch n := uint64(max(a, b)) - uint64(min(a, b)); {
	case n == 0:
		return "the signs of the zeros differ"
	case n == 1:
		return "1 unit in the last place apart"
	case n < 1_000_000:
		return fmt.Sprintf("%d units in the last place apart", n)
	}
	return ""
}

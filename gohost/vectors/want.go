package vectors

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
)

// Kind is a kind of expectation.
type Kind string

// The kinds. Only one of them is in a case.
const (
	// IsValue expects a value, bit for bit.
	IsValue Kind = "value"
	// Traps expects a trap. Where the runtime can see its message, that contains a text.
	Traps Kind = "trap"
	// Fails expects the err of a WIT result, with any value but an empty string.
	Fails Kind = "failure"
	// ErrBegins expects the err of a WIT result: a string that begins with a text.
	ErrBegins Kind = "err-begins"
	// Same expects any value, and no trap. Every run must return the same one.
	Same Kind = "same"
)

// Want is what a case expects of its last step, or of the step that ended it.
type Want struct {
	Kind Kind
	// Value is the value of the kind IsValue: by the type of the function's result, so
	// {"ok": ...} or {"err": ...} for a WIT result.
	Value any
	// Text is the text of the kinds Traps and ErrBegins.
	Text string
}

func (f *File) want(w *written, b *budget) (Want, error) {
	return parseWant(w.Want, &expansion{budget: b, sets: f.sets})
}

// UnmarshalJSON reads an expectation without sets, as in a file.
func (w *Want) UnmarshalJSON(text []byte) (err error) {
	b := budget{maxExpanded}
	var written any
	if err := b.decode(text, &written); err != nil {
		return err
	}
	*w, err = parseWant(written, &expansion{budget: &b})
	return err
}

func parseWant(written any, e *expansion) (Want, error) {
	object, ok := written.(map[string]any)
	if !ok || len(object) != 1 {
		return Want{}, errors.New("not an object with one member")
	}
	for name, v := range object {
		switch kind := Kind(name); kind {
		case IsValue:
			value, err := e.value(v)
			return Want{Kind: kind, Value: value}, err
		case Traps, ErrBegins:
			if text, ok := v.(string); ok {
				return Want{Kind: kind, Text: text}, nil
			}
			return Want{}, fmt.Errorf("%s: not a string", name)
		case Fails, Same:
			if v == true {
				return Want{Kind: kind}, nil
			}
			return Want{}, fmt.Errorf("%s: not true", name)
		default:
			return Want{}, fmt.Errorf("unknown member %.80q", name)
		}
	}
	panic("unreachable: the object has a member")
}

// Mismatch says how a result is not the expected one, or returns nothing. It compares a
// value as it is written: for vectors with values in canonical form, which those of the
// engine's contract are, that is bit for bit.
func (w Want) Mismatch(r Result) string {
	failure, fails := failureOf(r.Value)
	switch w.Kind {
	case IsValue:
		if r.Trap != nil || !reflect.DeepEqual(r.Value, w.Value) {
			return mismatch(Text(w.Value), r)
		}
	case Traps:
		if r.Trap == nil || *r.Trap != "" && !strings.Contains(*r.Trap, w.Text) {
			return mismatch(fmt.Sprintf("a trap with %q", w.Text), r)
		}
	case Fails:
		if !fails || failure == "" {
			return mismatch("an error", r)
		}
	case ErrBegins:
		if text, ok := failure.(string); !ok || !strings.HasPrefix(text, w.Text) {
			return mismatch(fmt.Sprintf("an error that begins with %q", w.Text), r)
		}
	case Same:
		if r.Trap != nil {
			return mismatch("no trap", r)
		}
	}
	return ""
}

// failureOf returns the err of a WIT result.
func failureOf(v any) (failure any, ok bool) {
	object, _ := v.(map[string]any)
	if len(object) == 1 {
		failure, ok = object["err"]
	}
	return failure, ok
}

func mismatch(expected string, r Result) string {
	return fmt.Sprintf("got %s; want %s", r, expected)
}

// Text returns a value as JSON, for people: a long one is cut.
func Text(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	const limit = 400
	if len(text) <= limit {
		return string(text)
	}
	return fmt.Sprintf("%s… (%d bytes)", text[:limit], len(text))
}

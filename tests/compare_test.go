package tests

import (
	"encoding/json"
	"fmt"
	"strings"
)

// compare says how a result is not the one wanted; nothing when it is.
func (v *vectors) compare(w want, got result) (string, error) {
	switch {
	case w.Refused:
		if got.Refused == nil || *got.Refused == "" {
			return mismatch("to be refused by the host", got), nil
		}
		return "", nil
	case w.Failure:
		if got.Error == nil || *got.Error == "" {
			return mismatch("an error", got), nil
		}
		return "", nil
	case w.Same:
		if got.Trap != nil {
			return mismatch("an error or statistics", got), nil
		}
		return "", nil
	case w.Trap != nil:
		if got.Trap == nil || *got.Trap != "" && !strings.Contains(*got.Trap, *w.Trap) {
			return mismatch(fmt.Sprintf("a trap with %q", *w.Trap), got), nil
		}
		return "", nil
	}
	expected := result{Floats: w.Floats, Error: w.Error, Bytes: w.Bytes, Bool: w.Bool, Statistics: w.Statistics}
	if w.Points != nil {
		points, err := v.points(w.Points)
		if err != nil {
			return "", err
		}
		expected.Points = textOfPoints(points)
	}
	if w.Statistics != nil {
		// The bytes of the state are compared between runtimes and ways.
		expected.State = got.State
	}
	if same(expected, got) {
		return "", nil
	}
	return mismatch(line(expected), got), nil
}

// same reports whether two answers are equal, bit for bit. The message of a
// trap may be missing from either.
func same(a, b result) bool {
	if a.Trap != nil && b.Trap != nil && (*a.Trap == "" || *b.Trap == "") {
		a.Trap, b.Trap = nil, nil
	}
	return line(a) == line(b)
}

func mismatch(expected string, got result) string {
	return fmt.Sprintf("expected %s, got %s", short(expected), short(line(got)))
}

func line(r result) string {
	text, err := json.Marshal(r)
	if err != nil {
		panic(err) // strings and a bool
	}
	return string(text)
}

// short cuts what no reader would read.
func short(text string) string {
	const most = 400
	if len(text) <= most {
		return text
	}
	return fmt.Sprintf("%s… (%d bytes)", text[:most], len(text))
}

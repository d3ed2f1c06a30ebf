package input

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// member appends to dst the member of a line with a string, a number or a literal: of a string, what it
// stands for, and of others, their text. The line is one that the engine has accepted, so it is
// JSON. A member that is there twice is a fault, since parsers differ about which one counts.
func member(dst, line []byte, name string) (_ []byte, fault string) {
	if line[0] != '{' {
		return dst, fmt.Sprintf("expected an object with the member %q", name)
	}
	var found []byte
	for at := skipSpaceFrom(line, 1); line[at] != '}'; {
		end := endOfValue(line, at)
		key := line[at:end]
		from := skipSpaceFrom(line, skipSpaceFrom(line, end)+1) // beyond the colon
		to := endOfValue(line, from)
		if isName(key, name) {
			if found != nil {
				return dst, fmt.Sprintf("duplicate member %q", name)
			}
			found = line[from:to]
		}
		if at = skipSpaceFrom(line, to); line[at] == ',' {
			at = skipSpaceFrom(line, at+1)
		}
	}
	switch {
	case found == nil:
		return dst, fmt.Sprintf("missing member %q", name)
	case found[0] == '{' || found[0] == '[':
		return dst, fmt.Sprintf("the member %q is no string, number or literal", name)
	case found[0] == '"':
		raw := found
		if found = unquoted(raw); isHalved(raw, found) {
			return dst, fmt.Sprintf("the member %q has half a surrogate pair", name)
		}
	}
	return append(dst, found...), ""
}

// isName reports whether a string of JSON, with its quotes, stands for name.
func isName(quoted []byte, name string) bool {
	return string(quoted[1:len(quoted)-1]) == name || string(unquoted(quoted)) == name
}

// unquoted returns what a string of JSON stands for.
func unquoted(quoted []byte) []byte {
	plain := quoted[1 : len(quoted)-1]
	for _, c := range plain {
		if c == '\\' {
			var s string
			if err := json.Unmarshal(quoted, &s); err == nil {
				return []byte(s)
			}
		}
	}
	return plain
}

// isHalved reports whether U+FFFD stands for half a surrogate pair in a string of JSON: texts that differ in
// halves must not become the same key.
func isHalved(quoted, text []byte) bool {
	const mark = "\uFFFD"
	marks := bytes.Count(text, []byte(mark))
	return marks > 0 && marks > bytes.Count(quoted, []byte(mark))+bytes.Count(bytes.ToLower(quoted), []byte(`\ufffd`))
}

func skipSpaceFrom(text []byte, at int) int {
	for isSpace(text[at]) {
		at++
	}
	return at
}

// endOfValue returns the offset after the value of JSON that begins at from.
func endOfValue(text []byte, from int) int {
	if k := kinds[text[from]]; k == quote || k == open {
		var n nesting
		return n.skip(text, from)
	}
	at := from
	for ; at < len(text); at++ {
		if c := text[at]; c == ',' || c == '}' || c == ']' || isSpace(c) {
			break
		}
	}
	return at
}

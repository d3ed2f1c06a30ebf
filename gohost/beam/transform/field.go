package transform

import (
	"encoding/json"
	"fmt"
)

// field returns the member of a line with a string, a number or a literal: of a string, what it
// stands for, and of others, their text. The line is one that the engine has accepted, so it is
// JSON. A member that is there twice is an error, since parsers differ about which one counts.
func field(line []byte, name string) (string, error) {
	if line[0] != '{' {
		return "", fmt.Errorf("expected an object with the member %q", name)
	}
	var found []byte
	for at := skipSpace(line, 1); line[at] != '}'; {
		end := endOfString(line, at) + 1
		key := line[at:end]
		from := skipSpace(line, skipSpace(line, end)+1) // beyond the colon
		to := endOfValue(line, from)
		if isName(key, name) {
			if found != nil {
				return "", fmt.Errorf("duplicate member %q", name)
			}
			found = line[from:to]
		}
		if at = skipSpace(line, to); line[at] == ',' {
			at = skipSpace(line, at+1)
		}
	}
	switch {
	case found == nil:
		return "", fmt.Errorf("missing member %q", name)
	case found[0] == '{' || found[0] == '[':
		return "", fmt.Errorf("the member %q is no string, number or literal", name)
	case found[0] == '"':
		return text(found)
	default:
		return string(found), nil
	}
}

// isName reports whether a string of JSON, with its quotes, stands for name.
func isName(quoted []byte, name string) bool {
	if plain := quoted[1 : len(quoted)-1]; string(plain) == name {
		return true
	}
	got, err := text(quoted)
	return err == nil && got == name
}

// text returns what a string of JSON stands for.
func text(quoted []byte) (string, error) {
	plain := quoted[1 : len(quoted)-1]
	for _, c := range plain {
		if c == '\\' {
			var s string
			err := json.Unmarshal(quoted, &s)
			return s, err
		}
	}
	return string(plain), nil
}

func skipSpace(text []byte, at int) int {
	for isSpace(text[at]) {
		at++
	}
	return at
}

// endOfValue returns the offset after the value of JSON that begins at from.
func endOfValue(text []byte, from int) int {
	switch text[from] {
	case '"':
		return endOfString(text, from) + 1
	case '{', '[':
		return endOfBrackets(text, from)
	}
	at := from
	for ; at < len(text); at++ {
		if c := text[at]; c == ',' || c == '}' || c == ']' || isSpace(c) {
			break
		}
	}
	return at
}

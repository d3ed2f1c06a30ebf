package input

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"math/bits"
)

// stops are the bytes at which a string is not plain.
var stops = func() (stops [256]bool) {
	for c := range ' ' {
		stops[c] = true
	}
	stops['"'], stops['\\'] = true, true
	return stops
}()

// string reads a string.
func (s *jsonScanner) string() *recordFault {
	text, at := s.text, s.at+1
	for {
		for at < len(text) && !stops[text[at]] {
			at++
		}
		if at >= len(text) {
			s.at = len(text)
			return s.expected(`the end of a string ('"')`)
		}
		switch c := text[at]; {
		case c == '"':
			s.at = at + 1
			return nil
		case c == '\\':
			s.at = at
			if fault := s.escape(); fault != nil {
				return fault
			}
			at = s.at
		default:
			s.at = at
			return s.fault("a control character (%U) in a string; expected an escape", rune(c))
		}
	}
}

// escape reads an escape in a string.
func (s *jsonScanner) escape() *recordFault {
	s.at++
	switch s.first() {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		s.at++
		return nil
	case 'u':
		s.at++
		for range 4 {
			if c := s.first(); c-'0' > 9 && (c|0x20) < 'a' || c-'0' > 9 && (c|0x20) > 'f' {
				return s.expected(`four hexadecimal digits after \u`)
			}
			s.at++
		}
		return nil
	}
	return s.expected(`one of "\/bfnrtu after a backslash`)
}

// unescaped returns what a string with escapes stands for, which begins at an offset and ends here.
func (s *jsonScanner) unescaped(begin int) ([]byte, *recordFault) {
	quoted := s.text[begin:s.at]
	var text string
	if err := json.Unmarshal(quoted, &text); err != nil {
		return nil, &recordFault{begin, "expected a string of UTF-8"}
	}
	if isHalved(quoted, []byte(text)) {
		return nil, &recordFault{begin, "the string has half a surrogate pair"}
	}
	from := len(s.keep)
	s.keep = append(s.keep, text...)
	return s.keep[from:], nil
}

// number reads a number.
func (s *jsonScanner) number() *recordFault {
	text, at := s.text, s.at
	if at < len(text) && text[at] == '-' {
		at++
	}
	begin := at
	at = digitsEnd(text, at)
	switch {
	case at == begin:
		s.at = at
		if at < len(text) && text[at] == 'I' {
			return s.fault("expected a digit; JSON has no Infinity: write null")
		}
		return s.expected("a digit")
	case text[begin] == '0' && at > begin+1:
		s.at = begin + 1
		return s.fault("a number begins with 0; expected no digit after it")
	}
	if at < len(text) && text[at] == '.' {
		begin = at + 1
		if at = digitsEnd(text, begin); at == begin {
			s.at = at
			return s.expected("a digit after the point")
		}
	}
	if at < len(text) && text[at]|0x20 == 'e' {
		if at++; at < len(text) && (text[at] == '+' || text[at] == '-') {
			at++
		}
		begin = at
		if at = digitsEnd(text, begin); at == begin {
			s.at = at
			return s.expected("a digit of the exponent")
		}
	}
	s.at = at
	return nil
}

func digitsEnd(text []byte, at int) int {
	for at < len(text) && text[at]-'0' <= 9 {
		at++
	}
	return at
}

func spaceEnd(text []byte, at int) int {
	for at < len(text) && isSpace(text[at]) {
		at++
	}
	return at
}

// stringEnd returns the offset after a string without escapes that begins at an offset, or -1.
func stringEnd(text []byte, at int) int {
	if at >= len(text) || text[at] != '"' {
		return -1
	}
	at++
	const ones, high = 0x0101010101010101, 0x8080808080808080
	for at+8 <= len(text) {
		// The first byte that is a quote, a backslash or below a space has the lowest bit of them all.
		w := binary.LittleEndian.Uint64(text[at:])
		q, b := w^'"'*ones, w^'\\'*ones
		if found := ((q-ones)&^q | (b-ones)&^b | (w-' '*ones)&^w) & high; found != 0 {
			at += bits.TrailingZeros64(found) / 8
			if text[at] == '"' {
				return at + 1
			}
			return -1
		}
		at += 8
	}
	for at < len(text) && !stops[text[at]] {
		at++
	}
	if at < len(text) && text[at] == '"' {
		return at + 1
	}
	return -1
}

var literals = [][]byte{[]byte("null"), []byte("true"), []byte("false")}

func (s *jsonScanner) literal() *recordFault {
	for _, l := range literals {
		if bytes.HasPrefix(s.text[s.at:], l) {
			s.at += len(l)
			return nil
		}
	}
	isLetter := func(c rune) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }
	if word := s.text[s.at:]; len(word) > 0 && isLetter(rune(word[0])) {
		end := bytes.IndexFunc(word, func(c rune) bool { return !isLetter(c) })
		if end >= 0 {
			return s.fault("expected a value, found %s; the words of JSON are null, true and false", clip(string(word[:end])))
		}
	}
	return s.expected("a value")
}

// anyString reads a string that nobody wants.
func (s *jsonScanner) anyString() *recordFault {
	if end := stringEnd(s.text, s.at); end > 0 {
		s.at = end
		return nil
	}
	return s.string()
}

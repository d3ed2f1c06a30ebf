package input

// An arrayScanner finds the borders between the elements of a JSON array, in bytes that
// arrive in pieces. It skips the contents of elements.
//
// Splitting must not hide or change an error. So a comma is a border only between an
// element and the beginning of another: in "[1,]" and "[1,,2]" no comma is a border, and
// the engine sees the whole fault. The first fault of a piece depends only on the bytes
// before it, which are never split.
type arrayScanner struct {
	element nesting // of the current element, if it has brackets or is a string
	opened  bool    // the array's opening bracket was seen
	last    byte    // '[' or ',' or, after an element began, 'x'
	comma   int     // offset of the last comma, if it can be a border, or -1
	border  int     // offset of the last border found, or -1
	end     int     // offset after the closing bracket, or -1
}

func newArrayScanner() arrayScanner {
	return arrayScanner{comma: -1, border: -1, end: -1}
}

// scan scans text from the offset `from`, where the last call ended. It stops after the
// first byte that proves a border at or after target, at the end of the array, or at the
// end of text, and returns its offset. text[0] must be the array's opening bracket.
func (s *arrayScanner) scan(text []byte, from, target int) int {
	for i := from; i < len(text); {
		if !s.element.ended() {
			i = s.element.skip(text, i)
			continue
		}
		c := text[i]
		i++
		switch {
		case isSpace(c):
			continue
		case !s.opened:
			s.opened, s.last = true, '['
			continue
		case c == ']' || c == '}':
			// A '}' here is a fault, which the text so far shows.
			s.end = i
			return s.end
		case c == ',':
			s.comma = -1
			if s.last == 'x' {
				s.comma = i - 1
			}
			s.last = ','
			continue
		case kinds[c] == quote:
			s.element.inside = true
		case kinds[c] == open:
			s.element.depth = 1
		}
		s.last = 'x'
		if s.comma >= 0 {
			s.border, s.comma = s.comma, -1
			if s.border >= target {
				return i
			}
		}
	}
	return len(text)
}

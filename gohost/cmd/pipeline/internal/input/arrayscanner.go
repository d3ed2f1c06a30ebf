package input

// An arrayScanner finds the borders between the elements of a JSON array, in
// bytes that arrive piece by piece. What is inside of an element it skips.
//
// Cutting must not hide or change an error. So a comma is a border only
// between an element and the beginning of another: in "[1,]" and "[1,,2]" no
// comma is one, and the engine sees the fault whole. The first fault of a
// piece depends on the bytes up to it alone, which are never cut.
type arrayScanner struct {
	element nesting // of the element that scan is in, if it has brackets or is a string
	opened  bool    // the bracket of the array itself has been passed
	last    byte    // '[' or ',' or, after an element began, 'x'
	comma   int     // offset of the comma that last stands for, if it can be a border, or -1
	border  int     // offset of the last border found, or -1
	end     int     // offset behind the closing bracket, or -1
}

func newArrayScanner() arrayScanner {
	return arrayScanner{comma: -1, border: -1, end: -1}
}

// scan goes through text from the offset `from`, where the last call ended. It
// stops behind the first byte that proves a border at or behind target, at the
// end of the array, or at the end of text, and returns the offset it reached.
// text[0] must be the bracket that opens the array.
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
			// A '}' here is a fault; what was scanned so far shows it.
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

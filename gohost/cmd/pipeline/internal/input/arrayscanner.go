package input

// An arrayScanner finds the borders between the elements of a JSON array, in
// bytes that arrive piece by piece. It knows strings and nesting and nothing
// else: whether an element is good JSON is the engine's to say.
//
// Cutting must not hide or change an error. So a comma is a border only
// between an element and the beginning of another: in "[1,]" and "[1,,2]" no
// comma is one, and the engine sees the fault whole. The first fault of a
// piece depends on the bytes up to it alone, which are never cut.
type arrayScanner struct {
	depth   int
	inside  bool // a string
	escaped bool // the next byte of the string is literal
	last    byte // at depth 1: '[' or ',' or, after an element began, 'x'
	comma   int  // offset of the comma that last stands for
	border  int  // offset of the last border found, or -1
	end     int  // offset behind the closing bracket, or -1
}

func newArrayScanner() arrayScanner {
	return arrayScanner{comma: -1, border: -1, end: -1}
}

// scan goes through text from the offset `from`, where the last call ended. It
// stops behind the first byte that proves a border at or behind target, at the
// end of the array, or at the end of text, and returns the offset it reached.
// text[0] must be the bracket that opens the array.
func (s *arrayScanner) scan(text []byte, from, target int) int {
	for i := from; i < len(text); i++ {
		c := text[i]
		if s.inside {
			switch {
			case s.escaped:
				s.escaped = false
			case c == '\\':
				s.escaped = true
			case c == '"':
				s.inside = false
			}
			continue
		}
		if s.depth > 1 {
			switch c {
			case '"':
				s.inside = true
			case '[', '{':
				s.depth++
			case ']', '}':
				s.depth--
			}
			continue
		}
		switch {
		case isSpace(c):
			continue
		case s.depth == 0:
			s.depth, s.last = 1, '['
			continue
		case c == ']' || c == '}':
			// A '}' here is a fault; what was scanned so far shows it.
			s.end = i + 1
			return s.end
		case c == ',':
			s.comma = -1
			if s.last == 'x' {
				s.comma = i
			}
			s.last = ','
			continue
		}
		switch c {
		case '"':
			s.inside = true
		case '[', '{':
			s.depth++
		}
		found := s.last == ',' && s.comma >= 0
		s.last = 'x'
		if found {
			s.border = s.comma
			s.comma = -1
			if s.border >= target {
				return i + 1
			}
		}
	}
	return len(text)
}

package input

import (
	"fmt"
	"math"
	"unicode/utf8"
)

// A jsonScanner reads records of JSON (RFC 8259), and takes the fields that are wanted. It holds all of a
// record to the grammar, as the engine does; values that nobody wants may nest to any depth.
type jsonScanner struct {
	tree  *jsonTree
	text  []byte // the record ends before its end
	at    int
	cells []cell
	seen  []uint32 // by the number of a node: the last record that had it
	count uint32   // of records
	keep  []byte   // strings with escapes, unescaped
	inner []uint64 // of the brackets around a value that is skipped, bit by bit: is it an object?
}

func newJSONScanner(tree *jsonTree) *jsonScanner {
	return &jsonScanner{tree: tree, cells: make([]cell, tree.cells), seen: make([]uint32, tree.nodes)}
}

func (s *jsonScanner) fault(format string, args ...any) *recordFault {
	return &recordFault{s.at, fmt.Sprintf(format, args...)}
}

// expected is the fault of a byte, or of the end of the text.
func (s *jsonScanner) expected(what string) *recordFault {
	if s.at >= len(s.text) {
		return &recordFault{len(s.text), "expected " + what + ", but the record ends"}
	}
	r, _ := utf8.DecodeRune(s.text[s.at:])
	return s.fault("expected %s, found %q", what, r)
}

// record reads the object at an offset of a text and its cells. It returns the offset after it. The cells are
// valid until the next call.
func (s *jsonScanner) record(text []byte, at int) (int, *recordFault) {
	s.text, s.at, s.keep = text, at, s.keep[:0]
	if s.count++; s.count == math.MaxUint32 {
		clear(s.seen)
		s.count = 1
	}
	for i := range s.cells {
		s.cells[i] = cell{at: at}
	}
	if at >= len(text) || text[at] != '{' {
		what := "an object"
		if at < len(text) && text[at] == '[' {
			what = "an object with named fields (arrays of arrays have none)"
		}
		return at, s.expected(what)
	}
	fault := s.object(&s.tree.root)
	return s.at, fault
}

// next skips space and returns the byte after it, or 0 at the end.
func (s *jsonScanner) next() byte {
	if s.at < len(s.text) && s.text[s.at] > ' ' {
		return s.text[s.at]
	}
	return s.afterSpace()
}

func (s *jsonScanner) afterSpace() byte {
	s.at = spaceEnd(s.text, s.at)
	return s.first()
}

// object reads an object with the wanted fields below a node.
func (s *jsonScanner) object(n *jsonNode) *recordFault {
	s.at++
	if s.next() == '}' {
		s.at++
		return nil
	}
	for guess := 0; ; {
		// The usual field, without escapes and space, needs no more than this.
		text, begin := s.text, s.at
		at := stringEnd(text, begin)
		var name []byte
		if at > 0 && at < len(text) && text[at] == ':' {
			name = text[begin+1 : at-1]
			if at++; at < len(text) && text[at] <= ' ' {
				at = spaceEnd(text, at)
			}
			s.at = at
		} else {
			var fault *recordFault
			if name, fault = s.name(); fault != nil {
				return fault
			}
		}
		// Fields are most often in the same order in each record.
		var child *jsonNode
		if guess < len(n.children) && n.children[guess].name == string(name) {
			child = n.children[guess]
			guess++
		} else {
			child, guess = n.find(name, guess)
		}
		var fault *recordFault
		if child == nil {
			fault = s.skip()
		} else {
			if s.seen[child.number] == s.count {
				s.at = begin
				return s.fault("duplicate field `%s`", clip(child.path))
			}
			s.seen[child.number] = s.count
			fault = s.wanted(child)
		}
		if fault != nil {
			return fault
		}
		switch s.next() {
		case ',':
			s.at++
			s.next()
		case '}':
			s.at++
			return nil
		default:
			return s.expected("',' or '}' after a field")
		}
	}
}

// array reads an array whose elements are wanted by their numbers.
func (s *jsonScanner) array(n *jsonNode) *recordFault {
	s.at++
	if s.next() == ']' {
		s.at++
		return nil
	}
	for i := 0; ; i++ {
		s.next()
		var fault *recordFault
		if child := n.element(i); child != nil {
			s.seen[child.number] = s.count
			fault = s.wanted(child)
		} else {
			fault = s.skip()
		}
		if fault != nil {
			return fault
		}
		switch s.next() {
		case ',':
			s.at++
		case ']':
			s.at++
			return nil
		default:
			return s.expected("',' or ']' after an element")
		}
	}
}

// wanted reads the value of a node.
func (s *jsonScanner) wanted(n *jsonNode) *recordFault {
	begin := s.at
	c := cell{kind: cellOther, at: begin}
	var fault *recordFault
	switch b := s.first(); {
	case b == '"':
		c.kind = cellText
		if end := stringEnd(s.text, begin); end > 0 {
			c.text, s.at = s.text[begin+1:end-1], end
			break
		}
		if fault = s.string(); fault == nil {
			c.text, fault = s.unescaped(begin)
		}
	case b == '{' && len(n.children) > 0:
		fault = s.object(n)
	case b == '[' && len(n.children) > 0:
		fault = s.array(n)
	case b == '{' || b == '[':
		fault = s.skip()
	case b == '-' || b-'0' <= 9:
		fault = s.number()
		c.kind, c.text = cellNumber, s.text[begin:s.at]
	default:
		fault = s.literal()
		c.kind, c.text = cellBool, s.text[begin:s.at]
		if b == 'n' {
			c.kind = cellNull
		}
	}
	if fault != nil {
		return fault
	}
	for _, i := range n.cells {
		s.cells[i] = c
	}
	return nil
}

func (s *jsonScanner) first() byte {
	if s.at < len(s.text) {
		return s.text[s.at]
	}
	return 0
}

// skip reads a value that nobody wants.
func (s *jsonScanner) skip() *recordFault {
	switch b := s.first(); {
	case b == '"':
		return s.anyString()
	case b == '-' || b-'0' <= 9:
		return s.number()
	case b != '{' && b != '[':
		return s.literal()
	}
	depth := 0
	for {
		// At the beginning of a value.
		b := s.first()
		var fault *recordFault
		switch {
		case b == '{' || b == '[':
			s.at++
			s.setInner(depth, b == '{')
			depth++
			if s.next() == b+2 { // the closing bracket, in ASCII
				s.at++
				depth--
				break
			}
			if b == '{' {
				_, fault = s.name()
			}
			if fault != nil {
				return fault
			}
			continue
		case b == '"':
			fault = s.anyString()
		case b == '-' || b-'0' <= 9:
			fault = s.number()
		default:
			fault = s.literal()
		}
		if fault != nil {
			return fault
		}
		// After a value.
		for {
			if depth == 0 {
				return nil
			}
			isObject := s.isInner(depth - 1)
			c := s.next()
			if c == ',' {
				s.at++
				s.next()
				if isObject {
					_, fault = s.name()
				}
				break
			}
			switch {
			case isObject && c == '}' || !isObject && c == ']':
				s.at++
				depth--
			case isObject:
				return s.expected("',' or '}' after a field")
			default:
				return s.expected("',' or ']' after an element")
			}
		}
		if fault != nil {
			return fault
		}
	}
}

// name reads the name of a field, and its colon.
func (s *jsonScanner) name() (name []byte, fault *recordFault) {
	if s.next() != '"' {
		return nil, s.expected(`the name of a field, in quotes`)
	}
	begin := s.at
	if end := stringEnd(s.text, begin); end > 0 {
		name, s.at = s.text[begin+1:end-1], end
	} else {
		if fault = s.string(); fault == nil {
			name, fault = s.unescaped(begin)
		}
		if fault != nil {
			return nil, fault
		}
	}
	if s.next() != ':' {
		return nil, s.expected("':' after the name of a field")
	}
	s.at++
	s.next()
	return name, nil
}

func (s *jsonScanner) setInner(depth int, isObject bool) {
	if depth/64 == len(s.inner) {
		s.inner = append(s.inner, 0)
	}
	s.inner[depth/64] &^= 1 << (depth % 64)
	if isObject {
		s.inner[depth/64] |= 1 << (depth % 64)
	}
}

func (s *jsonScanner) isInner(depth int) bool { return s.inner[depth/64]>>(depth%64)&1 != 0 }

package input

// A nesting tracks brackets and strings in JSON text that arrives in pieces. It does not
// validate the text, which the engine does. Nor does it distinguish closing brackets, since
// the engine finds a wrong one anyway.
type nesting struct {
	depth   int
	inside  bool // a string
	escaped bool // the next byte of the string is literal
}

// kinds classifies the bytes that matter outside strings.
var kinds = [256]kind{'"': quote, '[': open, '{': open, ']': shut, '}': shut}

type kind byte

const (
	plainByte kind = iota
	quote
	open
	shut
)

// skip scans text from the offset at. It stops after the byte that ends the outermost
// value, a bracket or a quote, or at the end of text, and returns its offset. The first
// byte of a value must be a bracket or a quote; otherwise skip does not stop.
func (n *nesting) skip(text []byte, at int) int {
	// Locals stay in registers: this loop sees every byte of the input.
	depth, inside, escaped := n.depth, n.inside, n.escaped
	i := at
scan:
	for i < len(text) {
		if inside {
			c := text[i]
			i++
			switch {
			case escaped:
				escaped = false
			case c == '\\':
				escaped = true
			case c == '"':
				inside = false
				if depth == 0 {
					break scan
				}
			}
			continue
		}
		k := kinds[text[i]]
		i++
		switch k {
		case plainByte:
		case quote:
			inside = true
		case open:
			depth++
		case shut:
			depth--
			if depth == 0 {
				break scan
			}
		}
	}
	n.depth, n.inside, n.escaped = depth, inside, escaped
	return i
}

// ended reports whether all values are closed.
func (n *nesting) ended() bool { return n.depth == 0 && !n.inside }

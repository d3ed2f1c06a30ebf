package transform

// A jsonLine is one line of JSON lines, without white space around it.
type jsonLine struct {
	offset int // in the text
	value  []byte
}

// linesOf returns the lines of a text that are not empty.
func linesOf(text []byte) []jsonLine {
	lines := make([]jsonLine, 0, len(text)/32)
	for at := 0; at < len(text); {
		end := at
		for end < len(text) && text[end] != '\n' {
			end++
		}
		from, to := at, end
		for from < to && isSpace(text[from]) {
			from++
		}
		for from < to && isSpace(text[to-1]) {
			to--
		}
		if from < to {
			lines = append(lines, jsonLine{from, text[from:to]})
		}
		at = end + 1
	}
	return lines
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }

// isComplete reports whether a line begins with a bracket whose partner is its last byte. If it
// is JSON, it is then one value; so lines that are complete, joined by commas, are the elements
// of an array if that is JSON. Two halves of a value on two lines are not.
func isComplete(value []byte) bool {
	return (value[0] == '{' || value[0] == '[') && endOfBrackets(value, 0) == len(value)
}

// endOfBrackets returns the offset after the partner of the bracket at from, or -1 if there is
// none. Brackets of both kinds count alike: the parser tells them apart.
func endOfBrackets(text []byte, from int) int {
	depth := 0
	for i := from; i < len(text); i++ {
		switch text[i] {
		case '"':
			if i = endOfString(text, i); i < 0 {
				return -1
			}
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return -1
}

// endOfString returns the offset of the quote that ends the string that begins at from, or -1.
func endOfString(text []byte, from int) int {
	for i := from + 1; i < len(text); i++ {
		switch text[i] {
		case '"':
			return i
		case '\\':
			i++
		}
	}
	return -1
}

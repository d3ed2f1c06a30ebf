package input

import "bytes"

// separator returns the separator of the cells of a line: the most frequent of comma,
// semicolon, tab and bar, or 0 if it has none. A comma that is the decimal mark is the last resort.
func separator(line []byte, decimal byte) rune {
	best, most := rune(0), 0
	for _, mark := range []rune{',', ';', '\t', '|'} {
		if n := bytes.Count(line, []byte(string(mark))); n > most {
			best, most = mark, n
		}
		if mark == ',' && decimal == ',' {
			most = 0
		}
	}
	return best
}

// namedSeparator returns the separator that the first line names as Excel writes it, sep=;, and the length of that
// line, or 0.
func namedSeparator(head []byte) (mark byte, length int) {
	const name = "sep="
	line, _, ok := bytes.Cut(head, newline)
	text := bytes.TrimSuffix(line, []byte{'\r'})
	if !ok || len(text) != len(name)+1 || !bytes.EqualFold(text[:len(name)], []byte(name)) {
		return 0, 0
	}
	switch mark = text[len(name)]; {
	case mark == '"' || mark > '~' || mark < ' ' && mark != '\t':
		return 0, 0
	}
	return mark, len(line) + 1
}

// endsByReturns reports whether lines end with \r alone, as in files of old Macs and some instruments.
func endsByReturns(head []byte) bool {
	line, rest, ok := bytes.Cut(head, []byte{'\r'})
	return ok && len(rest) > 0 && !bytes.Contains(head, newline) && !odd(line)
}

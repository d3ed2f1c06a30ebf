package problem

import (
	"fmt"
	"unicode/utf8"
)

// maxDetail is the max size of a problem's detail in JSON.
const maxDetail = 4 << 10

// Cut shortens a text to about limit bytes in JSON, where a control character takes six
// bytes. It cuts between characters, and adds a note.
func Cut(text string, limit int) string {
	size := 0
	for i, r := range text {
		width := utf8.RuneLen(r)
		switch {
		case r == '"', r == '\\', r == '\n', r == '\r', r == '\t':
			width = 2
		case r < ' ', r == 0x7f, r == '<', r == '>', r == '&', r == '\u2028', r == '\u2029', r == utf8.RuneError:
			width = 6
		}
		if size += width; size > limit {
			return fmt.Sprintf("%s… (%d bytes of %d)", text[:i], i, len(text))
		}
	}
	return text
}

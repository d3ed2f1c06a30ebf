package chart

import (
	"strings"
	"unicode"
)

// mostLetters is the max number of characters of a text on a chart: more than there is room for.
const mostLetters = 200

// printable returns a text as a chart has it: without characters that control anything, such as the
// direction of what follows.
func printable(text string) string {
	letters := make([]rune, 0, min(len(text), mostLetters+1))
	for _, r := range text {
		if len(letters) == mostLetters {
			letters = append(letters, '…')
			break
		}
		if !unicode.IsPrint(r) {
			r = unicode.ReplacementChar
		}
		letters = append(letters, r)
	}
	return strings.TrimSpace(string(letters))
}

func (l Labels) printable() Labels {
	l.Title, l.Value, l.Mean = printable(l.Title), printable(l.Value), printable(l.Mean)
	return l
}

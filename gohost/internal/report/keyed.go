package report

import (
	"strconv"
	"strings"
	"unicode"
)

// maxShown is the max length of a key in a table, in characters.
const maxShown = 40

// Shown returns a key as a table has it: nothing in it moves a terminal's cursor.
func Shown(key string) string {
	if strings.ContainsFunc(key, func(r rune) bool { return !unicode.IsPrint(r) }) || !isText(key) {
		key = strings.Trim(strconv.Quote(key), `"`)
	}
	if characters := []rune(key); len(characters) > maxShown {
		key = string(characters[:maxShown-1]) + "…"
	}
	return key
}

func isText(key string) bool { return strings.ToValidUTF8(key, "") == key }

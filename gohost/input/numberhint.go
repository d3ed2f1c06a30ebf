package input

import (
	"bytes"
	"fmt"
	"strings"
)

// likeMarks are characters that are written for a mark of thousands: non-breaking and thin spaces, and the apostrophe
// of Switzerland.
var likeMarks = map[byte]*strings.Replacer{
	' ':  strings.NewReplacer("\u00a0", " ", "\u2009", " ", "\u202f", " "),
	'\'': strings.NewReplacer("\u2019", "'"),
}

// asciiMarks replaces the characters that are written for the mark of thousands.
func (n *numberParser) asciiMarks(text []byte) []byte {
	if like := likeMarks[n.thousands]; like != nil && bytes.ContainsFunc(text, func(c rune) bool { return c > '~' }) {
		return []byte(like.Replace(string(text)))
	}
	return text
}

// hint returns what to try for a text that is nearly a number.
func (n *numberParser) hint(text []byte) string {
	s := string(text)
	switch minus := strings.NewReplacer("\u2212", "-", "\u2013", "-", "\u2010", "-", "\u2011", "-").Replace(s); {
	case !bytes.ContainsAny(text, "0123456789"):
		return ""
	case strings.HasSuffix(s, "%"):
		return "; remove the percent sign, or divide by 100"
	case strings.ContainsAny(s, "$€£¥"):
		return "; remove the currency sign"
	case minus != s && n.reads(minus):
		c := strings.IndexFunc(s, func(c rune) bool { return c > '~' })
		return fmt.Sprintf("; its minus is the character %U, replace it by '-'", []rune(s[c:])[0])
	}
	var tries []string
	for _, point := range []byte{n.point, '.' + ',' - n.point} {
		if point != n.point && bytes.IndexByte(text, point) < 0 {
			continue
		}
		for _, thousands := range []byte{0, ',', '.', ' ', '\''} {
			other := numberParser{point: point, thousands: thousands, names: n.names}
			if point == thousands || !other.reads(s) {
				continue
			}
			var try []string
			if point != n.point {
				try = append(try, fmt.Sprintf("%s '%c'", n.names.Decimal, point))
			}
			if thousands != 0 && thousands != n.thousands {
				try = append(try, fmt.Sprintf("%s %s", n.names.Thousands, quoteMarkOf(thousands)))
			}
			tries = append(tries, strings.Join(try, " with "))
			if thousands == 0 {
				break // what needs no marks
			}
		}
	}
	switch {
	case len(tries) > 0:
		tries[0] += " meant"
		return fmt.Sprintf("; is %s?", strings.Join(tries, ", or "))
	case n.thousands != 0 && bytes.IndexByte(n.asciiMarks(text), n.thousands) >= 0:
		return fmt.Sprintf("; %s %s is between groups of three digits", n.names.Thousands, quoteMarkOf(n.thousands))
	}
	return ""
}

// quoteMarkOf returns a mark as a shell takes it.
func quoteMarkOf(mark byte) string {
	if mark == '\'' {
		return `"'"`
	}
	return fmt.Sprintf("'%c'", mark)
}

// reads reports whether a text is a number to the parser.
func (n *numberParser) reads(text string) bool {
	written, ok := n.rewritten([]byte(text))
	if !ok {
		return false
	}
	_, err := parseNumber(string(written))
	return err == nil
}

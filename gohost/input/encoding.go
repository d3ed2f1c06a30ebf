package input

import (
	"bytes"
	"unicode/utf8"

	"example.org/compute-pipeline/gohost"
)

// checkEncoding returns an error for a text in UTF-16 or UTF-32, with or without a mark of the order of its bytes. The
// high bytes of times in packed points are control characters, so these never look like UTF-16.
func checkEncoding(head []byte) error {
	name := ""
	switch {
	case bytes.HasPrefix(head, []byte("\xff\xfe\x00\x00")), bytes.HasPrefix(head, []byte("\x00\x00\xfe\xff")):
		name = "UTF-32"
	case bytes.HasPrefix(head, []byte("\xff\xfe")), bytes.HasPrefix(head, []byte("\xfe\xff")):
		name = "UTF-16"
	case alternates(head, 0):
		name = "UTF-16LE"
	case alternates(head, 1):
		name = "UTF-16BE"
	default:
		return nil
	}
	return badData(Position{Line: 1}, "the text is %s; expected UTF-8: convert it, such as with iconv -f %s -t UTF-8", name, name)
}

// alternates reports whether a text begins with characters of ASCII that have a zero byte after each, or with place 1
// before each.
func alternates(head []byte, place int) bool {
	const enough = 16
	if len(head) < enough {
		return false
	}
	for i, c := range head[:enough] {
		if i%2 != place {
			if c != 0 {
				return false
			}
		} else if c == 0 || c > '~' || isControl(rune(c)) {
			return false
		}
	}
	return true
}

// isBinary reports whether head has a control character that no text has. Bytes that are
// not UTF-8 do not count: text in another encoding has them too, and gets a message of its
// own.
func isBinary(head []byte) bool { return bytes.ContainsFunc(head, isControl) }

func isControl(r rune) bool { return r < ' ' && r != '\t' && r != '\n' && r != '\r' }

// isTextWithControls reports whether head is text with control characters, such as colours of a terminal. Packed points
// have bytes that are zero, or no UTF-8.
func isTextWithControls(head []byte) bool {
	for at := 0; at < len(head); {
		c, size := utf8.DecodeRune(head[at:])
		if c == 0 || c == utf8.RuneError && size == 1 && len(head)-at >= utf8.UTFMax {
			return false
		}
		at += size
	}
	return true
}

// looksPacked reports whether head may begin with packed points of present-day times. The high byte of each is a control
// character in every unit, in nanoseconds until 2043. Text and arrays of other numbers have other bytes there.
func looksPacked(head []byte) bool {
	const looked = 4
	for at := gohost.PackedSize/2 - 1; at < min(len(head), looked*gohost.PackedSize); at += gohost.PackedSize {
		if head[at] >= ' ' {
			return false
		}
	}
	return true
}

// control returns the first control character.
func control(head []byte) rune {
	c, _ := utf8.DecodeRune(head[bytes.IndexFunc(head, isControl):])
	return c
}

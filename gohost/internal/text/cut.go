// Package text bounds what others wrote before it is kept, sent or logged: a
// guest's messages, the names in a module, the errors made of them.
package text

import (
	"fmt"
	"unicode/utf8"
)

const (
	// MaxMessage is how many bytes are kept of one message of a guest.
	MaxMessage = 4 << 10
	// MaxStack is how many bytes are kept of a stack trace.
	MaxStack = 32 << 10
	// maxLogged is how many bytes of an error are logged: room for a message
	// and what was put before it.
	maxLogged = MaxMessage + 1<<10
)

// Beginning returns the first bytes of text, max at most. It ends between two
// characters where text is UTF-8, and looks at no more than it returns.
func Beginning[T ~string | ~[]byte](text T, max int) T {
	if len(text) <= max {
		return text
	}
	for end := max; end >= 0 && end > max-utf8.UTFMax; end-- {
		if utf8.RuneStart(text[end]) {
			return text[:end]
		}
	}
	return text[:max]
}

// Cut returns text, or of one that is longer than max bytes the beginning and
// how long it was.
func Cut(text string, max int) string {
	if len(text) <= max {
		return text
	}
	return Note(Beginning(text, max), len(text))
}

// Note returns the beginning of a text of size bytes, with a note that it is no
// more than that.
func Note(beginning string, size int) string {
	return fmt.Sprintf("%s… (cut: %d bytes)", beginning, size)
}

// Logged returns what is logged of an error: its text, cut where it is long, or
// nil for none.
func Logged(err error) any {
	if err == nil {
		return nil
	}
	return Cut(err.Error(), maxLogged)
}

// Package text cuts text that others wrote before it is kept, sent or logged: a
// guest's messages, the names in a module, and errors that contain them.
package text

import (
	"fmt"
	"unicode/utf8"
)

const (
	// MaxMessage is the max size in bytes of a guest's message.
	MaxMessage = 4 << 10
	// MaxStack is the max size in bytes of a stack trace.
	MaxStack = 32 << 10
	// maxLogged is the max size in bytes of a logged error: a message and the
	// text before it.
	maxLogged = MaxMessage + 1<<10
)

// Beginning returns the first max bytes of text, or fewer to end between two
// characters of UTF-8. It reads no more than it returns.
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

// Cut returns text, or the beginning of a text longer than max bytes with a note
// of its full length.
func Cut(text string, max int) string {
	if len(text) <= max {
		return text
	}
	return Note(Beginning(text, max), len(text))
}

// Note returns the beginning of a text of size bytes with a note that it was cut.
func Note(beginning string, size int) string {
	return fmt.Sprintf("%s… (cut: %d bytes)", beginning, size)
}

// Logged returns the text of an error for a log, cut if it is long, or nil if err
// is nil.
func Logged(err error) any {
	if err == nil {
		return nil
	}
	return Cut(err.Error(), maxLogged)
}

package kit

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"example.org/compute-pipeline/gohost/internal/dynamic"
	"example.org/compute-pipeline/gohost/sandbox"
)

// contains reports whether the message of a trap has a text.
func contains(err error, part string) bool {
	trap := (*sandbox.TrapError)(nil)
	return errors.As(err, &trap) && strings.Contains(trap.Message, part)
}

// begins reports whether the err of a WIT result is a string that begins with a text.
func begins(value any, text string) bool {
	v, _ := value.(dynamic.Case)
	s, ok := v.Value.(string)
	return ok && strings.HasPrefix(s, text)
}

// sentence returns a text as a sentence.
func sentence(text string) string {
	r, size := utf8.DecodeRuneInString(text)
	return string(unicode.ToUpper(r)) + text[size:] + "."
}

// after returns a text that follows another, if there is one.
func after(text string) string {
	if text == "" {
		return ""
	}
	return ": " + text
}

// count returns a number with what it counts.
func count(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return thousands(uint64(n)) + " " + what
}

// thousands returns a number with commas.
func thousands(n uint64) string {
	digits := strconv.FormatUint(n, 10)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// size returns a number of bytes for people.
func size(bytes int64) string {
	switch {
	case bytes < 10<<10:
		return thousands(uint64(bytes)) + " bytes"
	case bytes < 10<<20:
		return thousands(uint64(bytes)>>10) + " KiB"
	}
	return thousands(uint64(bytes)>>20) + " MiB"
}

// seconds returns a time for people.
func seconds(s float64) string {
	switch {
	case s < 1:
		return fmt.Sprintf("%.3g ms", s*1000)
	}
	return fmt.Sprintf("%.3g s", s)
}

// repeated returns a text n times, with a separator between.
func repeated(text, separator string, n int) string {
	return strings.TrimSuffix(strings.Repeat(text+separator, n), separator)
}

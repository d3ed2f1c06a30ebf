package input

import (
	"bytes"
	"errors"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"example.org/compute-pipeline/gohost"
)

// A complaint is the engine's message about a piece of JSON; at is the offset in the
// piece, or -1 if the engine reports no position.
type complaint struct {
	message string
	at      int
}

var positionSuffix = regexp.MustCompile(` at line (\d+) column (\d+)$`)

// complaintOf parses the engine's error about piece. It reports false for an error that is
// not about the data (a trap, a limit, the end of a context).
func complaintOf(err error, piece []byte) (complaint, bool) {
	var guest *gohost.GuestError
	if !errors.As(err, &guest) {
		return complaint{}, false
	}
	message := strings.TrimPrefix(guest.Message, "Parse failed: ")
	match := positionSuffix.FindStringSubmatchIndex(message)
	if match == nil {
		return complaint{message: message, at: -1}, true
	}
	line, errLine := strconv.Atoi(message[match[2]:match[3]])
	column, errColumn := strconv.Atoi(message[match[4]:match[5]])
	if errLine != nil || errColumn != nil {
		return complaint{message: message, at: -1}, true
	}
	return complaint{message: message[:match[0]], at: offsetOf(piece, line, column)}, true
}

// offsetOf converts serde_json's position to an offset: lines count from 1, and the column
// is the number of bytes of that line read so far, so 0 is the start of the line.
func offsetOf(piece []byte, line, column int) int {
	at := 0
	for ; line > 1; line-- {
		next := bytes.IndexByte(piece[at:], '\n')
		if next < 0 {
			break
		}
		at += next + 1
	}
	return min(at+max(column-1, 0), len(piece))
}

// invalidUTF8 returns the offset of the first byte of piece that is not part
// of a UTF-8 character, or -1.
func invalidUTF8(piece []byte) int {
	for at := 0; at < len(piece); {
		r, size := utf8.DecodeRune(piece[at:])
		if r == utf8.RuneError && size == 1 {
			return at
		}
		at += size
	}
	return -1
}

package input

import (
	"errors"
	"fmt"
)

// ErrEmpty is the error of an input that holds no datapoint.
var ErrEmpty = errors.New("the input is empty: expected at least one datapoint")

// A Position says where in an input something is.
type Position struct {
	// Offset counts bytes from 0, after decompression; -1 when it is not known.
	Offset int64
	// Line counts from 1; 0 in a binary input, which has no lines.
	Line int64
	// Column counts bytes from 1; 0 when it is not known.
	Column int64
}

// String writes the position as an error message wants it, for example
// "line 3, column 14 (byte offset 96)".
func (p Position) String() string {
	var s string
	switch {
	case p.Line > 0 && p.Column > 0:
		s = fmt.Sprintf("line %d, column %d", p.Line, p.Column)
	case p.Line > 0:
		s = fmt.Sprintf("line %d", p.Line)
	}
	switch {
	case p.Offset < 0:
		return s
	case s == "":
		return fmt.Sprintf("byte offset %d", p.Offset)
	default:
		return fmt.Sprintf("%s (byte offset %d)", s, p.Offset)
	}
}

// A DataError is an input that is not what its format says it is.
type DataError struct {
	Position Position
	// Message says what was wrong and what was expected.
	Message string
}

func (e *DataError) Error() string {
	return e.Position.String() + ": " + e.Message
}

func badData(at Position, format string, args ...any) error {
	return &DataError{Position: at, Message: fmt.Sprintf(format, args...)}
}

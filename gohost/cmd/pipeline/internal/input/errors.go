package input

import (
	"errors"
	"fmt"
)

// ErrEmpty is the error of an input without datapoints.
var ErrEmpty = errors.New("the input is empty: expected at least one datapoint")

// A Position is a position in an input.
type Position struct {
	// Offset counts bytes from 0, after decompression; -1 if it is unknown.
	Offset int64
	// Line counts from 1; 0 in a binary input.
	Line int64
	// Column counts bytes from 1; 0 if it is unknown.
	Column int64
}

// String returns the position for an error message, such as
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

// A DataError is the error of an input that does not match its format.
type DataError struct {
	Position Position
	// Message is what was wrong, and what was expected.
	Message string
}

func (e *DataError) Error() string {
	return e.Position.String() + ": " + e.Message
}

func badData(at Position, format string, args ...any) error {
	return &DataError{Position: at, Message: fmt.Sprintf(format, args...)}
}

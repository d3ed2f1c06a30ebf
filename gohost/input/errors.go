package input

import (
	"errors"
	"fmt"
)

// ErrEmpty is the error of an input without datapoints.
var ErrEmpty = errors.New("the input is empty: expected at least one datapoint")

// A DataError is the error of an input that does not match its format.
type DataError struct {
	Position Position
	// Message is what was wrong, and what was expected.
	Message string
}

func (e *DataError) Error() string {
	if at := e.Position.String(); at != "" {
		return at + ": " + e.Message
	}
	return e.Message
}

func badData(at Position, format string, args ...any) error {
	return &DataError{Position: at, Message: fmt.Sprintf(format, args...)}
}

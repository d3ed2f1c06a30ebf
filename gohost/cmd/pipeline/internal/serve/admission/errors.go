package admission

import "fmt"

// A BusyError is the error of a claim that cannot be met now, but may be met later.
type BusyError struct {
	Gate, Why string
	cause     error
}

func (e *BusyError) Error() string { return fmt.Sprintf("%s: %s", e.Gate, e.Why) }

// Unwrap returns why the waiting ended, or nil.
func (e *BusyError) Unwrap() error { return e.cause }

// A TooLargeError is the error of a claim that can never be met.
type TooLargeError struct {
	Gate         string
	Bytes, Limit int64
}

func (e *TooLargeError) Error() string {
	return fmt.Sprintf("%s: the request takes %d bytes of memory, more than the %d that one may", e.Gate, e.Bytes, e.Limit)
}

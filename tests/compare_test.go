package tests

import (
	"fmt"
	"reflect"

	"example.org/compute-pipeline/gohost/vectors"
)

// result is what a runtime answered.
type result struct {
	vectors.Result
	// Refused is the message of [gohost.ErrInvalidInput]; only the Go library has it.
	Refused *string
}

// want is what is right on a runtime.
type want struct {
	vectors.Want
	// Refused is the Go library's [gohost.ErrInvalidInput].
	Refused bool
}

// compare says how a result is not the one wanted; nothing when it is.
func compare(w want, got result) string {
	switch {
	case w.Refused && (got.Refused == nil || *got.Refused == ""):
		return fmt.Sprintf("got %s; want it to be refused by the host", got)
	case !w.Refused && got.Refused != nil:
		return "refused by the host: " + *got.Refused
	case w.Refused:
		return ""
	case w.Kind == vectors.Traps && w.Text != "" && got.Trap != nil && *got.Trap == "":
		return "a trap without the message of the panic"
	}
	return w.Mismatch(got.Result)
}

// same reports whether two answers are equal, bit for bit, the messages of traps included.
func same(a, b result) bool { return reflect.DeepEqual(a, b) }

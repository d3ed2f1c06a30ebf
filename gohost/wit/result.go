package wit

import (
	"fmt"

	"example.org/compute-pipeline/gohost/internal/text"
)

// Result is a result<T, E> within another value. The zero Result is ok with the
// zero value.
type Result[T, E any] struct {
	// Value is the zero value if IsErr is true.
	Value T
	// Err is the zero value if IsErr is false.
	Err   E
	IsErr bool
}

// OK returns a result that is ok.
func OK[T, E any](value T) Result[T, E] { return Result[T, E]{Value: value} }

// Failed returns a result that is an error.
func Failed[T, E any](err E) Result[T, E] { return Result[T, E]{Err: err, IsErr: true} }

// Get returns the value, or the error as an [*Error].
func (r Result[T, E]) Get() (T, error) {
	if r.IsErr {
		return r.Value, Err(r.Err)
	}
	return r.Value, nil
}

// Error is the error of a function that returns a result<T, E>: the function itself
// returned it. A binding's method returns an error that wraps one; the
// implementation of an import returns one.
//
//	var e *wit.Error[filter.Details]
//	if errors.As(err, &e) {
//		use(e.Value)
//	}
//
// A variant or an enum that is the E of a function is an error itself, and needs no Error
// around it:
//
//	var problem filter.Problem
//	if errors.As(err, &problem) {
//		use(problem)
//	}
type Error[E any] struct{ Value E }

// Err returns the error with the value.
func Err[E any](value E) *Error[E] { return &Error[E]{Value: value} }

// Error returns the value as text if it is an error, a Stringer, a string or a number,
// and otherwise the name of its type: the guest chooses the value, and may choose a large
// one. A long text is cut.
func (e *Error[E]) Error() string {
	if _, ok := any(e.Value).(Unit); ok {
		return "the function returned an error without a value"
	}
	if s, ok := short(e.Value); ok {
		return s
	}
	return fmt.Sprintf("the function returned an error of the type %T", e.Value)
}

// short returns the text of a value if it has one that says what it is.
func short(value any) (string, bool) {
	switch v := value.(type) {
	case string:
		return text.Cut(v, text.MaxMessage), true
	case error, fmt.Stringer, bool, int, uint, int8, uint8, int16, uint16, int32, uint32, int64, uint64, float32, float64:
		return text.Cut(fmt.Sprint(v), text.MaxMessage), true
	}
	return "", false
}

// CaseText returns the text of an error that is a case of a variant, with the case's value
// if that has a text. Generated code calls it.
func CaseText(name string, value any) string {
	if s, ok := short(value); ok {
		return name + ": " + s
	}
	return name
}

// Unwrap returns the value if it is an error, or nil.
func (e *Error[E]) Unwrap() error {
	err, _ := any(e.Value).(error)
	return err
}

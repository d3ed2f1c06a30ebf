package wit

// Option is an option<T>. The zero Option is none.
type Option[T any] struct {
	// Value is the zero value if Valid is false.
	Value T
	// Valid reports whether there is a value.
	Valid bool
}

// Some returns an option with a value.
func Some[T any](value T) Option[T] { return Option[T]{Value: value, Valid: true} }

// None returns an option without a value.
func None[T any]() Option[T] { return Option[T]{} }

// Get returns the value, and whether there is one.
func (o Option[T]) Get() (value T, ok bool) { return o.Value, o.Valid }

// Or returns the value, or other if there is none.
func (o Option[T]) Or(other T) T {
	if o.Valid {
		return o.Value
	}
	return other
}

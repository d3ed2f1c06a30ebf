// Package wit holds the Go types of WIT values that have no equal in Go: option,
// result, tuple, and the error of a function that returns a result. Generated
// bindings use them, and so do programs that call those bindings.
//
//	type         Go
//	option<T>    Option[T]
//	result<T, E> (T, error) where a function returns it, Result[T, E] elsewhere
//	tuple<A, B>  Tuple2[A, B], up to Tuple16
//	result<_, E> Unit for the missing type
package wit

// Unit is the value of a type that has none: result<_, string> is
// Result[Unit, string].
type Unit = struct{}

//go:build !unix

package compiler

// Private returns nothing: on this system it cannot tell who can write to a directory.
func Private(string) (warning string, err error) { return "", nil }

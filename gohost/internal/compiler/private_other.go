//go:build !unix

package compiler

// Private cannot tell here who can write to a directory.
func Private(string) (warning string, err error) { return "", nil }

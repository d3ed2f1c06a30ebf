//go:build !unix

package compiler

import "io/fs"

// Private returns nothing: on this system it cannot tell who can write to a directory.
func Private(string) (warning string, err error) { return "", nil }

// privateFile returns nil: on this system it cannot tell who can write to a file.
func privateFile(fs.FileInfo) error { return nil }

//go:build !unix

package compiler

import "io/fs"

// Private returns nothing: on this system it cannot tell who can write to a directory.
func Private(string) (warning string, err error) { return "", nil }

// owned returns nil: on this system it cannot tell who can write to a directory. On Windows
// the user's cache directory is the user's own.
func owned(string) error { return nil }

// privateFile returns nil: on this system it cannot tell who can write to a file.
func privateFile(fs.FileInfo) error { return nil }

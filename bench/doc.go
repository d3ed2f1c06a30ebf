// Package bench compares the library with its alternatives: other ways to do the same work in
// a Go program, in one process, by turns. It is a module of its own that is not in the
// workspace, so nobody who uses or builds the library downloads them.
package bench

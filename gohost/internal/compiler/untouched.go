//go:build !race

package compiler

// untouched is memory that is mapped writable and hardly used: 32 MiB of Go's
// table of its heap and, in a program with C in it, 8 MiB for the stack of each
// thread. It is on top of the kernel's limit, and not counted by the watch, which
// so comes first.
const untouched = 128 << 20

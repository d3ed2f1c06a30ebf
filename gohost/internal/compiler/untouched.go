//go:build !race

package compiler

// untouched is memory that is mapped writable but hardly used: 32 MiB of Go's table of its
// heap and, in a program with C, 8 MiB for the stack of each thread. It is added to the
// kernel's limit. The watch does not count it, so the watch acts first.
const untouched = 128 << 20

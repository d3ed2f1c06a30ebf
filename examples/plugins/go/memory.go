//go:build wasip1

package main

import "unsafe"

// The memory that the plugin shares with the host.

// lent keeps everything alive that the host points to, from cabi_realloc until the end of
// the call: the garbage collector does not see the host's pointers. A call is over with its
// post-return, and there is one call at a time.
var lent [][]uint64

// lend returns zeroed memory for the host, aligned to 8 bytes.
func lend(size uint32) unsafe.Pointer {
	words := make([]uint64, (uint64(size)+7)/8)
	lent = append(lent, words)
	return unsafe.Pointer(unsafe.SliceData(words))
}

// release ends a call.
func release() {
	clear(lent)
	lent = lent[:0]
}

//go:wasmexport cabi_realloc
func realloc(old unsafe.Pointer, oldSize, _, size uint32) unsafe.Pointer {
	p := lend(size)
	copy(unsafe.Slice((*byte)(p), size), unsafe.Slice((*byte)(old), oldSize))
	return p
}

// address returns an address as the host knows it.
func address(p unsafe.Pointer) uint32 { return uint32(uintptr(p)) }

package golang

// pluginText is the beginning of plugin.go, without the world.
const pluginText = `//go:build wasip1

// A plugin of the world %[1]s.
package main

// main never runs: the host calls exported functions.
func main() {}
`

// contractText is the beginning of contract.go, without the world.
const contractText = `//go:build wasip1

package main

// The world %[1]s in Go, with the canonical ABI. Written by pipeline new plugin; change
// plugin.go.

import (
	"slices"
	"strings"
	"unsafe"
)

// Result is a result of WIT.
type Result[T, E any] struct {
	IsErr bool
	OK    T
	Err   E
}

// load reads a value that lies in memory as the ABI has it.
func load[T any](p unsafe.Pointer) T { return *(*T)(p) }

func store[T any](p unsafe.Pointer, v T) { *(*T)(p) = v }

// loadNumbers returns a copy of a list, of which the address and the length are at p.
func loadNumbers[T any](p unsafe.Pointer) []T {
	return slices.Clone(unsafe.Slice((*T)(unsafe.Add(nil, load[uint32](p))), load[uint32](unsafe.Add(p, 4))))
}

func storeNumbers[T any](p unsafe.Pointer, v []T) {
	data := lend(uint32(len(v)) * uint32(unsafe.Sizeof(*new(T))))
	copy(unsafe.Slice((*T)(data), len(v)), v)
	store(p, address(data))
	store(unsafe.Add(p, 4), uint32(len(v)))
}

func loadString(p unsafe.Pointer) string {
	return strings.Clone(unsafe.String((*byte)(unsafe.Add(nil, load[uint32](p))), load[uint32](unsafe.Add(p, 4))))
}

func storeString(p unsafe.Pointer, v string) { storeNumbers(p, []byte(v)) }

// loadList loads a list with a function for its elements, of a size.
func loadList[T any](p unsafe.Pointer, size uint32, element func(unsafe.Pointer) T) []T {
	data, n := unsafe.Add(nil, load[uint32](p)), load[uint32](unsafe.Add(p, 4))
	v := make([]T, n)
	for i := range v {
		v[i] = element(unsafe.Add(data, uint32(i)*size))
	}
	return v
}

func storeList[T any](p unsafe.Pointer, v []T, size uint32, element func(unsafe.Pointer, T)) {
	data := lend(uint32(len(v)) * size)
	for i := range v {
		element(unsafe.Add(data, uint32(i)*size), v[i])
	}
	store(p, address(data))
	store(unsafe.Add(p, 4), uint32(len(v)))
}
`

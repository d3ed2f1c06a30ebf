package hostile

import (
	"encoding/binary"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// Ids of sections, in the binary format.
const (
	customSection   = 0
	typeSection     = 1
	importSection   = 2
	functionSection = 3
	tableSection    = 4
	memorySection   = 5
	globalSection   = 6
	exportSection   = 7
	startSection    = 8
	elementSection  = 9
	codeSection     = 10
	dataSection     = 11
	countSection    = 12
)

const preamble = "\x00asm\x01\x00\x00\x00"

// u32 is a number in LEB128.
func u32(v int) []byte { return binary.AppendUvarint(nil, uint64(v)) }

// sized is what parts are together, after its size in bytes.
func sized(parts ...[]byte) []byte {
	all := slices.Concat(parts...)
	return append(u32(len(all)), all...)
}

// section is a section with the given contents.
func section(id byte, parts ...[]byte) []byte {
	return append([]byte{id}, sized(parts...)...)
}

// custom is a custom section.
func custom(name string, contents ...[]byte) []byte {
	return section(customSection, sized([]byte(name)), slices.Concat(contents...))
}

// times is a vector of n equal elements.
func times(n int, element ...byte) []byte {
	return append(u32(n), slices.Repeat(element, n)...)
}

// part is a section of a module.
type part struct {
	id       byte
	start    int // of its id
	contents []byte
}

// parts splits a valid module.
func parts(t testing.TB, wasm []byte) (list []part) {
	t.Helper()
	for at := len(preamble); at < len(wasm); {
		size, n := binary.Uvarint(wasm[at+1:])
		require.Positive(t, n)
		end := at + 1 + n + int(size)
		list = append(list, part{wasm[at], at, wasm[at+1+n : end]})
		at = end
	}
	return list
}

// with is the module with a section in the place of its own, or where it would
// be.
func with(t testing.TB, wasm []byte, id byte, contents ...[]byte) []byte {
	t.Helper()
	out := []byte(preamble)
	done := false
	place := func(id byte) int { // sections are in this order
		return slices.Index([]byte{1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 10, 11, 0}, id)
	}
	for _, p := range parts(t, wasm) {
		if !done && place(p.id) >= place(id) {
			out = append(out, section(id, contents...)...)
			done = true
		}
		if p.id != id {
			out = append(out, section(p.id, p.contents)...)
		}
	}
	require.True(t, done)
	return out
}

// contents is a section of the module.
func contents(t testing.TB, wasm []byte, id byte) []byte {
	t.Helper()
	for _, p := range parts(t, wasm) {
		if p.id == id {
			return p.contents
		}
	}
	t.Fatalf("the module has no section %d", id)
	return nil
}

// more is a vector, the contents of a section, with further elements.
func more(t testing.TB, vector []byte, n int, elements ...[]byte) []byte {
	t.Helper()
	count, width := binary.Uvarint(vector)
	require.Positive(t, width)
	return slices.Concat(u32(int(count)+n), vector[width:], slices.Concat(elements...))
}

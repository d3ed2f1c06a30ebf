// Package sections finds the sections of WebAssembly binaries, in time that grows with their
// number. It reads nothing in them but the names of custom sections.
package sections

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
)

// Kinds of sections.
const (
	Custom     = 0
	CoreModule = 1 // of a component
)

var (
	coreHeader      = []byte("\x00asm\x01\x00\x00\x00")
	componentHeader = []byte("\x00asm\x0d\x00\x01\x00")
)

// ErrForm is the error of bytes that are not a sequence of sections.
var ErrForm = errors.New("not a sequence of sections")

// IsCore reports whether bytes begin as a core module.
func IsCore(wasm []byte) bool { return bytes.HasPrefix(wasm, coreHeader) }

// IsComponent reports whether bytes begin as a component.
func IsComponent(wasm []byte) bool { return bytes.HasPrefix(wasm, componentHeader) }

// Each calls f with each section of a core module or component, until it returns an error.
func Each(wasm []byte, f func(id byte, contents []byte) error) error {
	if !IsCore(wasm) && !IsComponent(wasm) {
		return fmt.Errorf("%w: it starts with % x, which is neither a core module nor a component", ErrForm, wasm[:min(len(wasm), 8)])
	}
	for rest := wasm[len(coreHeader):]; len(rest) > 0; {
		contents, after, ok := sized(rest[1:])
		if !ok {
			return fmt.Errorf("%w: the section at byte %d does not end in it", ErrForm, len(wasm)-len(rest))
		}
		if err := f(rest[0], contents); err != nil {
			return err
		}
		rest = after
	}
	return nil
}

// Named returns the name of a custom section, and what follows it.
func Named(contents []byte) (name, payload []byte, ok bool) { return sized(contents) }

// AppendCustom returns the bytes with a custom section at their end.
func AppendCustom(wasm []byte, name string, payload ...[]byte) []byte {
	contents := append(binary.AppendUvarint(nil, uint64(len(name))), name...)
	size := len(contents)
	for _, part := range payload {
		size += len(part)
	}
	out := append(slices.Clip(wasm), Custom)
	out = append(binary.AppendUvarint(out, uint64(size)), contents...)
	for _, part := range payload {
		out = append(out, part...)
	}
	return out
}

// sized returns the bytes after a length in LEB128, and the rest.
func sized(data []byte) (contents, rest []byte, ok bool) {
	length, n := binary.Uvarint(data[:min(len(data), 5)])
	if n <= 0 || length > math.MaxUint32 || length > uint64(len(data)-n) {
		return nil, nil, false
	}
	return data[n : n+int(length)], data[n+int(length):], true
}

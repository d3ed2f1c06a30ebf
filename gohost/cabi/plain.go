package cabi

import (
	"encoding/binary"
	"math"
	"reflect"
)

// hostIsLittleEndian reports whether numbers in Go's memory are as in a guest's.
var hostIsLittleEndian = binary.NativeEndian.Uint16([]byte{1, 0}) == 1

// copied says how to lift a list whose memory is copied.
type copied struct {
	// f32 and f64 are the offsets of an element's floats, whose NaNs must be made
	// canonical.
	f32, f64 []int
	// isF64 is set if an element is one f64.
	isF64 bool
}

// NewPlainList returns the list of a T that consists only of integers and floats: a
// number, or a struct or array of such. If Go's memory of T has the same layout as
// the guest's, and no padding, then the list is lifted and lowered with one copy, and
// otherwise, as on a big-endian machine, like another list.
//
// A bool, char, enum or flags is no plain number, since not every bit pattern is a
// value of it.
func NewPlainList[T any](size, align uint32, load func(c *Call, at uint32) T, store func(c *Call, at uint32, v T)) *List[T] {
	l := NewList(size, align, load, store)
	l.copied = copiedOf[T](size)
	return l
}

// NewPlainRecordList is [NewPlainList] for a struct or an array, with functions like those
// of [NewRecordList].
func NewPlainRecordList[T any](size, align uint32, load, store func(c *Call, at uint32, v *T)) *List[T] {
	l := NewRecordList(size, align, load, store)
	l.copied = copiedOf[T](size)
	return l
}

// copiedOf returns how to copy a T, or nil if Go's memory of it is not the guest's.
func copiedOf[T any](size uint32) *copied {
	if t := reflect.TypeFor[T](); hostIsLittleEndian && t.Size() == uintptr(size) {
		plain := &copied{}
		if used := plain.add(t, 0); used == int(size) {
			plain.isF64 = size == 8 && len(plain.f64) == 1
			return plain
		}
	}
	return nil
}

// add adds the floats of a type at an offset. It returns the size of the type's
// numbers, without padding, or a negative number if the type has anything else.
func (p *copied) add(t reflect.Type, at int) (used int) {
	switch t.Kind() {
	case reflect.Uint8, reflect.Int8, reflect.Uint16, reflect.Int16, reflect.Uint32, reflect.Int32, reflect.Uint64, reflect.Int64:
		return int(t.Size())
	case reflect.Float32:
		p.f32 = append(p.f32, at)
		return int(t.Size())
	case reflect.Float64:
		p.f64 = append(p.f64, at)
		return int(t.Size())
	case reflect.Array:
		for i := range t.Len() {
			used += p.add(t.Elem(), at+i*int(t.Elem().Size()))
		}
		return used
	case reflect.Struct:
		for i := range t.NumField() {
			used += p.add(t.Field(i).Type, at+int(t.Field(i).Offset))
		}
		return used
	}
	return math.MinInt32
}

// lift copies elements of size bytes from guest memory, and reports whether all were
// copied.
func (p *copied) lift(c *Call, to []byte, ptr uint32, size int) bool {
	for len(to) > 0 {
		n := len(to)
		if n > pieceSize {
			n = max(1, pieceSize/size) * size
		}
		if !c.spend(1 + n/bytesPerUnit) {
			return false
		}
		if p.isF64 {
			copyF64(to[:n], c.mem[ptr:][:n])
		} else {
			copy(to, c.mem[ptr:][:n])
			p.canonicalize(to[:n], size)
		}
		to, ptr = to[n:], ptr+uint32(n)
	}
	return true
}

// copyF64 copies floats and makes their NaNs canonical, in one pass.
func copyF64(to, from []byte) {
	for len(to) >= 8 && len(from) >= 8 {
		bits := le.Uint64(from)
		if bits&^(1<<63) > 0x7ff<<52 {
			bits = canonicalNaN
		}
		le.PutUint64(to, bits)
		to, from = to[8:], from[8:]
	}
}

// canonicalize makes the NaNs in elements of size bytes canonical.
func (p *copied) canonicalize(elements []byte, size int) {
	for _, offset := range p.f64 {
		for at := offset; at < len(elements); at += size {
			if bits := le.Uint64(elements[at:]); bits&^(1<<63) > 0x7ff<<52 {
				le.PutUint64(elements[at:], canonicalNaN)
			}
		}
	}
	for _, offset := range p.f32 {
		for at := offset; at < len(elements); at += size {
			if bits := le.Uint32(elements[at:]); bits&^(1<<31) > 0xff<<23 {
				le.PutUint32(elements[at:], canonicalNaN32)
			}
		}
	}
}

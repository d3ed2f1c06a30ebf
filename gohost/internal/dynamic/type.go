// Package dynamic calls any function of a contract without generated code: it reads the
// function's type from the contract's text ([sandbox.Function.Type]), converts values
// between JSON and Go by that type, and lowers and lifts them with package cabi, with the
// same checks and bounds as generated code.
//
// Values in Go are of these types:
//
//	bool                      bool
//	u8 … u64, s8 … s64        uint64, int64
//	f32, f64                  float32, float64
//	char, string              rune, string
//	list<u8>                  []byte
//	list, record, tuple, map  []any (of fields in order; a map's are tuples of key and value)
//	variant, enum, option,
//	result                    Case
//	flags                     Flags
//	own, borrow               what [cabi.Call.LowerOwn] and [cabi.Call.LowerHandle] take, by
//	                          who implements the resource: any value, or a *cabi.Handle
package dynamic

import (
	"fmt"

	"example.org/compute-pipeline/gohost/cabi"
)

// Kind is the kind of a type.
type Kind int

// The kinds of types.
const (
	Bool Kind = iota
	U8
	U16
	U32
	U64
	S8
	S16
	S32
	S64
	F32
	F64
	Char
	String
	List
	Array // a list of a fixed length
	Map
	Record
	Tuple
	Variant
	Enum
	Option
	Result
	FlagSet
	Own
	Borrow
)

// Type is the type of a value.
type Type struct {
	Kind Kind
	// Fields are the fields of a record, the elements of a tuple, or the cases of a
	// variant, an enum, an option (none and some) or a result (ok and err). Only names
	// of flags count.
	Fields []Field
	// Elem is the element of a list or an array. A map's is a tuple of key and value.
	Elem *Type
	// Length is the length of an array.
	Length int
	// Resource is that of an own or a borrow.
	Resource *cabi.ResourceType
	layout
	// handles is how many handles a value has outside of lists, and hasHandles whether it
	// may have any.
	handles    int
	hasHandles bool
}

// Field is a field, a case, a flag or a parameter.
type Field struct {
	Name string
	Type *Type // nil for a case without a value
}

// Case is a value of a variant, an enum, an option or a result.
type Case struct {
	Index int
	Value any // nil if the case has none
}

// Flags is a value of flags, a bit for each in order.
type Flags uint32

// Function is the type of a function.
type Function struct {
	Params []Field
	Result *Type // nil if there is none
	params layout
}

// layout is how the canonical ABI passes values of a type.
type layout struct {
	size, align uint32
	// flat is how many flat values there are, up to one more than [maxFlatParams].
	flat int
	// offsets are those of fields. A variant has one, that of its value.
	offsets []uint32
}

// maxFlatParams is the number of flat values beyond which parameters are passed in memory.
const maxFlatParams = 16

// maxSize is the max size of a value in memory without the lists in it.
const maxSize = 1 << 20

func alignTo(n, align uint32) uint32 { return (n + align - 1) &^ (align - 1) }

// sequence returns the layout of fields one after the other.
func sequence(fields []Field) (l layout, err error) {
	l.align = 1
	for _, f := range fields {
		l.size = alignTo(l.size, f.Type.align)
		l.offsets = append(l.offsets, l.size)
		l.align = max(l.align, f.Type.align)
		if err := l.add(f.Type, 1); err != nil {
			return l, err
		}
	}
	l.size = alignTo(l.size, l.align)
	return l, nil
}

// add adds n values of a type.
func (l *layout) add(t *Type, n int) error {
	if size := uint64(l.size) + uint64(t.size)*uint64(n); size <= maxSize {
		l.size = uint32(size)
		l.flat = min(l.flat+t.flat*min(n, maxFlatParams+1), maxFlatParams+1)
		return nil
	}
	return fmt.Errorf("a value has more than %d bytes without the lists in it", maxSize)
}

// union returns the layout of one of several cases.
func union(cases []Field) layout {
	discriminant := discriminantSize(len(cases))
	l := layout{align: discriminant}
	var size, payload uint32 = 0, 1
	for _, c := range cases {
		if c.Type != nil {
			payload, size = max(payload, c.Type.align), max(size, c.Type.size)
			l.flat = max(l.flat, c.Type.flat)
		}
	}
	at := alignTo(discriminant, payload)
	l.align = max(discriminant, payload)
	l.size, l.offsets, l.flat = alignTo(at+size, l.align), []uint32{at}, min(l.flat+1, maxFlatParams+1)
	return l
}

func discriminantSize(cases int) uint32 {
	switch {
	case cases <= 1<<8:
		return 1
	case cases <= 1<<16:
		return 2
	}
	return 4
}

// setLayout computes the layout of a type whose parts have theirs.
func (t *Type) setLayout() (err error) {
	t.countHandles()
	same := func(size uint32) { t.layout = layout{size: size, align: size, flat: 1} }
	switch t.Kind {
	case Bool, U8, S8:
		same(1)
	case U16, S16:
		same(2)
	case U32, S32, F32, Char, Own, Borrow:
		same(4)
	case U64, S64, F64:
		same(8)
	case String, List, Map:
		t.layout = layout{size: 8, align: 4, flat: 2}
	case Array:
		t.layout = layout{align: t.Elem.align}
		err = t.add(t.Elem, t.Length)
	case Record, Tuple:
		t.layout, err = sequence(t.Fields)
	case Variant, Enum, Option, Result:
		t.layout = union(t.Fields)
	case FlagSet:
		switch n := len(t.Fields); {
		case n <= 8:
			same(1)
		case n <= 16:
			same(2)
		default:
			same(4)
		}
	}
	return err
}

func (f *Function) paramsInMemory() bool { return f.params.flat > maxFlatParams }

func (f *Function) resultInMemory() bool { return f.Result != nil && f.Result.flat > 1 }

// NeedsRealloc reports whether calls of the function ask the guest for memory.
func (f *Function) NeedsRealloc() bool {
	if f.paramsInMemory() {
		return true
	}
	for _, p := range f.Params {
		if p.Type.hasList() {
			return true
		}
	}
	return false
}

func (t *Type) hasList() bool {
	switch t.Kind {
	case String, List, Map:
		return true
	case Array:
		return t.Elem.hasList()
	}
	for _, f := range t.Fields {
		if f.Type != nil && f.Type.hasList() {
			return true
		}
	}
	return false
}

package columnar

import (
	"encoding/binary"
	"errors"
)

// checkFooter reads the description of a Parquet file, a struct of Thrift's compact protocol, and refuses
// what arrow-go would make memory for before it reads further: lists with more elements than there
// are bytes for, up to 100 million of them; groups of columns with two thousand million columns; and
// groups in groups beyond Go's stack. It checks nothing else.
//
// Source: https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md, and FileMetaData
// in https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift
func checkFooter(text []byte) error {
	t := thriftText{rest: text, structs: len(text)/8 + 1000}
	t.fields(0, root)
	if t.err == nil {
		t.err = checkTree(t.children)
	}
	return t.err
}

// A thriftText is the rest of a text. After an error it is empty.
type thriftText struct {
	rest     []byte
	structs  int // how many more it may have: an empty one is one byte, and 200 in memory
	children []int64
	err      error
}

// A place is where in a FileMetaData a value is.
type place byte

const (
	elsewhere  place = iota
	root             // FileMetaData
	schemaList       // its schema: a list
	element          // of that
)

const (
	schemaField   = 2 // of FileMetaData
	childrenField = 5 // of SchemaElement
)

var (
	errFooterEnd  = errors.New("the file is damaged: its description ends too early")
	errFooterList = errors.New("the file is damaged: its description has a list that is longer than itself")
	errFooterDeep = errors.New("the file is damaged: its description is nested too deeply")
	errFooterType = errors.New("the file is damaged: its description has a value of an unknown type")
)

func (t *thriftText) fail(err error) {
	if t.err == nil {
		t.err = err
	}
	t.rest = nil
}

func (t *thriftText) byte() byte {
	if len(t.rest) == 0 {
		t.fail(errFooterEnd)
		return 0
	}
	b := t.rest[0]
	t.rest = t.rest[1:]
	return b
}

func (t *thriftText) skip(n uint64) {
	if n > uint64(len(t.rest)) {
		t.fail(errFooterEnd)
		return
	}
	t.rest = t.rest[n:]
}

func (t *thriftText) varint() uint64 {
	v, n := binary.Uvarint(t.rest)
	if n <= 0 {
		t.fail(errFooterEnd)
		return 0
	}
	t.rest = t.rest[n:]
	return v
}

// signed returns a number in zigzag form.
func (t *thriftText) signed() int64 {
	v := t.varint()
	return int64(v>>1) ^ -int64(v&1)
}

// field reads the head of the field after one with a number. Its kind is 0 at the stop, or after an error.
func (t *thriftText) field(before int64) (number int64, kind byte) {
	head := t.byte()
	if head == 0 {
		return before, 0
	}
	if step := int64(head >> 4); step != 0 {
		return before + step, head & 15
	}
	return t.signed(), head & 15
}

// fields reads the fields of a struct up to its stop.
func (t *thriftText) fields(depth int, in place) {
	if t.structs--; t.structs < 0 {
		t.fail(errFooterList)
	}
	children := int64(0)
	for field, kind := t.field(0); kind != 0; field, kind = t.field(field) {
		switch {
		case kind == 1 || kind == 2: // booleans are in the head
		case in == element && field == childrenField && kind == 5:
			children = int64(int32(t.signed()))
		case in == root && field == schemaField:
			t.value(kind, depth, schemaList)
		default:
			t.value(kind, depth, elsewhere)
		}
	}
	if in == element {
		t.children = append(t.children, children)
	}
}

func (t *thriftText) value(kind byte, depth int, in place) {
	const maxDepth = 32
	if depth > maxDepth {
		t.fail(errFooterDeep)
		return
	}
	switch kind {
	case 1, 2, 3: // a boolean in a list, a byte
		t.byte()
	case 4, 5, 6:
		t.varint()
	case 7:
		t.skip(8)
	case 8:
		t.skip(t.varint())
	case 9, 10:
		head := t.byte()
		size := uint64(head >> 4)
		if size == 15 {
			size = t.varint()
		}
		if in == schemaList {
			in = element
		}
		if t.fits(size) {
			for ; size > 0 && t.err == nil; size-- {
				t.value(head&15, depth+1, in)
			}
		}
	case 11:
		size := t.varint()
		if size == 0 || !t.fits(size) {
			return
		}
		kinds := t.byte()
		for ; size > 0 && t.err == nil; size-- {
			t.value(kinds>>4, depth+1, elsewhere)
			t.value(kinds&15, depth+1, elsewhere)
		}
	case 12:
		t.fields(depth+1, in)
	case 13:
		t.skip(16)
	default:
		t.fail(errFooterType)
	}
}

// fits checks the number of elements of a list: each has at least one byte.
func (t *thriftText) fits(size uint64) bool {
	if size > uint64(len(t.rest)) {
		t.fail(errFooterList)
	}
	return t.err == nil
}

// checkTree checks the tree of a schema, which is a list of its nodes in depth-first order with the
// number of children of each.
func checkTree(children []int64) error {
	const maxDepth = 100
	var open []int64 // how many children the nodes on the way from the root still lack
	for i, n := range children {
		if n < 0 || n > int64(len(children)-i) {
			return errFooterList
		}
		if len(open) > 0 {
			open[len(open)-1]--
		}
		if open = append(open, n); len(open) > maxDepth {
			return errFooterDeep
		}
		for len(open) > 0 && open[len(open)-1] == 0 {
			open = open[:len(open)-1]
		}
	}
	return nil
}

package cabi

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func option(of *ty) *ty { return &ty{kind: "variant", of: []*ty{nil, of}} }

func listOf(of *ty) *ty { return &ty{kind: "list", of: []*ty{of}} }

func record(of ...*ty) *ty { return &ty{kind: "record", of: of} }

func prim(kind string) *ty { return &ty{kind: kind} }

// textAt is where the tests put bytes that are not UTF-8, and listAt where they put a
// list whose one element is there.
const textAt, listAt = 512, 528

// hostile are invalid values of each type: their memory, and their flat values.
var hostile = []struct {
	name string
	of   *ty
	// flat values, of which a value in memory is made of too.
	flat []uint64
}{
	{"surrogate", prim("char"), []uint64{0xd800}},
	{"last surrogate", prim("char"), []uint64{0xdfff}},
	{"beyond Unicode", prim("char"), []uint64{0x110000}},
	{"largest char", prim("char"), []uint64{math.MaxUint32}},
	{"option's case", option(prim("u32")), []uint64{2, 0}},
	{"variant's case", &ty{kind: "variant", of: []*ty{prim("u64"), nil, prim("f32")}}, []uint64{3, 0}},
	{"enum's case", &ty{kind: "variant", of: make([]*ty, 5)}, []uint64{255}},
	{"case in two bytes", &ty{kind: "variant", of: make([]*ty, 300)}, []uint64{300}},
	{"char in an option", option(prim("char")), []uint64{1, 0xd800}},
	{"string out of range", prim("string"), []uint64{1 << 16, 1}},
	{"empty string out of range", prim("string"), []uint64{1<<16 + 1, 0}},
	{"string that wraps", prim("string"), []uint64{math.MaxUint32, 2}},
	{"string too long", prim("string"), []uint64{0, 1 << 28}},
	{"longest string", prim("string"), []uint64{0, math.MaxUint32}},
	{"string that is not UTF-8", prim("string"), []uint64{textAt, 3}},
	{"string that ends within a character", prim("string"), []uint64{textAt + 3, 1}},
	{"list out of range", listOf(prim("u32")), []uint64{1<<16 - 4, 2}},
	{"list misaligned", listOf(prim("u32")), []uint64{2, 1}},
	{"empty list misaligned", listOf(prim("u16")), []uint64{1, 0}},
	{"empty list out of range", listOf(prim("u64")), []uint64{1<<16 + 8, 0}},
	{"length that wraps", listOf(prim("u64")), []uint64{0, 1 << 29}},
	{"list too long", listOf(prim("u8")), []uint64{0, 1 << 28}},
	{"bytes out of range", listOf(prim("u8")), []uint64{1<<16 - 1, 2}},
	{"numbers misaligned", listOf(prim("f64")), []uint64{4, 1}},
	{"strings misaligned", listOf(prim("string")), []uint64{2, 1}},
	{"strings too many", listOf(prim("string")), []uint64{0, 1 << 25}},
	{"a string of a list", listOf(prim("string")), []uint64{listAt, 1}},
	{"list of lists", listOf(listOf(prim("u64"))), []uint64{listAt, 1}},
	{"map", listOf(record(prim("string"), prim("u8"))), []uint64{listAt, 1}},
}

// put writes flat values of a type as memory: what is bad in one is bad in the other.
func (t *ty) put(memory []byte, at uint64, flat []uint64) {
	switch t.kind {
	case "string", "list":
		le.PutUint32(memory[at:], uint32(flat[0]))
		le.PutUint32(memory[at+4:], uint32(flat[1]))
	case "variant":
		switch discriminantSize(len(t.of)) {
		case 1:
			memory[at] = byte(flat[0])
		case 2:
			le.PutUint16(memory[at:], uint16(flat[0]))
		}
		if flat[0] < uint64(len(t.of)) && t.of[flat[0]] != nil {
			t.of[flat[0]].put(memory, at+t.payloadAt(), flat[1:])
		}
	default:
		le.PutUint32(memory[at:], uint32(flat[0]))
	}
}

// Each bad value in each position a value can have is a violation.
func TestHostileValuesInEveryPosition(t *testing.T) {
	in := start(t, "memory")
	memory, ok := in.memory.Read(0, in.memory.Size())
	require.True(t, ok)
	fresh := func() {
		clear(memory)
		copy(memory[textAt:], "\xed\xa0\x80\xc3")
		// As a string not UTF-8, and as a list misaligned.
		le.PutUint32(memory[listAt:], textAt+2)
		le.PutUint32(memory[listAt+4:], 2)
	}
	const area = 1024
	for _, bad := range hostile {
		positions := map[string]struct {
			of   *ty
			put  func(at uint64)
			flat []uint64
		}{
			"itself":          {of: bad.of, put: func(at uint64) { bad.of.put(memory, at, bad.flat) }, flat: bad.flat},
			"field of record": {of: record(prim("u8"), bad.of, prim("u64")), put: func(at uint64) { bad.of.put(memory, at+alignTo(1, bad.of.align()), bad.flat) }, flat: append(append([]uint64{1}, bad.flat...), 2)},
			"payload":         {of: option(bad.of), put: func(at uint64) { memory[at] = 1; bad.of.put(memory, at+option(bad.of).payloadAt(), bad.flat) }, flat: append([]uint64{1}, bad.flat...)},
			"element": {of: listOf(bad.of), put: func(at uint64) {
				le.PutUint32(memory[at:], 2048)
				le.PutUint32(memory[at+4:], 1)
				bad.of.put(memory, 2048, bad.flat)
			}},
			"field of an element": {of: listOf(record(prim("u8"), bad.of)), put: func(at uint64) {
				le.PutUint32(memory[at:], 2048)
				le.PutUint32(memory[at+4:], 1)
				bad.of.put(memory, 2048+alignTo(1, bad.of.align()), bad.flat)
			}},
		}
		for position, p := range positions {
			name := fmt.Sprintf("%s, %s", bad.name, position)
			fresh()
			p.put(area)
			c := in.Call(context.Background(), in.Func("f"))
			in.stack[0] = area
			_ = p.of.cabiLoad(c, c.PopArea(uint32(p.of.size()), uint32(p.of.align())))
			var v *Violation
			require.ErrorAs(t, c.Done(), &v, name)
			compare(t, in, p.of, area, nil)

			flats := p.flat
			if flats == nil { // a list, whose elements are in memory
				flats = []uint64{2048, 1}
			}
			c = in.Call(context.Background(), in.Func("f"))
			copy(in.stack[:], flats)
			_ = p.of.cabiPop(c)
			require.ErrorAs(t, c.Done(), &v, name)
			compare(t, in, p.of, 0, flats)
		}
	}
}

// What looks odd but is allowed: the upper bits of small values, the bits of no flag,
// what is behind a short case, and bytes of padding.
func TestWhatIsIgnored(t *testing.T) {
	in := start(t, "memory")
	pop := func(of *ty, flats ...uint64) any {
		c := in.Call(context.Background(), in.Func("f"))
		copy(in.stack[:], flats)
		v := of.cabiPop(c)
		require.NoError(t, c.Done())
		compare(t, in, of, 0, flats)
		return v
	}
	const junk = 0xdeadbeef_00000000
	assert.Equal(t, true, pop(prim("bool"), 2|junk))
	assert.Equal(t, false, pop(prim("bool"), junk))
	assert.Equal(t, uint64(1), pop(prim("u8"), 0xf01|junk))
	assert.Equal(t, int64(-1), pop(prim("s8"), 0xff|junk))
	assert.Equal(t, uint64(0xffff), pop(prim("u16"), 0xffffffff|junk))
	assert.Equal(t, int64(-1), pop(prim("s16"), 0xffffff|junk))
	assert.Equal(t, int64(-1), pop(prim("s32"), 0xffffffff|junk))
	assert.Equal(t, 'a', pop(prim("char"), 'a'|junk))
	assert.Equal(t, []bool{true, false}, pop(&ty{kind: "flags", labels: 2}, 0xfffffffd|junk))
	assert.Equal(t, "", pop(prim("string"), 8|junk, junk))
	mixed := &ty{kind: "variant", of: []*ty{prim("f32"), prim("u64"), prim("u16"), nil}}
	assert.Equal(t, VariantValue{0, uint64(0x40490fdb)}, pop(mixed, junk, 0xffffffff40490fdb))
	assert.Equal(t, VariantValue{1, uint64(0xfedcba9876543210)}, pop(mixed, 1, 0xfedcba9876543210))
	assert.Equal(t, VariantValue{2, uint64(4)}, pop(mixed, 2, 0xffff0004|junk))
	assert.Equal(t, VariantValue{Index: 3}, pop(mixed, 3, math.MaxUint64))

	memory, _ := in.memory.Read(0, in.memory.Size())
	copy(memory[1024:], bytes.Repeat([]byte{0xff}, 64))
	memory[1024] = 0
	compare(t, in, option(prim("char")), 1024, nil)
	compare(t, in, record(prim("bool"), prim("u64"), &ty{kind: "flags", labels: 9}), 1024, nil)
}

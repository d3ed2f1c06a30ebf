package symbols

import (
	"bytes"
	"debug/dwarf"
	"encoding/binary"
	"fmt"
)

// Package dwarf trusts what it reads: it allocates by counts that the file gives, and follows
// lists for as long as they are. What could take it unlimited time or memory is counted or
// refused here first.

// spend subtracts work from what reading may take.
func (x *index) spend(work int) error {
	if x.left -= work; x.left < 0 {
		return fmt.Errorf("%w for the length of the entries", errTooMuch)
	}
	return nil
}

// fieldsOf returns the work of reading an entry.
func fieldsOf(entry *dwarf.Entry) int {
	work := 1 + len(entry.Field)
	for i := range entry.Field {
		switch value := entry.Field[i].Val.(type) {
		case string:
			work += len(value) / 16
		case []byte:
			work += len(value) / 16
		}
	}
	return work
}

// addressSize is the number of bytes of an address.
const addressSize = 4

// checkUnits checks the headers of units, on which the size of everything else depends.
func checkUnits(info []byte) error {
	for at := 0; at < len(info); {
		c := cursor{rest: info[at:]}
		length := c.uint32()
		if length == 1<<32-1 {
			return fmt.Errorf("%w: the unit at %#x has 64-bit lengths", errDWARF, at)
		}
		if version := c.uint16(); version >= 5 {
			c.skip(1) // the unit's type
		} else {
			c.skip(4) // where its forms are
		}
		if size := c.byte(); !c.failed && size != addressSize {
			return fmt.Errorf("%w: the unit at %#x has addresses of %d bytes", errDWARF, at, size)
		}
		at += 4 + int(length)
	}
	return nil
}

// rangesOf returns the work of reading the ranges of an entry.
func (x *index) rangesOf(entry *dwarf.Entry) int {
	var at uint64
	switch value := entry.Val(dwarf.AttrRanges).(type) {
	case int64:
		at = uint64(value)
	case uint64:
		at = value
	default:
		return 1
	}
	// Which section it is depends on the unit's version.
	return x.rangeList(x.debug[".debug_ranges"], at, pair) + x.rangeList(x.debug[".debug_rnglists"], at, listed)
}

// rangeList counts the elements of a list, up to what is left.
func (x *index) rangeList(section []byte, at uint64, next func(*cursor) bool) int {
	if at >= uint64(len(section)) {
		return 1
	}
	c := cursor{rest: section[at:]}
	work := 1
	for work <= x.left && next(&c) && !c.failed {
		work++
	}
	return work
}

// pair reads an element of a list of version 4 (section 2.17.3), and reports whether others
// follow.
func pair(c *cursor) bool {
	low, high := c.uint32(), c.uint32()
	return low != 0 || high != 0
}

// listed reads an element of a list of version 5 (section 2.17.3), and reports whether
// others follow.
func listed(c *cursor) bool {
	const (
		endOfList = iota
		baseAddressIndex
		startIndexEndIndex
		startIndexLength
		offsetPair
		baseAddress
		startEnd
		startLength
	)
	switch c.byte() {
	case endOfList:
		return false
	case baseAddressIndex:
		c.uvarint()
	case startIndexEndIndex, startIndexLength, offsetPair:
		c.uvarint()
		c.uvarint()
	case baseAddress:
		c.skip(addressSize)
	case startEnd:
		c.skip(2 * addressSize)
	case startLength:
		c.skip(addressSize)
		c.uvarint()
	}
	return true
}

// maxPaths bounds the bytes of the paths of a unit's files, each with its directory. No unit is
// read after those with as many together.
const maxPaths = 1 << 28

// hasHonestHeader reports whether the header of a unit's lines has as many directories and
// files as it says (section 6.2.4), and paths that fit in memory.
func (x *index) hasHonestHeader(unit *dwarf.Entry) bool {
	lines := x.debug[".debug_line"]
	at, ok := unit.Val(dwarf.AttrStmtList).(int64)
	if !ok || at < 0 || at >= int64(len(lines)) {
		return true // package dwarf refuses it
	}
	c := cursor{rest: lines[at:]}
	length := c.uint32()
	if length == 1<<32-1 {
		return false // 64-bit lengths
	}
	c.rest = c.rest[:min(uint64(length), uint64(len(c.rest)))]
	version := c.uint16()
	if version >= 5 {
		c.skip(2) // sizes
	}
	c.skip(4 + 1) // lengths
	if version >= 4 {
		c.skip(1)
	}
	c.skip(3)
	c.skip(int(c.byte()) - 1) // the lengths of opcodes
	directory, _ := unit.Val(dwarf.AttrCompDir).(string)
	paths := table{longest: len(directory)}
	if version < 5 {
		directories := c.strings(func() {})
		files := c.strings(func() { c.uvarint(); c.uvarint(); c.uvarint() })
		paths.add(directories.longest, 0)
		paths.add(files.longest, files.count+definitions(c.rest))
	} else {
		for range 2 { // directories, files
			paths.add(c.formed(max(x.longestString, x.longestPath)))
		}
	}
	return !c.failed && (paths.count == 0 || paths.longest <= maxPaths/paths.count)
}

// definitions returns the max number of files that a program defines, with the opcode 0, a
// length and 3.
func definitions(program []byte) (count int) {
	for at, b := range program {
		if b != 0 {
			continue
		}
		c := cursor{rest: program[at+1 : min(at+12, len(program))]}
		c.uvarint()
		if c.byte() == 3 || c.failed {
			count++
		}
	}
	return count
}

// A table is of directories or files.
type table struct {
	longest, count int
}

// add adds a part of the paths: what they consist of is as long as its parts together.
func (t *table) add(longest, count int) {
	t.longest += longest
	t.count += count
}

// strings reads a table of version 4 and before, which ends with an empty string.
func (c *cursor) strings(after func()) (t table) {
	for {
		n := len(c.string())
		if n == 0 {
			return t
		}
		after()
		t.longest, t.count = max(t.longest, n), t.count+1
	}
}

// formed reads a table of version 5. The strings of other sections have up to elsewhere bytes.
func (c *cursor) formed(elsewhere int) (longest, count int) {
	forms := make([]uint64, c.byte())
	for i := range forms {
		c.uvarint() // what it says
		forms[i] = c.uvarint()
	}
	entries := c.uvarint()
	c.failed = c.failed || len(forms) == 0 && entries > 0
	for ; entries > 0 && !c.failed; entries-- {
		for _, form := range forms {
			longest = max(longest, c.form(form, elsewhere))
		}
		count++
	}
	return longest, count
}

// cursor reads a section. What is beyond its end is zero, and it has failed.
type cursor struct {
	rest   []byte
	failed bool
}

func (c *cursor) skip(n int) []byte {
	if n < 0 || n > len(c.rest) {
		c.rest, c.failed = nil, true
		return nil
	}
	skipped := c.rest[:n]
	c.rest = c.rest[n:]
	return skipped
}

func (c *cursor) byte() byte {
	if b := c.skip(1); b != nil {
		return b[0]
	}
	return 0
}

func (c *cursor) uint16() uint16 {
	if b := c.skip(2); b != nil {
		return binary.LittleEndian.Uint16(b)
	}
	return 0
}

func (c *cursor) uint32() uint32 {
	if b := c.skip(4); b != nil {
		return binary.LittleEndian.Uint32(b)
	}
	return 0
}

// uvarint reads a LEB128, of as many bytes as it has.
func (c *cursor) uvarint() (value uint64) {
	for shift := 0; ; shift += 7 {
		b := c.byte()
		value |= uint64(b&0x7f) << shift
		if b < 0x80 {
			return value
		}
	}
}

// string reads a string that ends with a zero.
func (c *cursor) string() []byte {
	text := c.skip(bytes.IndexByte(c.rest, 0))
	c.skip(1)
	return text
}

// form passes over a value of a form that line tables may have, and returns the max length of
// a string. Each value has a byte or more.
func (c *cursor) form(form uint64, elsewhere int) (length int) {
	const (
		data2 = iota + 0x05
		data4
		data8
		inlineString
		block
		data1   = 0x0b
		strp    = 0x0e
		udata   = 0x0f
		strx    = 0x1a
		data16  = 0x1e
		lineStr = 0x1f
	)
	switch form {
	case data1:
		c.skip(1)
	case data2:
		c.skip(2)
	case data4:
		c.skip(4)
	case data8:
		c.skip(8)
	case data16:
		c.skip(16)
	case udata, strx:
		c.uvarint()
	case block:
		c.skip(int(min(c.uvarint(), 1<<31)))
	case inlineString:
		return len(c.string())
	case strp, lineStr:
		c.skip(4)
		return elsewhere
	default:
		c.failed = true
	}
	return 0
}

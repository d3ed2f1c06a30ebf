package cabi

import (
	"math"
	"unicode/utf8"
	"unsafe"

	"example.org/compute-pipeline/gohost/internal/text"
)

// PopString pops a string.
func (c *Call) PopString() string {
	ptr, n := uint32(c.pop()), uint32(c.pop())
	return c.liftText(ptr, n)
}

// LoadString reads a string.
func (c *Call) LoadString(at uint32) string { return c.liftText(c.LoadU32(at), c.LoadU32(at+4)) }

// PushString pushes a string, which must be UTF-8.
func (c *Call) PushString(s string) {
	ptr := c.lowerText(s)
	c.push(uint64(ptr))
	c.push(uint64(len(s)))
}

// StoreString writes a string, which must be UTF-8.
func (c *Call) StoreString(at uint32, s string) { c.header(at, c.lowerText(s), len(s)) }

// PopStrings pops a list<string> and appends it to dst. The strings share memory.
func (c *Call) PopStrings(dst []string) []string {
	ptr, n := uint32(c.pop()), uint32(c.pop())
	return c.appendStrings(dst, ptr, n)
}

// LoadStrings reads a list<string> and appends it to dst. The strings share memory.
func (c *Call) LoadStrings(at uint32, dst []string) []string {
	return c.appendStrings(dst, c.LoadU32(at), c.LoadU32(at+4))
}

// PushStrings pushes a list<string>.
func (c *Call) PushStrings(list []string) {
	ptr := c.lowerStrings(list)
	c.push(uint64(ptr))
	c.push(uint64(len(list)))
}

// StoreStrings writes a list<string>.
func (c *Call) StoreStrings(at uint32, list []string) {
	c.header(at, c.lowerStrings(list), len(list))
}

func (c *Call) liftText(ptr, n uint32) string {
	if _, ok := c.elements("a string", ptr, n, 1, 1); !ok || n == 0 || !c.Heap(int(n)) {
		return ""
	}
	s := make([]byte, n)
	if !copyIn(c, s, c.mem[ptr:][:n]) || !c.valid(s) {
		return ""
	}
	return unsafe.String(unsafe.SliceData(s), n)
}

// LoadBeginning reads the first max bytes of a string, or fewer to end between two
// characters, and the size of the whole string. It checks only what it returns to be
// UTF-8. It is for a message that a guest may make as long as it likes.
func (c *Call) LoadBeginning(at uint32, max int) (beginning string, size int) {
	ptr, n := c.LoadU32(at), c.LoadU32(at+4)
	if _, ok := c.elements("a string", ptr, n, 1, 1); !ok {
		return "", 0
	}
	s := text.Beginning(c.mem[ptr:][:n], max)
	if !c.Heap(len(s)) || !c.valid(s) {
		return "", 0
	}
	return string(s), int(n)
}

// valid checks that a string that was lifted is UTF-8.
func (c *Call) valid(s []byte) bool {
	if len(s) <= pieceSize && utf8.Valid(s) || validPieces(c, s) {
		return true
	}
	if c.err == nil {
		c.Fail(violation("a string is not UTF-8: % x", s[:min(len(s), 16)]))
	}
	return false
}

// validPieces reports whether s is UTF-8. Between pieces the call may end.
func validPieces[T string | []byte](c *Call, s T) bool {
	for len(s) > 0 {
		piece := text.Beginning(s, pieceSize)
		if !c.spend(1+len(piece)/bytesPerUnit) || !utf8.ValidString(string(piece)) {
			return false
		}
		s = s[len(piece):]
	}
	return true
}

// appendStrings lifts a list in two passes: the first adds up the lengths, so that
// the second copies all strings into one allocation.
func (c *Call) appendStrings(dst []string, ptr, n uint32) []string {
	if _, ok := c.elements("a list", ptr, n, listSize, listAlign); !ok || n == 0 {
		return dst
	}
	total := 0
	for i := range n {
		if i%atOnce == 0 && !c.spend(int(min(n-i, atOnce))) {
			return dst
		}
		header := c.mem[ptr+i*listSize:][:listSize]
		size, ok := c.elements("a string", le.Uint32(header), le.Uint32(header[4:]), 1, 1)
		if !ok {
			return dst
		}
		if total += size; total < 0 {
			total = math.MaxInt // of a 32-bit machine
		}
	}
	grown, ok := grow(c, dst, int(n))
	if !ok || !c.Heap(total) {
		return dst
	}
	room := make([]byte, 0, total)
	for i := range n {
		header := c.mem[ptr+i*listSize:][:listSize]
		at, size := le.Uint32(header), le.Uint32(header[4:])
		start := len(room)
		s := room[start : start+int(size)]
		if !copyIn(c, s, c.mem[at:][:size]) || !c.valid(s) {
			return dst
		}
		room = room[:start+int(size)]
		grown[len(dst)+int(i)] = unsafe.String(unsafe.SliceData(s), len(s))
	}
	return grown
}

func (c *Call) lowerText(s string) uint32 {
	if c.err == nil && !validPieces(c, s) && c.err == nil {
		c.Invalid("a string is not UTF-8: % x", s[:min(len(s), 16)])
	}
	return storeText(c, s)
}

func (c *Call) lowerStrings(list []string) uint32 {
	ptr := c.room(len(list), listSize, listAlign)
	for i, s := range list {
		if c.err != nil {
			return 0
		}
		c.StoreString(ptr+uint32(i)*listSize, s)
	}
	return ptr
}

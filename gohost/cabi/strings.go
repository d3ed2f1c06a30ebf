package cabi

import (
	"math"
	"unicode/utf8"
	"unsafe"

	"example.org/compute-pipeline/gohost/internal/text"
)

// PopString pops a string.
func (c *Call) PopString() string {
	ptr, n := c.popRange()
	return c.liftText(ptr, n)
}

// LoadString reads a string.
func (c *Call) LoadString(at uint32) string { return c.liftText(c.LoadU32(at), c.LoadU32(at+4)) }

// PushString pushes a string, which must be UTF-8.
func (c *Call) PushString(s string) {
	c.pushRange(c.lowerText(s), len(s))
}

// StoreString writes a string, which must be UTF-8.
func (c *Call) StoreString(at uint32, s string) { c.header(at, c.lowerText(s), len(s)) }

// PopStrings pops a list<string> and appends it to dst. The strings share memory.
func (c *Call) PopStrings(dst []string) []string {
	ptr, n := c.popRange()
	return c.appendStrings(dst, ptr, n)
}

// LoadStrings reads a list<string> and appends it to dst. The strings share memory.
func (c *Call) LoadStrings(at uint32, dst []string) []string {
	return c.appendStrings(dst, c.LoadU32(at), c.LoadU32(at+4))
}

// PushStrings pushes a list<string>.
func (c *Call) PushStrings(list []string) {
	c.pushRange(c.lowerStrings(list), len(list))
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
	if len(s) <= pieceSize && utf8.Valid(s) || validPieces(c, unsafe.String(unsafe.SliceData(s), len(s))) {
		return true
	}
	if c.err == nil {
		c.Fail(violation("a string is not UTF-8: % x", s[:min(len(s), 16)]))
	}
	return false
}

// validPieces reports whether s is UTF-8. Between pieces the call may end.
func validPieces(c *Call, s string) bool {
	for len(s) > 0 {
		piece := text.Beginning(s, pieceSize)
		if !c.spend(1+len(piece)/bytesPerUnit) || !utf8.ValidString(piece) {
			return false
		}
		s = s[len(piece):]
	}
	return true
}

// stringsAtOnce is how many strings are checked to be ASCII together.
const stringsAtOnce = 64

// appendStrings lifts a list in two passes: the first adds up the lengths, so that
// the second copies all strings into one allocation.
func (c *Call) appendStrings(dst []string, ptr, n uint32) []string {
	if _, ok := c.elements("a list", ptr, n, listSize, listAlign); !ok || n == 0 {
		return dst
	}
	headers := c.mem[ptr:][:int(n)*listSize]
	total, ok := c.totalLength(headers)
	if !ok {
		return dst
	}
	grown, ok := grow(c, dst, int(n))
	if !ok || !c.Heap(total) {
		return dst
	}
	room := make([]byte, 0, total)
	for list := grown[len(dst):]; len(list) > 0; {
		most := min(len(list), stringsAtOnce)
		if room, ok = c.liftTexts(list[:most], headers, room); !ok {
			return dst
		}
		list, headers = list[most:], headers[most*listSize:]
	}
	return grown
}

// totalLength checks where the strings of a list are, and returns the sum of their
// lengths.
func (c *Call) totalLength(headers []byte) (total int, ok bool) {
	for at := 0; at < len(headers); at += listSize {
		if at%(atOnce*listSize) == 0 && !c.spend(min((len(headers)-at)/listSize, atOnce)) {
			return 0, false
		}
		ptr, n := le.Uint32(headers[at:]), le.Uint32(headers[at+4:])
		if n > MaxByteLength || uint64(ptr)+uint64(n) > uint64(len(c.mem)) {
			return c.elements("a string", ptr, n, 1, 1)
		}
		if total += int(n); total < 0 {
			total = math.MaxInt // of a 32-bit machine
		}
	}
	return total, true
}

// liftTexts appends the texts of strings to room, and makes list the strings.
func (c *Call) liftTexts(list []string, headers, room []byte) ([]byte, bool) {
	begin, units := len(room), 0
	for i := range list {
		ptr, n := le.Uint32(headers[i*listSize:]), le.Uint32(headers[i*listSize+4:])
		start := len(room)
		s := room[start : start+int(n)]
		if n > pieceSize {
			if !copyIn(c, s, c.mem[ptr:][:n]) {
				return nil, false
			}
		} else {
			copy(s, c.mem[ptr:][:n])
			if units += 1 + int(n)/bytesPerUnit; units >= atOnce {
				if !c.spend(units) {
					return nil, false
				}
				units = 0
			}
		}
		room = room[:start+int(n)]
		list[i] = unsafe.String(unsafe.SliceData(s), len(s))
	}
	if !c.spend(units) {
		return nil, false
	}
	if isASCII(room[begin:]) {
		return room, true
	}
	// One by one: a character that is cut into two strings is invalid in both.
	for _, s := range list {
		if !c.spend(1+len(s)/bytesPerUnit) || !c.valid(unsafe.Slice(unsafe.StringData(s), len(s))) {
			return nil, false
		}
	}
	return room, true
}

func isASCII(s []byte) bool {
	const high = 0x8080808080808080
	for ; len(s) >= 16; s = s[16:] {
		if (le.Uint64(s)|le.Uint64(s[8:]))&high != 0 {
			return false
		}
	}
	all := byte(0)
	for _, b := range s {
		all |= b
	}
	return all < utf8.RuneSelf
}

func (c *Call) lowerText(s string) uint32 {
	if c.err == nil && !validPieces(c, s) && c.err == nil {
		c.notUTF8(s)
	}
	return storeText(c, s)
}

// notUTF8 fails the call because of a string of the program.
func (c *Call) notUTF8(s string) {
	c.Invalid("a string is not UTF-8: % x", s[:min(len(s), 16)])
}

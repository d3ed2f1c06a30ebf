package cabi

import (
	"math"
	"math/bits"
	"slices"
)

// PopBytes pops a list<u8> and appends it to dst.
func (c *Call) PopBytes(dst []byte) []byte {
	ptr, n := c.popRange()
	return c.appendRange(dst, ptr, n)
}

// LoadBytes reads a list<u8> and appends it to dst.
func (c *Call) LoadBytes(at uint32, dst []byte) []byte {
	return c.appendRange(dst, c.LoadU32(at), c.LoadU32(at+4))
}

// PushBytes pushes a list<u8>.
func (c *Call) PushBytes(data []byte) {
	c.pushRange(storeText(c, data), len(data))
}

// PushJoined pushes a list<u8> of several pieces, one behind the other.
func (c *Call) PushJoined(pieces ...[]byte) {
	size := 0
	for _, piece := range pieces {
		size += len(piece)
	}
	ptr := c.room(size, 1, 1)
	to := ptr
	for _, piece := range pieces {
		if c.err != nil || !copyIn(c, c.mem[to:], piece) {
			break
		}
		to += uint32(len(piece))
	}
	c.pushRange(ptr, size)
}

// StoreBytes writes a list<u8>.
func (c *Call) StoreBytes(at uint32, data []byte) {
	c.header(at, storeText(c, data), len(data))
}

func (c *Call) appendRange(dst []byte, ptr, n uint32) []byte {
	if _, ok := c.elements("a list", ptr, n, 1, 1); !ok {
		return dst
	}
	grown, ok := grow(c, dst, int(n))
	if !ok || !copyIn(c, grown[len(dst):], c.mem[ptr:][:n]) {
		return dst
	}
	return grown
}

// storeText copies data into room of its own, and returns the address.
func storeText[T string | []byte](c *Call, data T) uint32 {
	ptr := c.room(len(data), 1, 1)
	if c.err != nil || !copyIn(c, c.mem[ptr:], data) {
		return 0
	}
	return ptr
}

// copyIn copies src to the beginning of dst, in pieces between which the call may
// end, and reports whether all of it was copied.
func copyIn[T string | []byte](c *Call, dst []byte, src T) bool {
	for len(src) > pieceSize {
		if !c.spend(atOnce) {
			return false
		}
		copy(dst, src[:pieceSize])
		dst, src = dst[pieceSize:], src[pieceSize:]
	}
	if !c.spend(1 + len(src)/bytesPerUnit) {
		return false
	}
	copy(dst, src)
	return true
}

// product multiplies, up to the largest int: of a 32-bit machine that is soon reached.
func product(a, b int) int {
	if high, p := bits.Mul64(uint64(a), uint64(b)); high == 0 && p < math.MaxInt {
		return int(p)
	}
	return math.MaxInt
}

// grow returns dst with n more elements of unspecified content, or dst and false
// after an error. It counts the memory before it allocates it.
func grow[E any](c *Call, dst []E, n int) ([]E, bool) {
	start, whole, size := len(dst), len(dst)+n, sizeOf[E]()
	if whole <= cap(dst) {
		return dst[:whole], c.err == nil
	}
	if !c.Heap(product(n, size)) {
		return dst, false
	}
	if whole*size <= pieceSize {
		if cap(dst) == 0 {
			return make([]E, whole), true
		}
		return slices.Grow(dst, n)[:whole], true
	}
	if !c.look() {
		return dst, false
	}
	room := whole
	if start > 0 {
		// Repeated appending takes linear time, as it does with append.
		room = max(room, start+start/4)
	}
	// Unlike append, make clears memory in pieces, between which the collector can
	// stop the goroutine.
	grown := make([]E, whole, room)
	for from := 0; from < start; {
		to := min(from+pieceSize/size, start)
		if !c.spend(atOnce) {
			return dst, false
		}
		copy(grown[from:to], dst[from:to])
		from = to
	}
	return grown, true
}

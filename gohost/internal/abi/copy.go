package abi

import (
	"slices"
	"unsafe"

	"example.org/compute-pipeline/gohost/internal/fuel"
)

const (
	// step is how many bytes are moved until the host looks whether the call
	// must end: some 0.1 ms of copying, or 0.5 ms into memory that is new.
	step = 1 << 20
	// uncounted is how large a result may be of which [Instance.Reserve] is not
	// told, so that small calls share no counter.
	uncounted = 64 << 10
)

// look stops the call where it must end.
func (c *Call) look() bool {
	if c.err == nil {
		c.err = fuel.Check(c.ctx)
	}
	return c.err == nil
}

// steps has move work on n elements of size bytes, a step at a time, and
// reports whether it got to the end of them.
func (c *Call) steps(n, size int, move func(from, to int)) bool {
	for from, most := 0, step/size; ; from += most {
		to := min(from+most, n)
		move(from, to)
		if to == n {
			return true
		}
		if !c.look() {
			return false
		}
	}
}

// grow returns dst with n more elements, whose contents are anything, or dst
// and false after an error.
func grow[E any](c *Call, dst []E, n int) ([]E, bool) {
	if c.err != nil {
		return dst, false
	}
	start, whole, size := len(dst), len(dst)+n, int(unsafe.Sizeof(*new(E)))
	if whole <= cap(dst) {
		return dst[:whole], true
	}
	if n*size > uncounted && c.in.Reserve != nil {
		if err := c.in.Reserve(n * size); err != nil {
			c.fail(err)
			return dst, false
		}
	}
	if whole*size <= step {
		return slices.Grow(dst, n)[:whole], true
	}
	if !c.look() {
		return dst, false
	}
	room := whole
	if start > 0 {
		// Appending again and again takes linear time, as it does with append.
		room = max(room, start+start/4)
	}
	// Unlike append, make clears memory in pieces that the collector can stop.
	grown := make([]E, whole, room)
	if !c.steps(start, size, func(from, to int) { copy(grown[from:to], dst[from:to]) }) {
		return dst, false
	}
	return grown, true
}

// appendBytes appends a list to dst, once check has said that it may have that
// many bytes.
func (c *Call) appendBytes(dst, list []byte, check func(n int) error) []byte {
	c.check(check, len(list))
	grown, ok := grow(c, dst, len(list))
	if !ok || !c.steps(len(list), 1, func(from, to int) { copy(grown[len(dst)+from:], list[from:to]) }) {
		return dst
	}
	return grown
}

// check fails the call where a list must not have n elements.
func (c *Call) check(check func(n int) error, n int) {
	if c.err == nil && check != nil {
		c.err = check(n)
	}
}

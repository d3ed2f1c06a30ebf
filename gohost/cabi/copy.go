package cabi

import (
	"slices"
	"unsafe"

	"example.org/compute-pipeline/gohost/internal/fuel"
)

const (
	// step is how many bytes are copied between two checks whether the call must
	// end: about 0.1 ms, or 0.5 ms into fresh memory.
	step = 1 << 20
	// small is the max size of a list that is lifted without [Instance.Reserve],
	// so that small calls share no counter.
	small = 64 << 10
)

// look reports whether the call may go on, and fails it otherwise.
func (c *Call) look() bool {
	if c.err == nil {
		c.err = fuel.Check(c.ctx)
	}
	return c.err == nil
}

// steps calls move for n elements of size bytes, one step at a time, and reports
// whether all were moved.
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

// grow returns dst with n more elements of unspecified content, or dst and false
// after an error.
func grow[E any](c *Call, dst []E, n int) ([]E, bool) {
	start, whole, size := len(dst), len(dst)+n, int(unsafe.Sizeof(*new(E)))
	if whole <= cap(dst) {
		return dst[:whole], true
	}
	if c.in.Reserve != nil {
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
		// Repeated appending takes linear time, as it does with append.
		room = max(room, start+start/4)
	}
	// Unlike append, make clears memory in pieces, between which the collector can
	// stop the goroutine.
	grown := make([]E, whole, room)
	if !c.steps(start, size, func(from, to int) { copy(grown[from:to], dst[from:to]) }) {
		return dst, false
	}
	return grown, true
}

// appendBytes appends a list to dst if check accepts its length.
func (c *Call) appendBytes(dst, list []byte, check func(n int) error) []byte {
	if !c.allowed(check, len(list)) {
		return dst
	}
	if len(list) <= small {
		return append(dst, list...)
	}
	grown, ok := grow(c, dst, len(list))
	if !ok || !c.copyIn(grown[len(dst):], list) {
		return dst
	}
	return grown
}

// appendDatapoints does the same for points.
func appendDatapoints[P Datapoint](c *Call, dst []P, list []byte, check func(n int) error) []P {
	start, n := len(dst), len(list)/datapointSize
	if !c.allowed(check, n) {
		return dst
	}
	if len(list) <= small {
		dst = slices.Grow(dst, n)[:start+n]
		loadDatapoints(dst[start:], list)
		return dst
	}
	grown, ok := grow(c, dst, n)
	if !ok || !c.steps(n, datapointSize, func(from, to int) {
		loadDatapoints(grown[start+from:start+to], list[from*datapointSize:])
	}) {
		return dst
	}
	return grown
}

// copyIn copies src to dst, and reports whether all of it was copied.
func (c *Call) copyIn(dst, src []byte) bool {
	if len(src) <= step { // without the closure, which would slow down a small call
		copy(dst, src)
		return true
	}
	return c.steps(len(src), 1, func(from, to int) { copy(dst[from:], src[from:to]) })
}

// storeSteps writes points to guest memory, and reports whether all were written.
func storeSteps[P Datapoint](c *Call, guest []byte, points []P) bool {
	return c.steps(len(points), datapointSize, func(from, to int) {
		storeDatapoints(guest[from*datapointSize:], points[from:to])
	})
}

// allowed reports whether a list may have n elements, and fails the call
// otherwise.
func (c *Call) allowed(check func(n int) error, n int) bool {
	if c.err == nil && check != nil {
		c.err = check(n)
	}
	return c.err == nil
}

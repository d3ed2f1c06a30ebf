package cabi

import "slices"

const (
	step  = pieceSize
	small = free
)

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

// appendBytes appends a list to dst if check accepts its length.
func (c *Call) appendBytes(dst, list []byte, check func(n int) error) []byte {
	if !c.allowed(check, len(list)) {
		return dst
	}
	if len(list) <= small {
		return append(dst, list...)
	}
	grown, ok := grow(c, dst, len(list))
	if !ok || !copyIn(c, grown[len(dst):], list) {
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
		if err := check(n); err != nil {
			c.Fail(err)
		}
	}
	return c.err == nil
}

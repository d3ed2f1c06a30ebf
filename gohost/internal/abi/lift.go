package abi

import (
	"slices"
	"unicode/utf8"
)

// LiftBool lifts a bool: false is 0, any other number true.
func (c *Call) LiftBool() bool {
	return c.err == nil && c.ret() != 0
}

// LiftBytes appends a list<u8> to dst.
func (c *Call) LiftBytes(dst []byte) []byte {
	return append(dst, c.list(1, 1)...)
}

// LiftF64s lifts a list<f64> into dst and returns its length, which may be
// more than dst holds.
func (c *Call) LiftF64s(dst []float64) int {
	list := c.list(f64Size, f64Size)
	n := len(list) / f64Size
	for i := range min(n, len(dst)) {
		dst[i] = loadF64(list[i*f64Size:])
	}
	return n
}

// LiftResultBytes lifts a result<list<u8>, string>: it appends the list to
// dst, or returns the message with isErr set.
func (c *Call) LiftResultBytes(dst []byte) (_ []byte, message string, isErr bool) {
	payload, message, isErr := c.result(listSize, listAlign)
	if payload == nil {
		return dst, message, isErr
	}
	list, err := c.in.listView("the result's list", payload, 1, 1)
	if err != nil {
		c.fail(err)
		return dst, "", false
	}
	return append(dst, list...), "", false
}

// LiftResultDatapoints lifts a result<list<datapoint>, string>: it appends the
// list to dst, or returns the message with isErr set.
func LiftResultDatapoints[P Datapoint](c *Call, dst []P) (_ []P, message string, isErr bool) {
	payload, message, isErr := c.result(listSize, listAlign)
	if payload == nil {
		return dst, message, isErr
	}
	list, err := c.in.listView("the result's list", payload, DatapointSize, datapointAlign)
	if err != nil {
		c.fail(err)
		return dst, "", false
	}
	start := len(dst)
	dst = slices.Grow(dst, len(list)/DatapointSize)[:start+len(list)/DatapointSize]
	loadDatapoints(dst[start:], list)
	return dst, "", false
}

// LiftResultStatistics lifts a result<statistics, string>.
func (c *Call) LiftResultStatistics() (_ Statistics, message string, isErr bool) {
	payload, message, isErr := c.result(statisticsSize, statisticsAlign)
	if payload == nil {
		return Statistics{}, message, isErr
	}
	return loadStatistics(payload), "", false
}

// list is the memory of the list that the function returned.
func (c *Call) list(elemSize, elemAlign uint32) []byte {
	if c.err != nil {
		return nil
	}
	header, err := c.in.view("the result", c.ret(), listSize, listAlign)
	if err != nil {
		c.fail(err)
		return nil
	}
	list, err := c.in.listView("the result's list", header, elemSize, elemAlign)
	if err != nil {
		c.fail(err)
		return nil
	}
	return list
}

// result reads the discriminant of a returned result<T, string> with a T of
// the given size and alignment. It returns the memory of T, or else the
// error's message and true; neither after an ABI error.
func (c *Call) result(size, align uint32) (payload []byte, message string, isErr bool) {
	if c.err != nil {
		return nil, "", false
	}
	// Both payloads start where the stricter alignment of the two lets them.
	at := max(align, listAlign)
	whole, err := c.in.view("the result", c.ret(), uint64(at)+uint64(max(size, listSize)), at)
	if err != nil {
		c.fail(err)
		return nil, "", false
	}
	switch d := whole[0]; d {
	case discriminantOk:
		return whole[at:][:size], "", false
	case discriminantErr:
		text, err := c.in.listView("the error's message", whole[at:], 1, 1)
		if err != nil {
			c.fail(err)
			return nil, "", false
		}
		if !utf8.Valid(text) {
			c.fail(violation("the error's message is not UTF-8: % x", text[:min(len(text), 16)]))
			return nil, "", false
		}
		return nil, string(text), true
	default:
		c.fail(violation("the result's discriminant is %d, not 0 or 1", d))
		return nil, "", false
	}
}

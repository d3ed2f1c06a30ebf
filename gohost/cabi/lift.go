package cabi

import (
	"encoding/binary"
	"unicode/utf8"

	"example.org/compute-pipeline/gohost/internal/text"
)

// Message is the string of a result<T, string>.
type Message struct {
	// Text is the string, or the first [text.MaxMessage] bytes of a longer one,
	// up to the end of a character. Only these are checked to be UTF-8: the rest
	// is never returned, and checking it would take as long as the guest likes.
	Text string
	// Size is the string's size in the guest, in bytes.
	Size int
}

// LiftBool lifts a bool: false is 0, any other number true.
func (c *Call) LiftBool() bool {
	return c.err == nil && uint32(c.in.stack[0]) != 0
}

// LiftBytes appends a list<u8> to dst. Here and below check, unless it is nil, is
// called with the number of elements in the list's header before memory is
// allocated for them; its error becomes the call's error.
func (c *Call) LiftBytes(dst []byte, check func(n int) error) []byte {
	return c.appendBytes(dst, c.list(1, 1), check)
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
func (c *Call) LiftResultBytes(dst []byte, check func(n int) error) (_ []byte, message Message, isErr bool) {
	payload, message, isErr := c.result(listSize, listAlign)
	if payload == nil {
		return dst, message, isErr
	}
	list, err := c.in.listView("the result's list", payload, 1, 1)
	if err != nil {
		c.Fail(err)
		return dst, Message{}, false
	}
	return c.appendBytes(dst, list, check), Message{}, false
}

// LiftResultDatapoints lifts a result<list<datapoint>, string>: it appends the
// list to dst, or returns the message with isErr set.
func LiftResultDatapoints[P Datapoint](c *Call, dst []P, check func(n int) error) (_ []P, message Message, isErr bool) {
	payload, message, isErr := c.result(listSize, listAlign)
	if payload == nil {
		return dst, message, isErr
	}
	list, err := c.in.listView("the result's list", payload, datapointSize, datapointAlign)
	if err != nil {
		c.Fail(err)
		return dst, Message{}, false
	}
	return appendDatapoints(c, dst, list, check), Message{}, false
}

// LiftResultStatistics lifts a result<statistics, string>.
func (c *Call) LiftResultStatistics() (_ Statistics, message Message, isErr bool) {
	payload, message, isErr := c.result(statisticsSize, statisticsAlign)
	if payload == nil {
		return Statistics{}, message, isErr
	}
	return loadStatistics(payload), Message{}, false
}

// list returns the memory of the list that the function returned.
func (c *Call) list(elemSize, elemAlign uint32) []byte {
	if c.err != nil {
		return nil
	}
	header, err := c.in.view("the result", uint32(c.in.stack[0]), listSize, listAlign)
	if err != nil {
		c.Fail(err)
		return nil
	}
	list, err := c.in.listView("the result's list", header, elemSize, elemAlign)
	if err != nil {
		c.Fail(err)
		return nil
	}
	return list
}

// result reads the discriminant of a returned result<T, string> with a T of
// the given size and alignment. It returns the memory of T, or the error's
// message and true, or neither after an ABI error.
func (c *Call) result(size, align uint32) (payload []byte, message Message, isErr bool) {
	if c.err != nil {
		return nil, Message{}, false
	}
	// Both payloads start at the stricter of the two alignments.
	at := max(align, listAlign)
	whole, err := c.in.view("the result", uint32(c.in.stack[0]), uint64(at)+uint64(max(size, listSize)), at)
	if err != nil {
		c.Fail(err)
		return nil, Message{}, false
	}
	switch d := whole[0]; d {
	case discriminantOk:
		return whole[at:][:size], Message{}, false
	case discriminantErr:
		list, err := c.in.listView("the error's message", whole[at:], 1, 1)
		if err != nil {
			c.Fail(err)
			return nil, Message{}, false
		}
		beginning := text.Beginning(list, text.MaxMessage)
		if !utf8.Valid(beginning) {
			c.Fail(violation("the error's message is not UTF-8: % x", beginning[:min(len(beginning), 16)]))
			return nil, Message{}, false
		}
		return nil, Message{Text: string(beginning), Size: len(list)}, true
	default:
		c.Fail(violation("the result's discriminant is %d, not 0 or 1", d))
		return nil, Message{}, false
	}
}

// view returns the n bytes of guest memory at ptr. It checks alignment, then
// bounds, even if n is 0. The slice is valid until the guest runs again.
func (in *Instance) view(what string, ptr uint32, n uint64, align uint32) ([]byte, error) {
	if ptr%align != 0 {
		return nil, violation("%s at address %d is not aligned to %d", what, ptr, align)
	}
	size := in.MemoryBytes()
	if uint64(ptr)+n > size {
		return nil, violation("%s at address %d with %d bytes is outside of the memory of %d bytes", what, ptr, n, size)
	}
	bytes, ok := in.memory.Read(ptr, uint32(n))
	if !ok {
		return nil, violation("%s at address %d with %d bytes cannot be read", what, ptr, n)
	}
	return bytes, nil
}

// listView returns the memory of the list whose {ptr, len} is in header.
func (in *Instance) listView(what string, header []byte, elemSize, elemAlign uint32) ([]byte, error) {
	ptr := binary.LittleEndian.Uint32(header)
	count := binary.LittleEndian.Uint32(header[4:])
	// In 64 bits: 2^28 elements of 16 bytes would be 0 in 32.
	n := uint64(count) * uint64(elemSize)
	if n > MaxByteLength {
		return nil, violation("%s has %d elements of %d bytes, more than the %d bytes a list may have",
			what, count, elemSize, MaxByteLength)
	}
	return in.view(what, ptr, n, elemAlign)
}

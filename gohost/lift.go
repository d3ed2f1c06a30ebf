package gohost

import (
	"example.org/compute-pipeline/gohost/cabi"
	"example.org/compute-pipeline/gohost/internal/text"
)

// Sizes and alignments of the contract's types in guest memory, in bytes.
const (
	datapointSize, datapointAlign   = 16, 8 // a u64 at 0 and an f64 at 8
	statisticsSize, statisticsAlign = 64, 8
	// A list or string is {ptr: u32, len: u32}.
	listSize, listAlign = 8, 4
	// Those of org:analytics@0.2.0.
	aggregateSize, aggregateAlign     = 32, 8 // a u64 at 0 and three f64
	streamErrorSize, streamErrorAlign = 20, 4 // a discriminant, two u32 and a string
	stateErrorSize, stateErrorAlign   = 24, 8 // a discriminant, and a string or two u64 at 8
)

var datapoints = cabi.NewPlainList(datapointSize, datapointAlign, loadDatapoint, storeDatapoint)

func loadDatapoint(c *cabi.Call, at uint32) Datapoint {
	return Datapoint{Timestamp: c.LoadU64(at), Value: c.LoadF64(at + 8)}
}

func storeDatapoint(c *cabi.Call, at uint32, p Datapoint) {
	c.StoreU64(at, p.Timestamp)
	c.StoreF64(at+8, p.Value)
}

// loadAggregate loads mean, variance and sum.
func loadAggregate(c *cabi.Call, at uint32) Aggregate {
	return Aggregate{Mean: c.LoadF64(at), Variance: c.LoadF64(at + 8), Sum: c.LoadF64(at + 16)}
}

// loadStatistics loads the record of the same name.
func loadStatistics(c *cabi.Call, at uint32) Statistics {
	return Statistics{
		Count: c.LoadU64(at), Mean: c.LoadF64(at + 8), Variance: c.LoadF64(at + 16), Sum: c.LoadF64(at + 24),
		Min: c.LoadF64(at + 32), Max: c.LoadF64(at + 40), First: c.LoadU64(at + 48), Last: c.LoadU64(at + 56),
	}
}

// message is the err of a result<T, string>.
type message struct {
	// text is the string, or the first [text.MaxMessage] bytes of a longer one, up to
	// the end of a character. Only these are checked to be UTF-8: the rest is never
	// returned, and checking it would take as long as the guest likes.
	text string
	// size is the string's size in the guest, in bytes.
	size int
}

// popResult lifts a result<T, string> with a T of size and alignment. It returns the
// address of T, or the message with isErr set.
func popResult(c *cabi.Call, size, align uint32) (at uint32, m message, isErr bool) {
	// Both payloads start at the stricter of the two alignments.
	payload := max(align, listAlign)
	area := c.PopArea(payload+max(size, listSize), payload)
	if c.Discriminant(uint32(c.LoadU8(area)), 2, "the result") == 0 {
		return area + payload, message{}, false
	}
	m.text, m.size = c.LoadBeginning(area+payload, text.MaxMessage)
	if c.Err() != nil {
		return 0, message{}, false
	}
	return 0, m, true
}

// checkLength fails the call if check rejects the length of the list at an address,
// before it is loaded.
func checkLength(c *cabi.Call, at, size, align uint32, check func(n int) error) {
	n := c.ListLen(at, size, align)
	if c.Err() != nil {
		return
	}
	if err := check(n); err != nil {
		c.Fail(err)
	}
}

package wasi2

import (
	"encoding/binary"
	"fmt"

	"example.org/compute-pipeline/gohost/cabi"
	"example.org/compute-pipeline/gohost/internal/granted"
)

func (c *call) randomBytes() {
	n := c.PopU64()
	if n > cabi.MaxByteLength {
		c.violate("a list of %d random bytes was asked for; a list has at most %d", n, cabi.MaxByteLength)
		return
	}
	if !c.Heap(int(n)) {
		return
	}
	data := make([]byte, n)
	for left := data; len(left) > 0 && c.Err() == nil; {
		part := left[:min(len(left), granted.Chunk)] // each paid for before the next
		c.random(part)
		left = left[len(part):]
	}
	if c.Lifted() {
		c.StoreBytes(c.result(8, 4), data)
	}
}

func (c *call) randomNumber() uint64 {
	var data [8]byte
	c.random(data[:])
	return binary.LittleEndian.Uint64(data[:])
}

// seed returns two numbers, for tables of hashes.
func (c *call) seed() {
	first, second := c.randomNumber(), c.randomNumber()
	at := c.result(16, 8)
	c.StoreU64(at, first)
	c.StoreU64(at+8, second)
}

func (c *call) random(data []byte) {
	if err := c.Randomize(data); err != nil {
		c.HostError(fmt.Errorf("the source of random bytes: %w", err))
	}
}

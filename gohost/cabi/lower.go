package cabi

import (
	"fmt"

	"github.com/tetratelabs/wazero/api"
)

// allocate calls the guest's realloc for n bytes and returns them with their
// address, or nil after an error.
func (c *Call) allocate(n uint64, align uint32) ([]byte, uint32) {
	if c.err != nil {
		return nil, 0
	}
	if n > MaxByteLength {
		// The host rejects such input before it gets here.
		c.fail(violation("an argument has %d bytes, more than the %d a list may have", n, MaxByteLength))
		return nil, 0
	}
	stack := c.in.reallocStack[:]
	stack[0], stack[1], stack[2], stack[3] = 0, 0, api.EncodeU32(align), n
	if err := c.in.realloc.CallWithStack(c.ctx, stack); err != nil {
		c.fail(fmt.Errorf("in realloc: %w", c.in.trap(c.ctx, err)))
		return nil, 0
	}
	ptr := uint32(stack[0])
	guest, err := c.in.view("what realloc returned", ptr, n, align)
	if err != nil {
		c.fail(err)
		return nil, 0
	}
	return guest, ptr
}

// LowerBytes lowers a list<u8>, or a string that is valid UTF-8, with one copy
// that stops when the call must end.
func (c *Call) LowerBytes(data []byte) {
	guest, ptr := c.allocate(uint64(len(data)), 1)
	if c.err != nil {
		return
	}
	if !c.copyIn(guest, data) {
		return
	}
	c.param(ptr)
	c.param(uint32(len(data)))
}

// LowerU32 lowers a u32.
func (c *Call) LowerU32(v uint32) {
	if c.err == nil {
		c.param(v)
	}
}

// LowerDatapoints lowers a list<datapoint>, on a little-endian host with one copy.
// It stops when the call must end.
func LowerDatapoints[P Datapoint](c *Call, points []P) {
	guest, ptr := c.allocate(uint64(len(points))*datapointSize, datapointAlign)
	if c.err != nil {
		return
	}
	if len(points) <= step/datapointSize {
		storeDatapoints(guest, points)
	} else if !storeSteps(c, guest, points) {
		return
	}
	c.param(ptr)
	c.param(uint32(len(points)))
}

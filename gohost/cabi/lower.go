package cabi

// allocate calls the guest's realloc for n bytes and returns them with their
// address, or nil after an error.
func (c *Call) allocate(n uint64, align uint32) ([]byte, uint32) {
	ptr := c.room(int(n), 1, align)
	if c.err != nil {
		return nil, 0
	}
	return c.mem[ptr:][:n], ptr
}

// LowerBytes lowers a list<u8>, or a string that is valid UTF-8, with one copy
// that stops when the call must end.
func (c *Call) LowerBytes(data []byte) {
	guest, ptr := c.allocate(uint64(len(data)), 1)
	if c.err != nil {
		return
	}
	if !copyIn(c, guest, data) {
		return
	}
	c.PushU32(ptr)
	c.PushU32(uint32(len(data)))
}

// LowerU32 lowers a u32.
func (c *Call) LowerU32(v uint32) {
	if c.err == nil {
		c.PushU32(v)
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
	c.PushU32(ptr)
	c.PushU32(uint32(len(points)))
}

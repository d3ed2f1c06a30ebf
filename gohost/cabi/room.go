package cabi

import "unsafe"

// RoomExport is an exported i32 global of the embedded engine: the address of its room, which
// the host and the engine share for functions beside the contract. Their arguments are written
// there without a call of realloc, and their results stay there until the next call.
const RoomExport = "compute-pipeline:room"

// Room returns the checked address of size bytes at an offset in the guest's room, or 0 after
// an error.
func (c *Call) Room(offset, size, align uint32) uint32 {
	if at := c.in.room + offset; c.within("the room", at, uint64(size), align) {
		return at
	}
	return 0
}

// StoreRoom writes data to the guest's room.
func (c *Call) StoreRoom(offset uint32, data []byte) {
	if at := c.Room(offset, uint32(len(data)), 1); at != 0 {
		copyIn(c, c.mem[at:], data)
	}
}

// LoadRoom appends n bytes of the guest's room to dst.
func (c *Call) LoadRoom(offset, n uint32, dst []byte) []byte {
	return c.appendRange(dst, c.in.room+offset, n)
}

// ShareRoom returns n elements in the guest's room: its memory, not a copy. It returns nil where
// Go's memory of an element is not the guest's, as on a big-endian machine, and after an error.
// It is for a memory that never moves and that Go's collector frees: any other crashes the program
// that uses the list too late.
func (l *List[T]) ShareRoom(c *Call, offset uint32, n int) []T {
	at := c.Room(offset, uint32(n)*l.size, l.align)
	if at == 0 || l.copied == nil {
		return nil
	}
	return unsafe.Slice((*T)(unsafe.Pointer(&c.mem[at])), n)
}

// StoreRoom writes the elements of a list to the guest's room.
func (l *List[T]) StoreRoom(c *Call, offset uint32, list []T) {
	if at := c.Room(offset, uint32(len(list))*l.size, l.align); at != 0 {
		l.storeElements(c, at, list)
	}
}

package cabi

import "github.com/tetratelabs/wazero/api"

// MaxByteLength is the largest byte length of a list or string: 2^28-1, as in
// the canonical ABI.
const MaxByteLength = 1<<28 - 1

// PushArea asks the guest's realloc for room and pushes its address: for parameters
// that take more than 16 flat values. It returns the address, or 0 after an error.
func (c *Call) PushArea(size, align uint32) uint32 {
	ptr := c.Alloc(size, align)
	c.push(uint64(ptr))
	return ptr
}

// PopArea pops the address of an area and checks it: of a result that takes more
// than one flat value, of an import's parameters that take more than 16, and, after
// all parameters of an import were popped, of the area for its result. It returns the
// address, or 0 after an error.
func (c *Call) PopArea(size, align uint32) uint32 {
	ptr := uint32(c.pop())
	if c.mem == nil {
		c.refresh() // here, since the guest ran just before
	}
	if c.within("an area", ptr, uint64(size), align) {
		return ptr
	}
	return 0
}

// Alloc asks the guest's realloc for room, and returns its checked address, or 0
// after an error.
func (c *Call) Alloc(size, align uint32) uint32 { return c.Realloc(0, 0, size, align) }

// Realloc asks the guest's realloc to move an area of oldSize bytes to one of size bytes,
// and returns its checked address, or 0 after an error. Lowering needs only new areas; it
// is for tests of a guest.
func (c *Call) Realloc(old, oldSize, size, align uint32) uint32 {
	if c.err != nil {
		return 0
	}
	in := c.in
	if in.realloc == nil { // bound here, since its call stack takes 10 KB and 2 µs
		in.realloc = in.module.ExportedFunction(ReallocExport)
	}
	if in.realloc == nil {
		c.Fail(violation("the guest exports no %s", ReallocExport))
		return 0
	}
	stack := in.reallocStack[:]
	stack[0], stack[1], stack[2], stack[3] = uint64(old), uint64(oldSize), api.EncodeU32(align), uint64(size)
	in.mustStay = true
	err := in.realloc.CallWithStack(c.ctx, stack)
	in.mustStay = false
	if err != nil {
		c.failRealloc(err)
		return 0
	}
	c.refresh()
	ptr := uint32(stack[0])
	if !c.within("what realloc returned", ptr, uint64(size), align) {
		return 0
	}
	return ptr
}

// within checks that n bytes at ptr are aligned, then that they are within memory,
// even if n is 0.
func (c *Call) within(what string, ptr uint32, n uint64, align uint32) bool {
	return ptr&(align-1) == 0 && uint64(ptr)+n <= uint64(len(c.mem)) || c.withinAfter(what, ptr, n, align)
}

// withinAfter is within for memory that has to be looked up first, because the guest
// ran since.
func (c *Call) withinAfter(what string, ptr uint32, n uint64, align uint32) bool {
	if c.mem == nil {
		c.refresh()
	}
	switch {
	case c.err != nil:
	case ptr&(align-1) != 0:
		c.Fail(violation("%s at address %d is not aligned to %d", what, ptr, align))
	case uint64(ptr)+n > uint64(len(c.mem)):
		c.Fail(violation("%s at address %d with %d bytes is outside of the memory of %d bytes", what, ptr, n, len(c.mem)))
	default:
		return true
	}
	return false
}

// ListLen returns the length of the list at an address whose elements have size and
// alignment, after it has checked where they are. It is for bindings that bound a
// list before they load it.
func (c *Call) ListLen(at, size, align uint32) int {
	n := c.LoadU32(at + 4)
	if _, ok := c.elements("a list", c.LoadU32(at), n, size, align); !ok {
		return 0
	}
	return int(n)
}

// elements checks the list of count elements of size bytes at ptr, and returns its
// length in bytes.
func (c *Call) elements(what string, ptr, count, size, align uint32) (n int, ok bool) {
	// In 64 bits: 2^28 elements of 16 bytes would be 0 in 32. No type of the component
	// model takes no bytes. One of a binding's own counts as one, since the number of
	// its elements would have no bound.
	bytes := uint64(count) * uint64(max(size, 1))
	if bytes > MaxByteLength {
		if c.err == nil {
			c.Fail(violation("%s has %d elements of %d bytes, more than the %d bytes a list may have", what, count, size, MaxByteLength))
		}
		return 0, false
	}
	return int(bytes), c.within(what, ptr, bytes, align)
}

// room asks realloc for a list of n elements of size bytes, and returns its address.
func (c *Call) room(n int, size, align uint32) uint32 {
	bytes := uint64(n) * uint64(max(size, 1))
	if bytes > MaxByteLength {
		if c.err == nil {
			c.Invalid("a list has %d elements of %d bytes, more than the %d bytes it may have", n, size, MaxByteLength)
		}
		return 0
	}
	return c.Alloc(uint32(bytes), align)
}

// header writes the {ptr, len} of a list or string.
func (c *Call) header(at, ptr uint32, n int) {
	c.StoreU32(at, ptr)
	c.StoreU32(at+4, uint32(n))
}

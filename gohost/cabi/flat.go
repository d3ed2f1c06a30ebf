package cabi

import "math"

// Push adds flat values in order, Pop takes them in order. A flat value is 64 bits,
// of which a smaller type uses the lower ones: so a value reads and writes the same in
// a slot that a variant's cases share (i32, i64, f32 or f64 joined).

// push adds a flat value.
func (c *Call) push(v uint64) {
	if c.pushed < len(c.flats) {
		c.flats[c.pushed] = v
		c.pushed++
		return
	}
	c.surplus()
}

// pop takes a flat value.
func (c *Call) pop() uint64 {
	if c.popped < len(c.flats) {
		v := c.flats[c.popped]
		c.popped++
		return v
	}
	c.surplus()
	return 0
}

// pushRange adds the two flat values of a list or string.
func (c *Call) pushRange(ptr uint32, n int) {
	if i := c.pushed; i+1 < len(c.flats) {
		c.flats[i], c.flats[i+1] = uint64(ptr), uint64(n)
		c.pushed = i + 2
		return
	}
	c.surplus()
}

// popRange takes the two flat values of a list or string.
func (c *Call) popRange() (ptr, n uint32) {
	if i := c.popped; i+1 < len(c.flats) {
		ptr, n = uint32(c.flats[i]), uint32(c.flats[i+1])
		c.popped = i + 2
		return ptr, n
	}
	c.surplus()
	return 0, 0
}

// surplus fails a call that has more flat values than its function can have, which
// only a mistake in the binding can do.
func (c *Call) surplus() {
	if c.err == nil {
		c.Invalid("the binding uses more flat values than there are")
	}
}

// Cursor returns the position of the next flat value that Pop takes.
func (c *Call) Cursor() int { return c.popped }

// Seek makes position the next that Pop takes: after a variant's longest case,
// whichever case was lifted.
func (c *Call) Seek(position int) { c.popped = position }

// Pushed returns the position of the next flat value that Push adds.
func (c *Call) Pushed() int { return c.pushed }

// PadTo pushes zeros up to the position: after a variant's longest case, whichever
// case was lowered.
func (c *Call) PadTo(position int) {
	for c.err == nil && c.pushed < position {
		c.push(0)
	}
}

// PushI32 pushes an i32.
func (c *Call) PushI32(v uint32) { c.push(uint64(v)) }

// PushI64 pushes an i64.
func (c *Call) PushI64(v uint64) { c.push(v) }

// PushBool pushes a bool.
func (c *Call) PushBool(v bool) { c.push(uint64(bit(v))) }

// PushU8 pushes a u8.
func (c *Call) PushU8(v uint8) { c.push(uint64(v)) }

// PushS8 pushes an s8.
func (c *Call) PushS8(v int8) { c.push(uint64(uint32(v))) }

// PushU16 pushes a u16.
func (c *Call) PushU16(v uint16) { c.push(uint64(v)) }

// PushS16 pushes an s16.
func (c *Call) PushS16(v int16) { c.push(uint64(uint32(v))) }

// PushU32 pushes a u32.
func (c *Call) PushU32(v uint32) { c.push(uint64(v)) }

// PushS32 pushes an s32.
func (c *Call) PushS32(v int32) { c.push(uint64(uint32(v))) }

// PushU64 pushes a u64.
func (c *Call) PushU64(v uint64) { c.push(v) }

// PushS64 pushes an s64.
func (c *Call) PushS64(v int64) { c.push(uint64(v)) }

// PushF32 pushes an f32, with the bits of a NaN.
func (c *Call) PushF32(v float32) { c.push(uint64(math.Float32bits(v))) }

// PushF64 pushes an f64, with the bits of a NaN.
func (c *Call) PushF64(v float64) { c.push(math.Float64bits(v)) }

// PushChar pushes a char.
func (c *Call) PushChar(v rune) { c.push(uint64(c.checkedRune(v))) }

// PopI32 pops an i32.
func (c *Call) PopI32() uint32 { return uint32(c.pop()) }

// PopI64 pops an i64.
func (c *Call) PopI64() uint64 { return c.pop() }

// PopBool pops a bool: any number but 0 is true.
func (c *Call) PopBool() bool { return uint32(c.pop()) != 0 }

// PopU8 pops a u8, the lower bits of an i32.
func (c *Call) PopU8() uint8 { return uint8(c.pop()) }

// PopS8 pops an s8, the lower bits of an i32.
func (c *Call) PopS8() int8 { return int8(c.pop()) }

// PopU16 pops a u16, the lower bits of an i32.
func (c *Call) PopU16() uint16 { return uint16(c.pop()) }

// PopS16 pops an s16, the lower bits of an i32.
func (c *Call) PopS16() int16 { return int16(c.pop()) }

// PopU32 pops a u32.
func (c *Call) PopU32() uint32 { return uint32(c.pop()) }

// PopS32 pops an s32.
func (c *Call) PopS32() int32 { return int32(c.pop()) }

// PopU64 pops a u64.
func (c *Call) PopU64() uint64 { return c.pop() }

// PopS64 pops an s64.
func (c *Call) PopS64() int64 { return int64(c.pop()) }

// PopF32 pops an f32. Every NaN is the canonical one.
func (c *Call) PopF32() float32 { return canonical32(uint32(c.pop())) }

// PopF64 pops an f64. Every NaN is the canonical one.
func (c *Call) PopF64() float64 { return canonical64(c.pop()) }

// PopChar pops a char.
func (c *Call) PopChar() rune { return c.char(uint32(c.pop())) }

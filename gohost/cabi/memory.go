package cabi

import (
	"encoding/binary"
	"math"
)

// Load and Store read and write a value in memory at an address within an area that
// was checked ([Call.PopArea], [Call.PushArea], the elements of a list).

var le = binary.LittleEndian

// outside fails a call that uses memory at an address that was not checked, which
// only a mistake in the binding can do.
func (c *Call) outside(at uint32) {
	if c.err == nil {
		c.Fail(violation("a value at address %d is outside of the memory of %d bytes", at, len(c.mem)))
	}
}

// LoadU8 reads a u8.
func (c *Call) LoadU8(at uint32) uint8 {
	if uint64(at)+1 <= uint64(len(c.mem)) {
		return c.mem[at]
	}
	c.outside(at)
	return 0
}

// LoadU16 reads a u16.
func (c *Call) LoadU16(at uint32) uint16 {
	if uint64(at)+2 <= uint64(len(c.mem)) {
		return le.Uint16(c.mem[at:])
	}
	c.outside(at)
	return 0
}

// LoadU32 reads a u32.
func (c *Call) LoadU32(at uint32) uint32 {
	if uint64(at)+4 <= uint64(len(c.mem)) {
		return le.Uint32(c.mem[at:])
	}
	c.outside(at)
	return 0
}

// LoadU64 reads a u64.
func (c *Call) LoadU64(at uint32) uint64 {
	if uint64(at)+8 <= uint64(len(c.mem)) {
		return le.Uint64(c.mem[at:])
	}
	c.outside(at)
	return 0
}

// LoadS8 reads an s8.
func (c *Call) LoadS8(at uint32) int8 { return int8(c.LoadU8(at)) }

// LoadS16 reads an s16.
func (c *Call) LoadS16(at uint32) int16 { return int16(c.LoadU16(at)) }

// LoadS32 reads an s32.
func (c *Call) LoadS32(at uint32) int32 { return int32(c.LoadU32(at)) }

// LoadS64 reads an s64.
func (c *Call) LoadS64(at uint32) int64 { return int64(c.LoadU64(at)) }

// LoadBool reads a bool: any number but 0 is true.
func (c *Call) LoadBool(at uint32) bool { return c.LoadU8(at) != 0 }

// LoadF32 reads an f32. Every NaN is the canonical one.
func (c *Call) LoadF32(at uint32) float32 { return canonical32(c.LoadU32(at)) }

// LoadF64 reads an f64. Every NaN is the canonical one.
func (c *Call) LoadF64(at uint32) float64 { return canonical64(c.LoadU64(at)) }

// LoadChar reads a char.
func (c *Call) LoadChar(at uint32) rune { return c.char(c.LoadU32(at)) }

// StoreU8 writes a u8.
func (c *Call) StoreU8(at uint32, v uint8) {
	if uint64(at)+1 <= uint64(len(c.mem)) {
		c.mem[at] = v
		return
	}
	c.outside(at)
}

// StoreU16 writes a u16.
func (c *Call) StoreU16(at uint32, v uint16) {
	if uint64(at)+2 <= uint64(len(c.mem)) {
		le.PutUint16(c.mem[at:], v)
		return
	}
	c.outside(at)
}

// StoreU32 writes a u32.
func (c *Call) StoreU32(at uint32, v uint32) {
	if uint64(at)+4 <= uint64(len(c.mem)) {
		le.PutUint32(c.mem[at:], v)
		return
	}
	c.outside(at)
}

// StoreU64 writes a u64.
func (c *Call) StoreU64(at uint32, v uint64) {
	if uint64(at)+8 <= uint64(len(c.mem)) {
		le.PutUint64(c.mem[at:], v)
		return
	}
	c.outside(at)
}

// StoreS8 writes an s8.
func (c *Call) StoreS8(at uint32, v int8) { c.StoreU8(at, uint8(v)) }

// StoreS16 writes an s16.
func (c *Call) StoreS16(at uint32, v int16) { c.StoreU16(at, uint16(v)) }

// StoreS32 writes an s32.
func (c *Call) StoreS32(at uint32, v int32) { c.StoreU32(at, uint32(v)) }

// StoreS64 writes an s64.
func (c *Call) StoreS64(at uint32, v int64) { c.StoreU64(at, uint64(v)) }

// StoreBool writes a bool.
func (c *Call) StoreBool(at uint32, v bool) { c.StoreU8(at, bit(v)) }

// StoreF32 writes an f32, with the bits of a NaN.
func (c *Call) StoreF32(at uint32, v float32) { c.StoreU32(at, math.Float32bits(v)) }

// StoreF64 writes an f64, with the bits of a NaN.
func (c *Call) StoreF64(at uint32, v float64) { c.StoreU64(at, math.Float64bits(v)) }

// StoreChar writes a char.
func (c *Call) StoreChar(at uint32, v rune) { c.StoreU32(at, c.checkedRune(v)) }

package cabi

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"math"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// guest is a memory as the specification reads it, apart from the code that is
// tested.
type guest []byte

// list is the memory of a list by its header at an address, and whether that is
// allowed.
func (g guest) list(header uint64, size, align uint64) ([]byte, bool) {
	ptr := uint64(binary.LittleEndian.Uint32(g[header:]))
	n := uint64(binary.LittleEndian.Uint32(g[header+4:])) * size
	if n >= 1<<28 || ptr%align != 0 || ptr+n > uint64(len(g)) {
		return nil, false
	}
	return g[ptr : ptr+n], true
}

// has reports whether a value may be at an address.
func (g guest) has(at uint32, size, align uint64) bool {
	return uint64(at)%align == 0 && uint64(at)+size <= uint64(len(g))
}

// result is what a result<T, string> with a T of size and alignment holds: its
// payload, or a message.
func (g guest) result(at uint32, size, align uint64) (payload uint64, message string, isErr, ok bool) {
	payload = uint64(at) + align
	if !g.has(at, align+size, align) || g[at] > 1 {
		return 0, "", false, false
	}
	if g[at] == 0 {
		return payload, "", false, true
	}
	text, ok := g.list(payload, 1, 1)
	if len(text) > 4096 {
		// What is read of it ends before the character that lies across 4096.
		n := 4096
		for n > 4093 && text[n]&0xc0 == 0x80 {
			n--
		}
		if text[n]&0xc0 == 0x80 {
			n = 4096
		}
		text = text[:n]
	}
	return 0, string(text), true, ok && utf8.Valid(text)
}

// same reports whether two floats have the same bits once every NaN is the
// canonical one.
func same(lifted float64, guest []byte) bool {
	want := binary.LittleEndian.Uint64(guest)
	if f := math.Float64frombits(want); f != f {
		want = 0x7ff8000000000000
	}
	return math.Float64bits(lifted) == want
}

// FuzzLift lifts every type from any memory: what the specification allows comes
// out as it says, and all else is a violation.
func FuzzLift(f *testing.F) {
	for _, ret := range []uint32{0, 4, 8, 1 << 15, 1<<16 - 8, 1<<16 - 12, 1 << 16, math.MaxUint32 - 3, 2} {
		f.Add(ret, ret, words(64, 3), byte(0))
		f.Add(ret, ret, words(0, 64, 3), byte(2))
		f.Add(ret, ret, append(words(1, ret+12, 4), "für"...), byte(3))
		f.Add(ret, ret, words(1, 0, 64, 1<<28), byte(4))
		f.Add(ret, ret, words(1<<15, 1<<29), byte(1))
		f.Add(ret, ret, bytes.Repeat([]byte{0xff}, 80), byte(4))
	}
	in := start(f, "memory")
	function := in.Func("f")
	f.Fuzz(func(t *testing.T, ret, at uint32, content []byte, kind byte) {
		memory, ok := in.memory.Read(0, in.memory.Size())
		require.True(t, ok)
		clear(memory)
		copy(memory[at%uint32(len(memory)):], content)
		g := guest(bytes.Clone(memory))
		setGlobal(in, "ret", ret)
		c := in.Call(context.Background(), function)
		c.Invoke()
		var allowed bool
		switch kind % 5 {
		case 0:
			got := c.LiftBytes([]byte("kept"), nil)
			var want []byte
			if allowed = g.has(ret, 8, 4); allowed {
				want, allowed = g.list(uint64(ret), 1, 1)
			}
			assert.Equal(t, "kept"+string(want), string(got))
		case 1:
			dst := make([]float64, 3)
			n := c.LiftF64s(dst)
			var want []byte
			if allowed = g.has(ret, 8, 4); allowed {
				want, allowed = g.list(uint64(ret), 8, 8)
			}
			assert.Equal(t, len(want)/8, n)
			for i := range min(n, 3) {
				assert.True(t, same(dst[i], want[8*i:]))
			}
		case 2:
			got, message, isErr := c.LiftResultBytes(nil, nil)
			payload, wantMessage, wantErr, ok := g.result(ret, 8, 4)
			var want []byte
			if allowed = ok; ok && !wantErr {
				want, allowed = g.list(payload, 1, 1)
			}
			if allowed {
				assert.Equal(t, wantMessage, message.Text)
				assert.Equal(t, wantErr, isErr)
			}
			assert.Equal(t, string(want), string(got))
		case 3:
			got, message, isErr := LiftResultDatapoints[point](c, nil, nil)
			payload, wantMessage, wantErr, ok := g.result(ret, 8, 4)
			var want []byte
			if allowed = ok; ok && !wantErr {
				want, allowed = g.list(payload, 16, 8)
			}
			if allowed {
				assert.Equal(t, wantMessage, message.Text)
				assert.Equal(t, wantErr, isErr)
			}
			if assert.Len(t, got, len(want)/16) {
				for i, p := range got {
					assert.Equal(t, binary.LittleEndian.Uint64(want[16*i:]), p.Timestamp)
					assert.True(t, same(p.Value, want[16*i+8:]))
				}
			}
		case 4:
			got, message, isErr := c.LiftResultStatistics()
			var payload uint64
			var wantMessage string
			var wantErr bool
			payload, wantMessage, wantErr, allowed = g.result(ret, 64, 8)
			if allowed {
				assert.Equal(t, wantMessage, message.Text)
				assert.Equal(t, wantErr, isErr)
			}
			if allowed && !wantErr {
				assert.Equal(t, binary.LittleEndian.Uint64(g[payload:]), got.Count)
				assert.True(t, same(got.Max, g[payload+40:]))
				assert.Equal(t, binary.LittleEndian.Uint64(g[payload+56:]), got.Last)
			} else {
				assert.Zero(t, got)
			}
		}
		err := c.Done()
		var v *Violation
		assert.Equal(t, !allowed, errors.As(err, &v), "%v", err)
		if allowed {
			assert.NoError(t, err)
		}
		assert.Equal(t, []byte(g), memory, "lifting writes nothing")
	})
}

// FuzzLower lowers lists into whatever room realloc answers with: they are there
// and nothing else changed, or it is a violation and nothing changed at all.
func FuzzLower(f *testing.F) {
	for _, answer := range []uint32{0, 1, 8, 1028, 1<<16 - 1, 1<<16 - 8, 1<<16 - 16, 1 << 16, 1<<16 + 8, math.MaxUint32 - 7, math.MaxUint32} {
		f.Add(answer, []byte(nil), true)
		f.Add(answer, []byte("a batch of 16 b."), true)
		f.Add(answer, []byte("bytes"), false)
	}
	in := start(f, "realloc")
	function := in.Func("f")
	f.Fuzz(func(t *testing.T, answer uint32, data []byte, asPoints bool) {
		memory, ok := in.memory.Read(0, in.memory.Size())
		require.True(t, ok)
		clear(memory)
		setGlobal(in, "answer", answer)
		setGlobal(in, "called", 0)
		want, align, length := data, uint64(1), len(data)
		c := in.Call(context.Background(), function)
		if asPoints {
			align, length = 8, len(data)/16
			want = data[:16*length]
			points := make([]point, length)
			for i := range points {
				points[i] = point{binary.LittleEndian.Uint64(data[16*i:]), math.Float64frombits(binary.LittleEndian.Uint64(data[16*i+8:]))}
			}
			LowerDatapoints(c, points)
		} else {
			c.LowerBytes(data)
		}
		params := in.stack
		c.Invoke()
		err := c.Done()
		g := make(guest, len(memory))
		if answer == math.MaxUint32 { // realloc.wat traps
			var trap *Trap
			assert.ErrorAs(t, err, &trap)
		} else if !g.has(answer, uint64(len(want)), align) {
			var v *Violation
			assert.ErrorAs(t, err, &v)
			assert.Zero(t, global(in, "called"))
		} else {
			assert.NoError(t, err)
			assert.EqualValues(t, answer, params[0])
			assert.EqualValues(t, length, params[1])
			assert.EqualValues(t, 1, global(in, "called"))
			copy(g[answer:], want)
		}
		assert.True(t, bytes.Equal(g, memory), "nothing else changed")
	})
}

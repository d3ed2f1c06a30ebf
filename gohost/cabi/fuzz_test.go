package cabi

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var errNoRoom = errors.New("no more Go memory")

// budget returns a Reserve that allows some bytes in all.
func budget(bytes int) func(int) error {
	return func(n int) error {
		if bytes -= n; bytes < 0 {
			return errNoRoom
		}
		return nil
	}
}

// compare lifts a value of the type with this package and with the reference, from an
// area in memory at an address, or from flat values.
func compare(t *testing.T, in *Instance, of *ty, at uint32, flats []uint64) {
	memory, ok := in.memory.Read(0, in.memory.Size())
	require.True(t, ok)
	before := bytes.Clone(memory)
	in.Reserve = budget(1 << 20)
	c := in.Call(context.Background(), in.Func("f"))
	r := &reference{memory: before, left: 200_000}
	var got, want any
	var allowed, whole bool
	if flats == nil {
		c.in.stack[0] = uint64(at)
		got = of.cabiLoad(c, c.PopArea(uint32(of.size()), uint32(of.align())))
		want, allowed, whole = r.try(func() any {
			trapIf(uint64(at)%of.align() != 0 || uint64(at)+of.size() > uint64(len(before)))
			return r.load(of, uint64(at))
		})
	} else {
		copy(c.in.stack[:], flats)
		got = of.cabiPop(c)
		want, allowed, whole = r.try(func() any { v, _ := r.lift(of, flats); return v })
	}
	err := c.Done()
	var v *Violation
	switch {
	case errors.Is(err, errNoRoom) || !whole:
		// Neither says what the value is.
	case allowed:
		require.NoError(t, err, "%v", of)
		require.Equal(t, want, got, "%v", of)
	default:
		require.ErrorAs(t, err, &v, "%v", of)
	}
	assert.Equal(t, before, memory, "lifting writes nothing")
}

// FuzzLift lifts every type from any memory and any flat values: what the
// specification allows comes out as it says, and all else is a violation.
func FuzzLift(f *testing.F) {
	for seed := range uint64(40) {
		random := rand.New(rand.NewPCG(seed, 1))
		content := make([]byte, 200)
		for i := range content {
			content[i] = byte([]int{0, 0, 0, 1, 2, 8, 16, 64, 0xff, random.IntN(256)}[random.IntN(10)])
		}
		f.Add(seed, uint32(random.IntN(64)*8), content)
	}
	for _, at := range []uint32{1<<16 - 8, 1 << 16, math.MaxUint32 - 7, 2} {
		f.Add(uint64(at), at, bytes.Repeat([]byte{0xff}, 80))
	}
	in := start(f, "memory")
	f.Fuzz(func(t *testing.T, seed uint64, at uint32, content []byte) {
		memory, ok := in.memory.Read(0, in.memory.Size())
		require.True(t, ok)
		clear(memory)
		copy(memory[at%uint32(len(memory)):], content)
		of := randomType(rand.New(rand.NewPCG(seed, 2)), 3)
		compare(t, in, of, at, nil)
		if n := len(of.flat()); n <= 16 {
			flats := make([]uint64, n)
			for i := range flats {
				if 8*i+8 <= len(content) {
					flats[i] = le.Uint64(content[8*i:])
				}
			}
			compare(t, in, of, 0, flats)
		}
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
			list := make([]point, length)
			for i := range list {
				list[i] = point{le.Uint64(data[16*i:]), math.Float64frombits(le.Uint64(data[16*i+8:]))}
			}
			points.Push(c, list)
		} else {
			c.PushBytes(data)
		}
		params := in.stack
		c.Invoke()
		err := c.Done()
		g := make([]byte, len(memory))
		if answer == math.MaxUint32 { // realloc.wat traps
			var trap *Trap
			assert.ErrorAs(t, err, &trap)
		} else if uint64(answer)%align != 0 || uint64(answer)+uint64(len(want)) > uint64(len(memory)) {
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

// Values of random types are lowered flat and into memory; the reference and this
// package read them there.
func TestRandomValues(t *testing.T) {
	in := start(t, "echo")
	function := in.Func("argument")
	for seed := range uint64(3000) {
		random := rand.New(rand.NewPCG(seed, 3))
		of := randomType(random, 3)
		value := randomValue(random, of)
		name := fmt.Sprintf("seed %d: %v = %v", seed, of, value)

		c := in.Call(context.Background(), function)
		at := c.Alloc(uint32(of.size()), uint32(of.align()))
		of.cabiStore(c, at, value)
		require.NoError(t, c.Done(), name)
		memory, _ := in.memory.Read(0, in.memory.Size())
		r := &reference{memory: memory, left: 1e6}
		require.Equal(t, value, r.load(of, uint64(at)), name)
		compare(t, in, of, at, nil)

		if n := len(of.flat()); n <= 16 {
			c = in.Call(context.Background(), function)
			of.cabiPush(c, value)
			require.Equal(t, n, c.Pushed(), name)
			flats := append([]uint64(nil), in.stack[:n]...)
			require.NoError(t, c.Done(), name)
			memory, _ = in.memory.Read(0, in.memory.Size())
			r = &reference{memory: memory, left: 1e6}
			got, rest := r.lift(of, flats)
			require.Empty(t, rest)
			require.Equal(t, value, got, name)
			compare(t, in, of, 0, flats)
		}
		setGlobal(in, "next", 1024)
	}
}

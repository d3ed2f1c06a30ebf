package cabi

import (
	"context"
	"math/rand/v2"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// maxAllocated is what lifting may allocate in compare, which allows 1 MiB: the rest is what
// the dynamic binding and the reference box.
const maxAllocated = 64 << 20

// changed lowers a random value of a random type, changes memory and flat values as the bytes
// say, and lifts them: an address or the index of a flat value, and a number.
func changed(t *testing.T, in *Instance, seed uint64, changes []byte) {
	defer func() {
		if t.Failed() {
			t.Logf("seed %d", seed)
		}
	}()
	random := rand.New(rand.NewPCG(seed, 6))
	of := randomType(random, 3)
	value := randomValue(random, of)
	setGlobal(in, "next", argumentAt)
	c := in.Call(context.Background(), in.Func("argument"))
	at := c.Alloc(uint32(of.size()), uint32(of.align()))
	of.cabiStore(c, at, value)
	var flats []uint64
	if n := len(of.flat()); n <= 16 {
		of.cabiPush(c, value)
		flats = append(flats, in.stack[:n]...)
	}
	require.NoError(t, c.Done())
	memory, ok := in.memory.Read(0, in.memory.Size())
	require.True(t, ok)
	end := global(in, "next")
	for ; len(changes) >= 6; changes = changes[6:] {
		place, number := uint32(le.Uint16(changes)), le.Uint32(changes[2:])
		to := argumentAt + place%(end-argumentAt+8)
		switch {
		case place&0x8000 != 0 && len(flats) > 0:
			flats[int(place)%len(flats)] = uint64(number) << (place >> 9 & 32)
		case place&0x4000 != 0:
			memory[to] = byte(number)
		default:
			le.PutUint32(memory[to:], number)
		}
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	compare(t, in, of, at, nil)
	if flats != nil {
		compare(t, in, of, 0, flats)
	}
	runtime.ReadMemStats(&after)
	assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(maxAllocated), "%v", of)
}

// randomChanges are few, with the edges of types.
func randomChanges(random *rand.Rand) []byte {
	edges := []uint32{0, 1, 2, 3, 0x80, 0xff, 0xd800, 0x110000, 1 << 16, 1<<28 - 1, 1 << 28, 1 << 29, 1 << 31, 1<<32 - 1}
	var changes []byte
	for range 1 + random.IntN(4) {
		number := edges[random.IntN(len(edges))]
		switch random.IntN(4) {
		case 0:
			number = random.Uint32()
		case 1:
			number = argumentAt + random.Uint32N(256)
		}
		changes = le.AppendUint16(changes, uint16(random.IntN(1<<16)))
		changes = le.AppendUint32(changes, number)
	}
	return changes
}

// Values that were lowered and then changed, at random, are read as the specification says, or
// are violations.
func TestChangedValues(t *testing.T) {
	in := start(t, "echo")
	for seed := range uint64(10_000) {
		changed(t, in, seed, randomChanges(rand.New(rand.NewPCG(seed, 7))))
	}
}

func FuzzChanged(f *testing.F) {
	for seed := range uint64(40) {
		f.Add(seed, randomChanges(rand.New(rand.NewPCG(seed, 8))))
	}
	in := start(f, "echo")
	f.Fuzz(func(t *testing.T, seed uint64, changes []byte) { changed(t, in, seed, changes) })
}

package cabi

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/tetratelabs/wazero"

	"example.org/compute-pipeline/gohost/internal/fuel"
)

// texts returns n strings of all kinds, the empty one too.
func texts(n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = strings.Repeat("grüße 🎉 ", 3)[:[]int{0, 1, 8, 12, 15}[i%5]]
	}
	return list
}

// A list whose strings are lowered together is in memory as one whose strings are
// lowered one by one, and realloc is called as often.
func TestStringsAreLoweredTogether(t *testing.T) {
	onBoth(t, func(t *testing.T, config wazero.RuntimeConfig) {
		large := texts(20)
		large[11] = strings.Repeat("x", pieceSize+1)
		for _, list := range [][]string{nil, texts(fewStrings - 1), texts(fewStrings), texts(manyStrings), texts(manyStrings + 1), texts(3*manyStrings + 9), large} {
			var memories [2][]byte
			for i := range memories {
				in := startWith(t, config, "echo")
				if i == 0 {
					in.Reallocs = nil
				}
				flats := lowered(t, in, func(c *Call) { c.PushStrings(list) })
				assert.EqualValues(t, 1+len(list), global(in, "reallocs"))
				memory, ok := in.memory.Read(0, in.memory.Size())
				require.True(t, ok)
				memories[i] = append([]byte(nil), memory...)
				// lowered has run post-return, which overwrites the beginning.
				assert.EqualValues(t, len(list), flats[1])
				together := in.reallocs.function != nil
				assert.Equal(t, i == 1 && len(list) >= fewStrings, together)
				require.NoError(t, in.Close(context.Background()))
			}
			require.Equal(t, memories[0], memories[1], "%d strings", len(list))
		}
	})
}

func TestStringsAreLoweredTogetherAndLifted(t *testing.T) {
	in := start(t, "echo")
	list := texts(3 * manyStrings)
	flats := lowered(t, in, func(c *Call) { c.PushStrings(list) })
	require.NoError(t, lift(in, flats, func(c *Call) { assert.Equal(t, list, c.PopStrings(nil)) }))
	require.NotNil(t, in.reallocs.function)

	f := in.Func("argument")
	assert.Zero(t, testing.AllocsPerRun(20, func() {
		setGlobal(in, "next", 1024)
		c := in.Call(context.Background(), f)
		c.PushStrings(list)
		_ = c.Done()
	}))
}

// What a guest does wrong in realloc ends the call as it does for one string.
func TestReallocOfManyStringsFails(t *testing.T) {
	list := texts(20)
	onBoth(t, func(t *testing.T, config wazero.RuntimeConfig) {
		// There is room for the list and for all strings but the last.
		in := startWith(t, config, "realloc")
		setGlobal(in, "answer", in.memory.Size()-160)
		c := in.Call(context.Background(), in.Func("f"))
		c.PushStrings(append(list[:12:12], strings.Repeat("x", 161)))
		c.Invoke()
		var v *Violation
		require.ErrorAs(t, c.Done(), &v)
		assert.Zero(t, global(in, "called"))

		w := startWorld(t, config, "imports")
		w.Reallocs = NewReallocs(w.runtime)
		c = w.begin("same")
		ptr := c.PushArea(uint32(len(list)*listSize), listAlign)
		setGlobal(w.Instance, "in-realloc", 1)
		assert.True(t, c.lowerTogether(ptr, list))
		require.ErrorAs(t, c.Done(), &v)
		assert.ErrorContains(t, v, "realloc or post-return called the import")
	})
	// Trapped.
	in := start(t, "realloc")
	c := in.Call(context.Background(), in.Func("f"))
	ptr := c.PushArea(uint32(len(list)*listSize), listAlign)
	setGlobal(in, "answer", 1<<32-1)
	assert.True(t, c.lowerTogether(ptr, list))
	var trap *Trap
	require.ErrorAs(t, c.Done(), &trap)
	assert.Contains(t, trap.Message, "unreachable")
}

// lookedAt is a context that calls looked whenever a call asks whether it must end, and
// ends when looked reports true.
type lookedAt struct {
	context.Context
	looked func() bool
}

func (c lookedAt) Err() error {
	if c.looked() {
		return context.Canceled
	}
	return nil
}

// Between two looks at the call's meter max 1.5 times pieceSize bytes are copied, of long
// strings as of short ones, and none after the look at which the call ends.
func TestLongLoweringOfStringsEndsWithItsCall(t *testing.T) {
	const total = 5 * pieceSize
	for _, size := range []int{300, 1 << 10, 64 << 10, 128 << 10, pieceSize} {
		list := make([]string, total/size)
		for i := range list {
			list[i] = strings.Repeat("x", size)
		}
		// lower returns how much was copied at each look and at the end.
		lower := func(end int) ([]int, error) {
			in := start(t, "echo")
			var copied []int
			texts := argumentAt + len(list)*listSize
			count := func() {
				memory := in.bytes()
				copied = append(copied, bytes.Count(memory[min(texts, len(memory)):], []byte("x")))
			}
			var meter fuel.Meter
			meter.Begin(lookedAt{t.Context(), func() bool { count(); return len(copied) == end }}, fuel.Limits{Budget: fuel.Unlimited})
			c := in.Call(&meter, in.Func("argument"))
			c.PushStrings(list)
			count()
			return copied, c.Done()
		}
		copied, err := lower(0)
		require.NoError(t, err)
		assert.Equal(t, len(list)*size, copied[len(copied)-1])
		for i := range copied[1:] {
			assert.LessOrEqual(t, copied[i+1]-copied[i], 3*pieceSize/2, "%d bytes each, look %d", size, i+1)
		}
		for _, end := range []int{1, len(copied) / 2, len(copied) - 1} {
			stopped, err := lower(end)
			require.ErrorIs(t, err, context.Canceled)
			require.Len(t, stopped, end+1, "%d bytes each", size)
			assert.Equal(t, stopped[end-1], stopped[end], "%d bytes each, look %d", size, end)
		}
	}
}

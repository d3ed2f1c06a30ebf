package cabi

import (
	"context"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/tetratelabs/wazero"

	"example.org/compute-pipeline/gohost/internal/fuel"
)

// tableModel is Table and ResourceHandle of the specification's definitions.py.
type tableModel struct {
	array []*modelHandle
	free  []uint32
}

type modelHandle struct {
	counter bool
	rep     uint32
	own     bool
}

func (m *tableModel) add(h *modelHandle) uint32 {
	if n := len(m.free); n > 0 {
		i := m.free[n-1]
		m.free, m.array[i] = m.free[:n-1], h
		return i
	}
	m.array = append(m.array, h)
	return uint32(len(m.array) - 1)
}

func (m *tableModel) get(i uint32) *modelHandle {
	if i < uint32(len(m.array)) {
		return m.array[i]
	}
	return nil
}

func (m *tableModel) remove(i uint32) {
	m.array[i] = nil
	m.free = append(m.free, i)
}

// handles makes what a byte string says with the handles of an instance, and compares
// it with the model until an operation is a violation.
func handles(t *testing.T, w *world, operations []byte) {
	m := &tableModel{array: []*modelHandle{nil}}
	for ; len(operations) >= 2; operations = operations[2:] {
		operation, index := operations[0]%6, uint32(operations[1]%12)
		h := m.get(index)
		var err error
		allowed := true
		switch operation {
		case 0: // the guest makes a counter
			var got uint32
			got, err = w.call("new", uint32(operations[1]))
			assert.Equal(t, m.add(&modelHandle{counter: true, rep: uint32(operations[1]), own: true}), got)
		case 1: // the host gives a thing
			assert.Equal(t, m.add(&modelHandle{rep: 9, own: true}), w.give(uint32(9)))
		case 2: // the guest drops either
			if allowed = h != nil; allowed {
				allowed = h.counter == (operations[1]&64 != 0)
			}
			before := global(w.Instance, "count")
			if operations[1]&64 != 0 {
				_, err = w.call("drop", index)
			} else {
				_, err = w.call("drop-thing", index)
			}
			if allowed {
				m.remove(index)
				if h.counter {
					assert.Equal(t, before+1, global(w.Instance, "count"))
					assert.Equal(t, h.rep, global(w.Instance, "destroyed"))
				}
			}
		case 3: // the guest asks for a counter's rep
			allowed = h != nil && h.counter
			var got uint32
			got, err = w.call("rep", index)
			if allowed {
				assert.Equal(t, h.rep, got)
			}
		case 4: // the guest gives a thing back
			if allowed = h != nil && !h.counter; allowed {
				m.remove(index)
			}
			w.take = func(c *Call) { c.PushU32(LiftOwn[uint32](c, w.thing, c.PopU32())) }
			var got uint32
			got, err = w.call("run", index, 0)
			if allowed {
				assert.Equal(t, h.rep, got)
			}
		case 5: // the guest borrows a thing, and drops what it was given or something else
			w.take = func(c *Call) { c.PushU32(0) }
			w.meter.Begin(context.Background(), fuel.Limits{Budget: fuel.Unlimited})
			c := w.Call(w.meter, w.Func("drop-thing"))
			given := c.LowerBorrow(w.thing, uint32(3))
			assert.Equal(t, m.add(&modelHandle{rep: 3}), given)
			dropped := given
			if operations[1]&64 != 0 {
				dropped = index
			}
			other := m.get(dropped)
			// The specification traps if another handle was dropped: a borrow is left.
			allowed = dropped == given
			c.PushU32(dropped)
			c.Invoke()
			err = c.Done()
			if allowed {
				require.NotNil(t, other)
				m.remove(dropped)
			}
		}
		if !allowed {
			var v *Violation
			require.ErrorAs(t, err, &v, "operation %d with %d", operation, index)
			return
		}
		require.NoError(t, err, "operation %d with %d", operation, index)
	}
}

// FuzzHandles compares the table of handles with the specification's.
func FuzzHandles(f *testing.F) {
	for seed := range uint64(20) {
		random := rand.New(rand.NewPCG(seed, 4))
		operations := make([]byte, 60)
		for i := range operations {
			operations[i] = byte(random.IntN(256))
		}
		f.Add(operations)
	}
	f.Add([]byte{0, 5, 1, 0, 1, 0, 2, 65, 2, 2, 0, 7, 1, 1, 5, 3, 4, 1})
	f.Fuzz(func(t *testing.T, operations []byte) {
		if len(operations) > 400 {
			return
		}
		handles(t, startWorld(t, wazero.NewRuntimeConfigInterpreter(), "imports"), operations)
	})
}

// operand is a byte that means the index, with bit 6 for a counter.
func operand(index uint32, counter bool) byte {
	for b := index; b < 256; b += 12 {
		if b&64 != 0 == counter {
			return byte(b)
		}
	}
	panic("there is one for every index below 12")
}

// Sequences without mistakes go on for long.
func TestHandlesOfLongSequences(t *testing.T) {
	onBoth(t, func(t *testing.T, config wazero.RuntimeConfig) {
		for seed := range uint64(5) {
			random := rand.New(rand.NewPCG(seed, 5))
			operations := []byte{}
			live := &tableModel{array: []*modelHandle{nil}}
			for range 500 {
				var indices []uint32
				for i, h := range live.array {
					if h != nil && i < 12 {
						indices = append(indices, uint32(i))
					}
				}
				if len(indices) == 0 || len(indices) < 11 && len(live.array) < 12 && random.IntN(2) == 0 {
					counter := random.IntN(2) == 0
					live.add(&modelHandle{counter: counter})
					operations = append(operations, byte(1-bit(counter)), byte(random.IntN(64)))
					continue
				}
				index := indices[random.IntN(len(indices))]
				if h := live.get(index); h.counter {
					operations = append(operations, 2, operand(index, true))
				} else {
					operations = append(operations, 2, operand(index, false))
				}
				live.remove(index)
			}
			handles(t, startWorld(t, config, "imports"), operations)
		}
	})
}

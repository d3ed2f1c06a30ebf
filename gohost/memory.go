package gohost

import (
	"context"
	"sync/atomic"

	"github.com/tetratelabs/wazero/experimental"

	"example.org/compute-pipeline/gohost/internal/linearmem"
)

const pageSize = 1 << 16

// limitedMemory is the linear memory of one instance. It has a limit of its own, to
// know when growth was refused (wazero's only tells the guest), and belongs to the
// instance, not to wazero: see Free.
type limitedMemory struct {
	linear  *linearmem.Memory // nil until wazero asks for it
	limit   uint64
	onHeap  bool
	refused bool
	// largePages is set while an instance with much data starts.
	largePages bool
	all        *atomic.Int64 // bytes of all instances of the engine
}

// withLimitedMemory makes the instance that is started with the context it
// returns use the memory.
func withLimitedMemory(ctx context.Context, m *limitedMemory) context.Context {
	return experimental.WithMemoryAllocator(ctx, experimental.MemoryAllocatorFunc(
		func(_, most uint64) experimental.LinearMemory {
			m.reserve(most)
			return m
		}))
}

// reserve makes room for what the module says is its maximum, or for the limit.
func (m *limitedMemory) reserve(most uint64) {
	most = min(most, m.limit)
	if m.onHeap {
		m.linear = linearmem.OnHeap(most)
	} else {
		m.linear = linearmem.New(most)
	}
}

// Reallocate makes the memory size bytes long, or returns nil beyond the limit.
func (m *limitedMemory) Reallocate(size uint64) []byte {
	before := m.linear.Size()
	bytes := m.linear.Resize(size)
	if bytes == nil && size > 0 {
		m.refused = true
		return nil
	}
	m.all.Add(int64(size) - int64(before))
	if m.largePages {
		m.linear.PreferLargePages(true)
	}
	return bytes
}

// started ends what was for the start only.
func (m *limitedMemory) started() {
	if m.largePages && m.linear != nil {
		m.largePages = false
		m.linear.PreferLargePages(false)
	}
}

// Free does nothing. wazero calls it when the module is closed, which a guest does
// itself in the middle of a call (proc_exit), but goes on to show the memory as it
// was to whoever reads it; a call that failed does so, for the message of a panic.
// Were the memory unmapped by then, that would end the process. The instance
// releases it instead, once, when nobody has it any more.
func (m *limitedMemory) Free() {}

// size is how many bytes there are now.
func (m *limitedMemory) size() uint64 {
	if m.linear == nil {
		return 0 // it failed before it had one
	}
	return m.linear.Size()
}

// release gives the memory back to the system, once no code can reach it. It may be
// called again.
func (m *limitedMemory) release() error {
	if m.linear == nil {
		return nil
	}
	m.all.Add(-int64(m.linear.Size()))
	return m.linear.Release()
}

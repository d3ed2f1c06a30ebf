package sandbox

import (
	"context"
	"sync/atomic"

	"github.com/tetratelabs/wazero/experimental"

	"example.org/compute-pipeline/gohost/internal/linearmem"
)

const pageSize = 1 << 16

// fixedGrowth is by how much fixed memory can grow, in bytes. The engine allocates for the
// text of an error only.
const fixedGrowth = 2 * pageSize

// limitedMemory is the linear memory of one instance. It enforces the limit itself,
// so that the host knows when growth failed (wazero tells only the guest). It belongs
// to the instance, not to wazero: see Free.
type limitedMemory struct {
	linear *linearmem.Memory // nil until wazero asks for it
	limit  uint64
	onHeap bool
	// fixed memory is on Go's heap too, and never moves; see [Lease].
	fixed   bool
	refused bool
	// largePages is set while an instance with much data starts.
	largePages bool
	all        *atomic.Int64 // bytes of all instances of the module
}

// withLimitedMemory returns a context in which a new instance uses the memory.
func withLimitedMemory(ctx context.Context, m *limitedMemory) context.Context {
	return experimental.WithMemoryAllocator(ctx, experimental.MemoryAllocatorFunc(
		func(least, most uint64) experimental.LinearMemory {
			m.reserve(least, most)
			return m
		}))
}

// reserve reserves the module's own maximum, or the limit if that is smaller.
func (m *limitedMemory) reserve(least, most uint64) {
	most = min(most, m.limit)
	switch {
	case m.fixed:
		m.linear = linearmem.Fixed(min(most, least+fixedGrowth))
	case m.onHeap:
		m.linear = linearmem.OnHeap(most)
	default:
		m.linear = linearmem.New(most)
	}
}

// Reallocate resizes the memory to size bytes, or returns nil beyond the limit.
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

// started ends the use of large pages, which is for the start only.
func (m *limitedMemory) started() {
	if m.largePages && m.linear != nil {
		m.largePages = false
		m.linear.PreferLargePages(false)
	}
}

// Free does nothing. wazero calls it when the module is closed, which a guest can
// cause in the middle of a call (proc_exit). wazero still returns the memory to
// readers after that, and a failed call reads it for the message of a panic. Reading
// unmapped memory would crash the process, so the instance releases it instead, once,
// when nothing uses it any more.
func (m *limitedMemory) Free() {}

// size returns the current size in bytes.
func (m *limitedMemory) size() uint64 {
	if m.linear == nil {
		return 0 // the start failed before it had a memory
	}
	return m.linear.Size()
}

// release returns the memory to the system. No code may use the memory any more. It
// may be called again.
func (m *limitedMemory) release() error {
	if m.linear == nil {
		return nil
	}
	m.all.Add(-int64(m.linear.Size()))
	return m.linear.Release()
}

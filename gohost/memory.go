package gohost

import (
	"context"
	"sync/atomic"

	"github.com/tetratelabs/wazero/experimental"
)

const pageSize = 1 << 16

// limitedMemory is the linear memory of one instance. It exists to know when
// growth was refused: wazero's own limit only tells the guest.
type limitedMemory struct {
	bytes   []byte
	limit   uint64
	refused bool
	all     *atomic.Int64 // bytes of all instances of the engine
}

// withLimitedMemory makes the instance that is started with the context it
// returns use the memory.
func withLimitedMemory(ctx context.Context, m *limitedMemory) context.Context {
	return experimental.WithMemoryAllocator(ctx, experimental.MemoryAllocatorFunc(
		func(_, _ uint64) experimental.LinearMemory { return m }))
}

// Reallocate makes the memory size bytes long, or returns nil beyond the limit.
// It grows geometrically, so that a guest that grows by single pages costs
// linear time.
func (m *limitedMemory) Reallocate(size uint64) []byte {
	if size > m.limit {
		m.refused = true
		return nil
	}
	m.all.Add(int64(size) - int64(len(m.bytes)))
	if size > uint64(cap(m.bytes)) {
		grown := make([]byte, size, max(size, min(uint64(len(m.bytes))*5/4, m.limit)))
		copy(grown, m.bytes)
		m.bytes = grown
	}
	m.bytes = m.bytes[:size]
	return m.bytes
}

// Free lets go of the memory. It may be called again.
func (m *limitedMemory) Free() {
	m.all.Add(-int64(len(m.bytes)))
	m.bytes = nil
}

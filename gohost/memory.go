package gohost

import (
	"context"

	"github.com/tetratelabs/wazero/experimental"
)

const pageSize = 1 << 16

// limitedMemory is the linear memory of one instance. It exists to know when
// growth was refused: wazero's own limit only tells the guest.
type limitedMemory struct {
	bytes   []byte
	limit   uint64
	refused bool
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
	if size > uint64(cap(m.bytes)) {
		grown := make([]byte, size, max(size, min(uint64(len(m.bytes))*5/4, m.limit)))
		copy(grown, m.bytes)
		m.bytes = grown
	}
	m.bytes = m.bytes[:size]
	return m.bytes
}

// Free lets go of the memory.
func (m *limitedMemory) Free() { m.bytes = nil }

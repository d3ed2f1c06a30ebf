package gohost

import (
	"math"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
)

// wazero tells the size of a memory in 32 bits, in which 4 GiB are 0.
func TestLargestMemoryHasASizeIn32Bits(t *testing.T) {
	limit := config{memoryLimitMiB: MaxMemoryLimit}.memoryLimit()
	assert.LessOrEqual(t, limit, uint64(math.MaxUint32))
	assert.Zero(t, limit%pageSize)
	memory := limitedMemory{limit: limit, all: new(atomic.Int64)}
	assert.Nil(t, memory.Reallocate(limit+pageSize))
	assert.True(t, memory.refused)
	assert.Equal(t, uint64(4<<20), config{memoryLimitMiB: 4}.memoryLimit())
}

func TestMemoryKeepsItsContentsAndGrowsByMoreThanIsAskedFor(t *testing.T) {
	memory := limitedMemory{limit: 64 * pageSize, all: new(atomic.Int64)}
	copy(memory.Reallocate(16*pageSize), "kept")
	grown := memory.Reallocate(17 * pageSize)
	assert.Len(t, grown, 17*pageSize)
	assert.Equal(t, "kept", string(grown[:4]))
	assert.Greater(t, cap(grown), 17*pageSize)
	assert.Len(t, memory.Reallocate(64*pageSize), 64*pageSize)
	assert.False(t, memory.refused)
}

func TestMemoryOfAllInstancesIsCounted(t *testing.T) {
	var all atomic.Int64
	a, b := limitedMemory{limit: 64 * pageSize, all: &all}, limitedMemory{limit: 64 * pageSize, all: &all}
	a.Reallocate(16 * pageSize)
	b.Reallocate(2 * pageSize)
	a.Reallocate(17 * pageSize)
	a.Reallocate(65 * pageSize) // refused
	assert.EqualValues(t, 19*pageSize, all.Load())
	a.Free()
	a.Free()
	assert.EqualValues(t, 2*pageSize, all.Load())
}

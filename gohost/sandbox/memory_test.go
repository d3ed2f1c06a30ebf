package sandbox

import (
	"math"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost/internal/linearmem"
)

// newMemory is the memory of an instance, of which the module says no maximum.
func newMemory(limit uint64, all *atomic.Int64) *limitedMemory {
	m := &limitedMemory{limit: limit, all: all}
	m.reserve(0, 1<<32)
	return m
}

// wazero tells the size of a memory in 32 bits, in which 4 GiB are 0.
func TestLargestMemoryHasASizeIn32Bits(t *testing.T) {
	limit := config{memoryLimitMiB: MaxMemoryLimit}.memoryLimit()
	assert.LessOrEqual(t, limit, uint64(math.MaxUint32))
	assert.Zero(t, limit%pageSize)
	memory := newMemory(limit, new(atomic.Int64))
	assert.Nil(t, memory.Reallocate(limit+pageSize))
	assert.True(t, memory.refused)
	require.NoError(t, memory.release())
	assert.Equal(t, uint64(4<<20), config{memoryLimitMiB: 4}.memoryLimit())
}

func TestMemoryOfAllInstancesIsCounted(t *testing.T) {
	var all atomic.Int64
	a, b := newMemory(64*pageSize, &all), newMemory(64*pageSize, &all)
	a.Reallocate(16 * pageSize)
	b.Reallocate(2 * pageSize)
	a.Reallocate(17 * pageSize)
	assert.False(t, a.refused)
	a.Reallocate(65 * pageSize)
	assert.True(t, a.refused)
	assert.EqualValues(t, 19*pageSize, all.Load())
	require.NoError(t, a.release())
	require.NoError(t, a.release())
	assert.EqualValues(t, 2*pageSize, all.Load())
	require.NoError(t, b.release())
	assert.Zero(t, all.Load())
}

// A module's maximum is refused by wazero itself: more than that is never reserved.
func TestNoMoreIsReservedThanTheModuleMayHave(t *testing.T) {
	m := &limitedMemory{limit: 64 * pageSize, all: new(atomic.Int64)}
	m.reserve(0, 2*pageSize)
	assert.Nil(t, m.Reallocate(3*pageSize))
	assert.Len(t, m.Reallocate(2*pageSize), 2*pageSize)
	require.NoError(t, m.release())
}

// Whatever wazero does with a memory, it stays there until the instance lets go.
func TestFreeLeavesTheMemoryToTheInstance(t *testing.T) {
	m := newMemory(64*pageSize, new(atomic.Int64))
	assert.Equal(t, linearmem.Supported, m.linear.Mapped())
	bytes := m.Reallocate(pageSize)
	m.Free()
	m.Free()
	bytes[pageSize-1] = 1
	assert.Equal(t, byte(1), m.Reallocate(2 * pageSize)[pageSize-1])
	require.NoError(t, m.release())
}

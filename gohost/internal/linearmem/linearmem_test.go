package linearmem

import (
	"testing"
	"unsafe"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const page = 1 << 16

// each runs f on all kinds of memory that this system has.
func each(t *testing.T, f func(t *testing.T, create func(limit uint64) *Memory)) {
	t.Run("heap", func(t *testing.T) { f(t, OnHeap) })
	t.Run("fixed", func(t *testing.T) { f(t, Fixed) })
	if Supported {
		t.Run("mapped", func(t *testing.T) {
			f(t, func(limit uint64) *Memory {
				m := New(limit)
				require.True(t, m.Mapped())
				t.Cleanup(func() { require.NoError(t, m.Release()) })
				return m
			})
		})
	}
}

func TestMemoryKeepsItsContents(t *testing.T) {
	each(t, func(t *testing.T, create func(uint64) *Memory) {
		m := create(64 * page)
		assert.Empty(t, m.Resize(0))
		for n := 1; n <= 64; n++ {
			bytes := m.Resize(uint64(n) * page)
			require.Len(t, bytes, n*page)
			assert.Equal(t, uint64(n)*page, m.Size())
			for _, i := range []int{0, page / 2, page - 1} {
				require.Zero(t, bytes[(n-1)*page+i], "page %d is new", n)
				bytes[(n-1)*page+i] = byte(n)
			}
		}
		bytes := m.Resize(64 * page)
		for n := 1; n <= 64; n++ {
			require.Equal(t, byte(n), bytes[n*page-1])
		}
	})
}

func TestMemoryHasALimitAndNeverShrinks(t *testing.T) {
	each(t, func(t *testing.T, create func(uint64) *Memory) {
		m := create(4 * page)
		require.Len(t, m.Resize(3*page), 3*page)
		assert.Nil(t, m.Resize(5*page))
		assert.Nil(t, m.Resize(1<<63))
		assert.Nil(t, m.Resize(2*page))
		assert.EqualValues(t, 3*page, m.Size())
		assert.Len(t, m.Resize(4*page), 4*page)
		assert.LessOrEqual(t, cap(m.Resize(4*page)), 4*page)
	})
}

func TestMemoryThatWasReleasedIsEmpty(t *testing.T) {
	each(t, func(t *testing.T, create func(uint64) *Memory) {
		m := create(4 * page)
		m.Resize(2 * page)[2*page-1] = 1
		for range 3 {
			require.NoError(t, m.Release())
			assert.Zero(t, m.Size())
			assert.Empty(t, m.Resize(0))
			assert.Nil(t, m.Resize(page))
		}
	})
}

func TestMemoryOfNothing(t *testing.T) {
	m := New(0)
	assert.Empty(t, m.Resize(0))
	assert.Nil(t, m.Resize(page))
	require.NoError(t, m.Release())
}

// 2^52 bytes are more than any system has addresses for.
func TestWhereNothingCanBeReservedTheHeapServes(t *testing.T) {
	m := New(1 << 52)
	assert.False(t, m.Mapped())
	bytes := m.Resize(page)
	bytes[page-1] = 1
	assert.Equal(t, byte(1), m.Resize(2 * page)[page-1])
	require.NoError(t, m.Release())
}

func TestGrowthMovesNothingAndAsksTheSystemSeldom(t *testing.T) {
	if !Supported {
		assert.False(t, New(page).Mapped())
		return
	}
	const pages = 4096 // 256 MiB
	m := New(pages * page)
	defer func() { require.NoError(t, m.Release()) }()
	start := unsafe.SliceData(m.Resize(page))
	asked, before := 0, m.committed
	for n := range uint64(pages) {
		require.Equal(t, start, unsafe.SliceData(m.Resize((n+1)*page)))
		if m.committed != before {
			asked, before = asked+1, m.committed
		}
		require.LessOrEqual(t, m.committed, m.Size()+max(m.Size()/4, commitStep))
	}
	assert.Less(t, asked, 40)
}

func TestFixedMemoryNeverMovesAndOutlivesItsRelease(t *testing.T) {
	m := Fixed(4 * page)
	first := m.Resize(page)
	for n := range uint64(4) {
		require.Same(t, unsafe.SliceData(first), unsafe.SliceData(m.Resize((n+1)*page)))
	}
	assert.False(t, m.Mapped())
	require.NoError(t, m.Release())
	first[page-1] = 1
}

func TestHeapGrowsByMoreThanIsAskedFor(t *testing.T) {
	m := OnHeap(64 * page)
	m.Resize(16 * page)
	assert.Greater(t, cap(m.Resize(17*page)), 17*page)
}

// What size the pages have, nobody sees but the clock.
func TestPageSizeChangesNothingElse(t *testing.T) {
	each(t, func(t *testing.T, create func(uint64) *Memory) {
		m := create(1024 * page)
		m.PreferLargePages(true)
		bytes := m.Resize(512 * page)
		m.PreferLargePages(true)
		for n := range 512 {
			bytes[n*page] = byte(n)
		}
		m.PreferLargePages(false)
		bytes = m.Resize(1024 * page)
		for n := range 1024 {
			expected := byte(n)
			if n >= 512 {
				expected = 0
			}
			require.Equal(t, expected, bytes[n*page])
		}
		require.NoError(t, m.Release())
		m.PreferLargePages(true)
	})
}

package columnar

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost/input"
)

// What is freed is given again, zeroed, where its size fits, and only so much is kept.
func TestRecycler(t *testing.T) {
	r := newRecycler(1<<20, 10_000)
	first := r.Allocate(1000)
	require.Len(t, first, 1000)
	first[999] = 1
	r.Free(first)
	require.Less(t, cap(r.Allocate(100)), 500, "not memory that is much too large")
	again := r.Allocate(1020)
	require.Same(t, &first[0], &again[0], "a little more fits")
	require.Equal(t, make([]byte, 1020), again)

	again[0] = 7
	larger := r.Reallocate(5000, again)
	require.Equal(t, byte(7), larger[0])
	require.Zero(t, larger[4999])
	require.Len(t, r.free, 1, "the smaller is free")
	require.Same(t, &larger[0], &r.Reallocate(4000, larger)[0], "it is not shrunk")

	r.Free(larger)
	r.Free(r.Allocate(8000))
	require.LessOrEqual(t, r.size, 10_000)
	require.Len(t, r.free, 1, "the oldest went")
	r.Free(nil)

	// More is kept if it was needed at the same time.
	a, b := r.Allocate(20_000), r.Allocate(20_000)
	r.Free(a)
	r.Free(b)
	require.Greater(t, r.size, 40_000)
	r.drop()
	require.Empty(t, r.free)

	require.ErrorIs(t, guarded(func() error { r.Allocate(2 << 20); return nil }), ErrLimit)
	require.ErrorIs(t, guarded(func() error { r.Reallocate(2<<20, make([]byte, 3<<20)); return nil }), ErrLimit)
	for size := range 5000 {
		require.GreaterOrEqual(t, rounded(size), size)
		require.LessOrEqual(t, rounded(size), size+max(size/8, 32))
	}
}

// counting counts what is allocated.
type counting struct {
	memory.Allocator
	calls int
}

func (c *counting) Allocate(size int) []byte {
	c.calls++
	return c.Allocator.Allocate(size)
}

// The memory for the pages of a row group serves the next.
func TestPagesUseMemoryAgain(t *testing.T) {
	read := func(groups int) int {
		var out bytes.Buffer
		w, err := NewParquetWriter(&out, []Field{{Name: "v", Kind: input.Integers}}, nil)
		require.NoError(t, err)
		for i := range groups * groupRows {
			require.NoError(t, w.Row(func(r *Row) { r.Integer(int64(i * i % 1000)) }))
		}
		require.NoError(t, w.Close())
		b, err := OpenParquet(bytes.NewReader(out.Bytes()), int64(out.Len()), 1, Limits{})
		require.NoError(t, err)
		defer b.Close()
		made := &counting{Allocator: memory.NewGoAllocator()}
		b.memory.Allocator = made
		require.NoError(t, b.Select([]int{0}))
		rows := 0
		for batch := (input.Batch{}); ; rows += batch.Rows {
			if err := b.Next(t.Context(), &batch); errors.Is(err, io.EOF) {
				break
			}
			require.NoError(t, err)
		}
		require.Equal(t, groups*groupRows, rows)
		return made.calls
	}
	require.Equal(t, read(1), read(3))
}

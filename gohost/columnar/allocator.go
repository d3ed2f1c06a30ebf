package columnar

import (
	"fmt"
	"math/bits"
	"slices"
	"sync"

	"github.com/apache/arrow-go/v18/arrow/memory"
)

// An allocator refuses single allocations beyond a size, which arrow-go makes as a file says, with a
// panic that guarded makes an error.
type allocator struct {
	memory.Allocator
	max int64
}

func newAllocator(max int64) allocator { return allocator{memory.NewGoAllocator(), max} }

func (a allocator) Allocate(size int) []byte {
	a.check(size)
	return a.Allocator.Allocate(size)
}

func (a allocator) Reallocate(size int, b []byte) []byte {
	a.check(size)
	return a.Allocator.Reallocate(size, b)
}

func (a allocator) check(size int) {
	if size < 0 || int64(size) > a.max+a.max/8+4096 { // buffers are rounded up
		panic(fmt.Errorf("%w: %d bytes at once, of at most %d", ErrLimit, size, a.max))
	}
}

// A recycler is an allocator that gives again what was freed: each column chunk needs about as much memory as
// the one before, which would wait for the garbage collector.
type recycler struct {
	allocator

	keep int // max size of free, if less was never used at the same time

	mu   sync.Mutex
	free [][]byte // the oldest first
	size int      // of free
	used int      // and not freed
	most int      // of used
}

func newRecycler(max int64, keep int) *recycler {
	return &recycler{allocator: newAllocator(max), keep: keep}
}

// Allocate returns memory that is zero.
func (r *recycler) Allocate(size int) []byte {
	r.check(size)
	b := r.take(size)
	if b == nil {
		b = r.Allocator.Allocate(rounded(size))[:size]
	} else {
		clear(b)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.used += cap(b)
	r.most = max(r.most, r.used)
	return b
}

// Reallocate copies b, and frees it.
func (r *recycler) Reallocate(size int, b []byte) []byte {
	if cap(b) >= size {
		r.check(size)
		return b[:size]
	}
	larger := r.Allocate(size)
	copy(larger, b)
	r.Free(b)
	return larger
}

// take returns the smallest memory that is large enough, but not much too large, or nil.
func (r *recycler) take(size int) []byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	best := -1
	for i, b := range r.free {
		if n := cap(b); n >= size && n/2 <= size && (best < 0 || n < cap(r.free[best])) {
			best = i
		}
	}
	if best < 0 {
		return nil
	}
	return r.remove(best)[:size]
}

// remove removes the i-th of what is free.
func (r *recycler) remove(i int) []byte {
	b := r.free[i]
	r.free = slices.Delete(r.free, i, i+1)
	r.size -= cap(b)
	return b
}

// Free keeps b for later.
func (r *recycler) Free(b []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if cap(b) == 0 {
		return
	}
	r.free = append(r.free, b[:cap(b)])
	r.size += cap(b)
	r.used -= cap(b)
	for r.size > max(r.keep, r.most) {
		r.remove(0)
	}
}

// drop gives up what is free.
func (r *recycler) drop() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.free, r.size = nil, 0
}

// rounded rounds a size up by at most an eighth, so that the next can be a little larger.
func rounded(size int) int {
	step := max(1<<bits.Len(uint(size)), 1<<9) >> 4
	return (size + step - 1) &^ (step - 1)
}

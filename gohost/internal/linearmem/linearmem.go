// Package linearmem implements the linear memories of guests, outside Go's heap
// where the system supports it. Growth moves nothing, and released memory returns
// to the system at once, not at the next collection.
//
// A [Memory] reserves all the address space it may ever need, without access and
// so without memory behind it. Growth makes more of it accessible. A page uses
// memory when it is first touched.
//
// Where address space cannot be reserved (see [Supported], a limit such as
// RLIMIT_AS, too many mappings), the memory is a slice on Go's heap. Then growth
// copies, and released memory waits for the collector.
package linearmem

// commitStep is the min number of bytes that become accessible at a time, so that
// a guest that grows by single pages of 64 KiB needs few system calls.
const commitStep = 1 << 20

// Memory is one linear memory. It is not safe for concurrent use.
type Memory struct {
	max uint64
	// region is all the address space; nil on the heap.
	region []byte
	// committed is how much of it is accessible, in bytes.
	committed uint64
	bytes     []byte // the memory at its current size
}

// New returns an empty memory that can grow to limit bytes, in address space of
// its own or else on the heap.
func New(limit uint64) *Memory {
	region, err := reserve(limit)
	if err != nil {
		return OnHeap(limit)
	}
	return &Memory{max: limit, region: region}
}

// OnHeap returns an empty memory on Go's heap that can grow to limit bytes.
func OnHeap(limit uint64) *Memory { return &Memory{max: limit} }

// Fixed returns an empty memory on Go's heap that can grow to limit bytes, which it takes at
// once. It never moves, and the collector frees it when nobody has a part of it, released or not.
func Fixed(limit uint64) *Memory { return &Memory{max: limit, bytes: make([]byte, 0, limit)} }

// Mapped reports whether the memory has address space of its own.
func (m *Memory) Mapped() bool { return m.region != nil }

// Size returns the memory's size in bytes.
func (m *Memory) Size() uint64 { return uint64(len(m.bytes)) }

// Resize grows the memory to size bytes and returns it. It returns nil if size is
// above the limit or below the current size, or if the system refuses. New bytes
// are zero.
func (m *Memory) Resize(size uint64) []byte {
	switch {
	case size > m.max || size < m.Size():
		return nil
	case m.region == nil:
		m.resizeHeap(size)
	case size > m.committed && !m.commit(size):
		return nil
	default:
		m.bytes = m.region[:size:size]
	}
	return m.bytes
}

// commit makes at least size bytes accessible. It adds a quarter at a time, so that
// growth by single pages takes linear time, or only what is needed if the system
// refuses that.
func (m *Memory) commit(size uint64) bool {
	ahead := min(max(size, m.committed+max(m.committed/4, commitStep)), uint64(len(m.region)))
	for _, target := range []uint64{ahead, size} {
		if allow(m.region[:target]) == nil {
			m.committed = target
			return true
		}
	}
	return false
}

// resizeHeap grows the memory geometrically, too.
func (m *Memory) resizeHeap(size uint64) {
	if size > uint64(cap(m.bytes)) {
		grown := make([]byte, size, max(size, min(m.Size()*5/4, m.max)))
		copy(grown, m.bytes)
		m.bytes = grown
	}
	m.bytes = m.bytes[:size]
}

// PreferLargePages asks the system to back the accessible part of the memory with
// pages of 2 MiB or, with false, of the usual size. Writing to many fresh pages is
// several times faster with large ones, but each takes the system tens to hundreds
// of microseconds. On systems other than Linux, and on the heap, it does nothing.
func (m *Memory) PreferLargePages(large bool) {
	if m.committed > 0 {
		advise(m.region[:m.committed], large)
	}
}

// Release returns the memory to the system. The slice from Resize must not be used
// any more: reading it crashes the process. The memory is empty from then on, and
// releasing it again does nothing.
func (m *Memory) Release() error {
	region := m.region
	*m = Memory{}
	if region == nil {
		return nil
	}
	return unmap(region)
}

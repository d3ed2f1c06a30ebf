// Package linearmem provides the linear memories of guests: outside of Go's heap
// where the system lets it, so that growth moves nothing, and what is released is
// the system's again at once, not the next collection's.
//
// A [Memory] has its address space from the start, as far as it may ever grow,
// without access and so without memory behind it. Growth makes more of it
// accessible. A page takes memory when it is first touched.
//
// Where address space cannot be reserved (see [Supported], a limit such as
// RLIMIT_AS, too many mappings), the memory is a slice of Go's heap instead. Then
// growth copies, and a memory that is let go of waits for the collector.
package linearmem

// commitStep is the least that becomes accessible at a time, in bytes: a guest
// that grows by single pages of 64 KiB needs the system a few times only.
const commitStep = 1 << 20

// Memory is one linear memory. It is not safe for concurrent use.
type Memory struct {
	max uint64
	// region is all of the address space; nil on the heap.
	region []byte
	// committed is how much of it can be accessed.
	committed uint64
	bytes     []byte // of the size it has now
}

// New returns an empty memory of at most limit bytes: in address space of its own,
// or else on the heap.
func New(limit uint64) *Memory {
	region, err := reserve(limit)
	if err != nil {
		return OnHeap(limit)
	}
	return &Memory{max: limit, region: region}
}

// OnHeap returns an empty memory of at most limit bytes on Go's heap.
func OnHeap(limit uint64) *Memory { return &Memory{max: limit} }

// Mapped reports whether the memory has address space of its own.
func (m *Memory) Mapped() bool { return m.region != nil }

// Size is the memory's size in bytes.
func (m *Memory) Size() uint64 { return uint64(len(m.bytes)) }

// Resize makes the memory size bytes long, no less than it is, and returns it, or
// nil where that is more than it may have or than the system gives. What is new is
// zero.
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

// commit makes at least size bytes accessible: a quarter more than there are, so
// that growth by single pages costs linear time, or no more than asked for where the
// system refuses that.
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

// resizeHeap grows geometrically, too.
func (m *Memory) resizeHeap(size uint64) {
	if size > uint64(cap(m.bytes)) {
		grown := make([]byte, size, max(size, min(m.Size()*5/4, m.max)))
		copy(grown, m.bytes)
		m.bytes = grown
	}
	m.bytes = m.bytes[:size]
}

// PreferLargePages asks the system to back the memory, as far as it has been made
// accessible, with pages of 2 MiB or, with false, of the usual size. Writing to many
// fresh pages is several times faster with large ones, but each takes the system tens
// to hundreds of microseconds. On other systems than Linux, and on the heap, it does
// nothing.
func (m *Memory) PreferLargePages(large bool) {
	if m.committed > 0 {
		advise(m.region[:m.committed], large)
	}
}

// Release gives the memory back. Nothing may use what Resize returned from then on:
// reading it ends the process. The memory is empty and stays so; releasing it again
// does nothing.
func (m *Memory) Release() error {
	region := m.region
	*m = Memory{}
	if region == nil {
		return nil
	}
	return unmap(region)
}

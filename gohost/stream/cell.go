package stream

import (
	"cmp"
	"container/heap"
	"slices"

	"example.org/compute-pipeline/gohost"
)

// A phase is where a window is in its life.
type phase uint8

const (
	// open: a result is to be emitted, when the watermark reaches the end, or, if it has, when
	// it next moves.
	open phase = iota
	// kept: the result was emitted, and late points can still be added.
	kept
	// closed: a session without its state. A point that would join it is late: what the session
	// was is emitted, and must remain what one computation over its points gives.
	closed

	phases
)

// A cell is a window of a series.
type cell struct {
	span     Span
	series   *series
	state    []byte // of the points that are folded; the place says where it is if it was spilled
	place    place
	points   []gohost.Datapoint // that are not folded yet
	emitted  []Span             // of results that no other has replaced
	revision uint64             // of the next result
	phase    phase
	index    int // in the heap of the phase

	newer, older *cell // in the order of use, if listed
	listed       bool
	memory       int64 // that is counted
}

// A series has the windows of a key, in the order of their starts.
type series struct {
	key   string
	cells []*cell
	last  *cell // to which a point was added last
}

// find returns the position of the window that begins at start, or where it would be.
func (s *series) find(start uint64) (int, bool) {
	return slices.BinarySearchFunc(s.cells, start, func(c *cell, start uint64) int { return cmp.Compare(c.span.Start, start) })
}

func (s *series) remove(c *cell) {
	if i, ok := s.find(c.span.Start); ok {
		s.cells = slices.Delete(s.cells, i, i+1)
	}
	if s.last == c {
		s.last = nil
	}
}

// cells is a heap of windows, in the order of results.
type cells []*cell

func (h cells) Len() int           { return len(h) }
func (h cells) Less(i, j int) bool { return h[i].compare(h[j]) < 0 }

func (h cells) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}

func (h *cells) Push(x any) {
	c := x.(*cell)
	c.index = len(*h)
	*h = append(*h, c)
}

func (h *cells) Pop() any {
	last := len(*h) - 1
	c := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	return c
}

func (h cells) first() *cell {
	if len(h) == 0 {
		return nil
	}
	return h[0]
}

// compare orders results: by end, then start, then key.
func (c *cell) compare(d *cell) int {
	return cmp.Or(cmp.Compare(c.span.Last, d.span.Last), cmp.Compare(c.span.Start, d.span.Start), cmp.Compare(c.series.key, d.series.key))
}

// enter puts a cell into the heap of a phase.
func (t *table) enter(c *cell, p phase) {
	c.phase = p
	heap.Push(&t.heaps[p], c)
}

// leave takes a cell out of the heap of its phase.
func (t *table) leave(c *cell) { heap.Remove(&t.heaps[c.phase], c.index) }

// move changes the phase of a cell.
func (t *table) move(c *cell, p phase) {
	t.leave(c)
	t.enter(c, p)
}

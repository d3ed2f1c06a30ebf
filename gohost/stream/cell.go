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
	last     uint64 // the end of the span, or an earlier one that it had: the place in the heap
	index    int    // in the heap of the phase

	newer, older *cell // in the list of what can be given up, if listed
	listed, used bool  // used: a point was added since its place in the list was looked at
	memory       int64 // that is counted
}

// A series has the windows of a key, in the order of their starts.
type series struct {
	key   string
	cells []*cell
	usual usual
	after *series // that of the point after the last one of this

	// With an expiry:
	life  uint64 // the watermark when it began
	seen  uint64 // the largest timestamp, or watermark when a point came
	due   uint64 // that, or an earlier one: the place in the heap
	index int    // in the heap
}

// The usual windows of a series are those to which its last point was added: all windows that
// timestamps in a span have, if none was gone.
type usual struct {
	cells []*cell
	span  Span
}

// find returns the position of the window that begins at start, or where it would be.
func (s *series) find(start uint64) (int, bool) {
	return slices.BinarySearchFunc(s.cells, start, func(c *cell, start uint64) int { return cmp.Compare(c.span.Start, start) })
}

func (s *series) remove(c *cell) {
	if i, ok := s.find(c.span.Start); ok {
		s.cells = slices.Delete(s.cells, i, i+1)
	}
	s.forget()
}

// forget makes no windows the usual ones.
func (s *series) forget() {
	clear(s.usual.cells)
	s.usual.cells = s.usual.cells[:0]
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

// first returns the first window. A session that has become longer moves to its place only when it comes
// to be the first, and not with each point.
func (h *cells) first() *cell {
	for len(*h) > 0 {
		c := (*h)[0]
		if c.last == c.span.Last {
			return c
		}
		c.last = c.span.Last
		heap.Fix(h, 0)
	}
	return nil
}

// compare orders results: by end, then start, then key.
func (c *cell) compare(d *cell) int {
	return cmp.Or(cmp.Compare(c.last, d.last), cmp.Compare(c.span.Start, d.span.Start), cmp.Compare(c.series.key, d.series.key))
}

// enter puts a cell into the heap of a phase.
func (t *table) enter(c *cell, p phase) {
	c.phase, c.last = p, c.span.Last
	heap.Push(&t.heaps[p], c)
	t.next = min(t.next, t.end(c))
}

// end returns the largest watermark at which nothing is to be done for a cell.
func (t *table) end(c *cell) uint64 {
	switch c.phase {
	case kept:
		return add(c.span.Last, t.config.lateness)
	case closed:
		return add(c.span.Last, add(t.config.lateness, t.windows.gap))
	}
	return c.span.Last
}

// leave takes a cell out of the heap of its phase.
func (t *table) leave(c *cell) { heap.Remove(&t.heaps[c.phase], c.index) }

// move changes the phase of a cell.
func (t *table) move(c *cell, p phase) {
	t.leave(c)
	t.enter(c, p)
}

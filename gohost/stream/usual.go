package stream

import (
	"math/bits"

	"example.org/compute-pipeline/gohost"
)

// set makes windows the usual ones of the timestamps in a span.
func (u *usual) set(cells []*cell, of Span) {
	u.cells, u.span = append(u.cells[:0], cells...), of
}

// takeUsual takes points of a source from the first on, as long as they have the key and the usual
// windows of that one and no window is due. They may make the last session longer. It returns how
// many: 0 if the first is for [table.take].
func (t *table) takeUsual(from *source, points []Point) int {
	s := t.of(points[0].Key)
	if s == nil || len(s.usual.cells) == 0 {
		return 0
	}
	of := s.usual
	room, limit := min(t.room(of.cells), len(points)), t.marks.still(from, t.next)
	last, grows := of.span.Last, t.windows.sessions() && of.cells[0] == s.cells[len(s.cells)-1]
	if grows {
		last = of.cells[0].span.Last
	}
	largest := points[0].Timestamp
	n := 0
	for ; n < room; n++ {
		p := &points[n]
		if p.Timestamp < of.span.Start || p.Timestamp > min(last, limit) || p.Key != s.key {
			break
		}
		largest = max(largest, p.Timestamp)
		if grows {
			last = max(last, add(p.Timestamp, t.windows.gap-1))
		}
	}
	if n == 0 {
		return 0
	}
	for _, c := range of.cells {
		t.appendAll(c, points[:n])
	}
	if grows {
		t.stretch(of.cells[0], Span{of.span.Start, last})
		t.inside(of.cells[0])
	}
	t.saw(s, largest)
	t.counts.Points += uint64(n)
	t.marks.observe(from, largest)
	return n
}

// room returns how many points can be added to each window before one is folded, changes its phase, or
// the memory is to be looked at: what is held must not depend on how points are split into calls.
func (t *table) room(cells []*cell) int {
	if t.memory.full() {
		return 0
	}
	n := t.config.batch
	for _, c := range cells {
		if c.phase != open || len(c.points) >= t.config.batch {
			return 0
		}
		n = min(n, max(cap(c.points)-len(c.points), 1))
	}
	return n
}

// appendAll adds points to a window that has room.
func (t *table) appendAll(c *cell, points []Point) {
	t.grow(c, len(points))
	for i := range points {
		c.points = append(c.points, points[i].Datapoint)
	}
	t.memory.touch(c)
}

// grow makes room in memory for n more points of a window, at most a batch: a power of two in all.
func (t *table) grow(c *cell, n int) {
	if n += len(c.points); n > cap(c.points) {
		n = max(1<<bits.Len(uint(n-1)), firstPoints)
		c.points = append(make([]gohost.Datapoint, 0, min(n, t.config.batch)), c.points...)
		t.memory.count(c)
	}
}

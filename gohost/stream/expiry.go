package stream

import (
	"cmp"
	"container/heap"
)

// idle is a heap of series, in the order in which they expire. The place of one that has had points
// since is only looked at when it comes to be the first.
type idle []*series

func (h idle) Len() int { return len(h) }

func (h idle) Less(i, j int) bool {
	return cmp.Or(cmp.Compare(h[i].due, h[j].due), cmp.Compare(h[i].key, h[j].key)) < 0
}

func (h idle) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}

func (h *idle) Push(x any) {
	s := x.(*series)
	s.index = len(*h)
	*h = append(*h, s)
}

func (h *idle) Pop() any {
	last := len(*h) - 1
	s := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	return s
}

// first returns the series that has been without points for the longest time.
func (h *idle) first() *series {
	for len(*h) > 0 {
		s := (*h)[0]
		if s.due == s.seen {
			return s
		}
		s.due = s.seen
		heap.Fix(h, 0)
	}
	return nil
}

// begin begins the life of a series.
func (t *table) begin(s *series) {
	if t.config.expiry == 0 {
		return
	}
	w := t.marks.current
	s.life, s.seen, s.due = w, w, w
	heap.Push(&t.idle, s)
	t.next = min(t.next, add(w, t.config.expiry))
}

// resume makes the life of a series that has just begun another one.
func (t *table) resume(s *series, life, seen uint64) {
	s.life, s.seen, s.due = life, seen, min(s.due, seen)
	heap.Fix(&t.idle, s.index)
	t.next = min(t.next, add(s.due, t.config.expiry))
}

// saw notes that a series has had points up to a timestamp, before the watermark moved.
func (t *table) saw(s *series, largest uint64) { s.seen = max(s.seen, largest, t.marks.current) }

// forget ends the life of a series.
func (t *table) forget(s *series) {
	if t.config.expiry > 0 {
		heap.Remove(&t.idle, s.index)
	}
}

// expire emits what series that have been without points for too long have, and forgets them.
func (t *table) expire(fire func(*cell) error) error {
	for s := t.idle.first(); s != nil && add(s.seen, t.config.expiry) < t.marks.current; s = t.idle.first() {
		for _, c := range s.cells {
			if c.phase != open {
				continue
			}
			if err := fire(c); err != nil {
				return err
			}
		}
		for len(s.cells) > 0 {
			c := s.cells[len(s.cells)-1]
			t.leave(c)
			t.drop(c)
		}
		t.counts.Expired++
	}
	return nil
}

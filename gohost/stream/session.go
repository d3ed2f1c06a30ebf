package stream

import (
	"context"
)

// takeSession adds a point to the session that it belongs to, which may become longer or take another
// one in, or to a new one.
func (t *table) takeSession(ctx context.Context, s *series, p Point) error {
	span := t.windows.session(p.Timestamp)
	first, after := 0, 0
	if s != nil {
		first, after = s.overlapping(span)
	}
	t.missed = t.missed[:0]
	if t.gone(s, first, after, span) {
		t.missed = append(t.missed, span)
		return t.late(p)
	}
	if first == after {
		if err := t.reserve(ctx, s, p.Key, 1); err != nil {
			return err
		}
		c := t.create(p.Key, span)
		t.append(c, p.Datapoint)
		t.inside(c)
		return nil
	}
	if err := t.relieve(ctx, 0); err != nil {
		return err
	}
	c := s.cells[first]
	var err error
	if after-first > 1 {
		// There are two: none is shorter than the gap, so no third one is between them.
		err = t.join(ctx, c, s.cells[first+1])
	} else {
		err = t.fit(ctx, c)
	}
	if err != nil {
		return err
	}
	t.stretch(c, span)
	t.append(c, p.Datapoint)
	t.inside(c)
	return nil
}

// inside makes a session the usual window of the timestamps that do not make it longer.
func (t *table) inside(c *cell) {
	c.series.usual.set([]*cell{c}, Span{c.span.Start, c.span.Last - (t.windows.gap - 1)})
}

// gone reports whether a point is late: it belongs to a session that is closed, or it may. Sessions
// that were forgotten were before all others, so only a point that begins a session can.
func (t *table) gone(s *series, first, after int, span Span) bool {
	if first == after {
		return span.passed(t.marks.current, t.config.lateness)
	}
	for _, c := range s.cells[first:after] {
		if c.phase == closed {
			return true
		}
	}
	return span.Start < s.cells[first].span.Start && span.passed(t.marks.current, t.config.lateness)
}

// overlapping returns the range of the windows of a series that have time in common with a span.
// Sessions have none in common with each other.
func (s *series) overlapping(span Span) (first, after int) {
	first, _ = s.find(span.Start)
	after = first
	if first > 0 && s.cells[first-1].span.holds(span.Start) {
		first--
	}
	for after < len(s.cells) && span.holds(s.cells[after].span.Start) {
		after++
	}
	return first, after
}

// join moves the points of a session to the one before it, which then has room for another point.
// After an error both are as they were.
func (t *table) join(ctx context.Context, c, other *cell) error {
	if len(c.points)+len(other.points) >= t.config.batch {
		if err := t.fold(ctx, c); err != nil {
			return err
		}
		if err := t.fold(ctx, other); err != nil {
			return err
		}
	}
	if err := t.load(c); err != nil {
		return err
	}
	if err := t.load(other); err != nil {
		return err
	}
	switch {
	case len(c.state) == 0:
		c.state = other.state
	case len(other.state) > 0:
		state, err := t.engine.AppendMerge(ctx, c.state[:0], c.state, other.state)
		if err != nil {
			return err
		}
		c.state = state
	}
	t.grow(c, len(other.points))
	c.points = append(c.points, other.points...)
	c.emitted = append(c.emitted, other.emitted...)
	c.revision = max(c.revision, other.revision)
	span := other.span
	t.leave(other)
	t.drop(other)
	t.stretch(c, span)
	t.memory.count(c)
	return nil
}

// stretch makes a session longer, so that it includes a span.
func (t *table) stretch(c *cell, span Span) {
	longer := Span{min(c.span.Start, span.Start), max(c.span.Last, span.Last)}
	if longer == c.span {
		return
	}
	if c.phase == open && longer.Start == c.span.Start {
		c.span = longer
		return
	}
	// The place in the heap depends on the start. What was emitted is due again.
	t.leave(c)
	c.span = longer
	t.enter(c, open)
}

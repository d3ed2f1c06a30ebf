package window

import (
	"math"
	"time"
)

// An offsetPeriod is the time, in timestamps from Start to Last, in which the clock of a zone is so many seconds ahead of UTC.
type offsetPeriod struct {
	Span
	offset int64
	phase  uint64
}

func (g *Grid) periodOf(t uint64) *offsetPeriod {
	if p := g.period.Load(); p != nil && p.Start <= t && t <= p.Last {
		return p
	}
	second, _ := g.second(t)
	at := time.Unix(second, 0).In(g.spec.zone)
	_, offset := at.Zone()
	first, _ := at.ZoneBounds()
	end := periodEnd(at)
	p := &offsetPeriod{offset: int64(offset), phase: g.phase(int64(offset)), Span: Span{Last: math.MaxUint64}}
	if !first.IsZero() {
		p.Start, _ = g.clock.Timestamp(first.Unix(), 0)
	}
	if !end.IsZero() {
		if last, inside := g.clock.Timestamp(end.Unix(), 0); inside {
			p.Last = last - 1
		}
	}
	g.period.Store(p)
	return p
}

// zoned returns the window of a length that has t: between two times at which the clock of the zone
// reaches a multiple of the length, or jumps over one.
func (g *Grid) zoned(t uint64) Span {
	p := g.periodOf(t)
	m := (t%g.size + p.phase) % g.size
	span := g.around(t, m)
	// A window that ends with the period may go on in the next one.
	if m <= t && p.Start <= span.Start && (span.Last < p.Last || p.Last == math.MaxUint64) {
		return span
	}
	span.Start = g.reachedBefore(p, t)
	span.Last = g.reachedAfter(p, t)
	return span
}

// reachedBefore returns the last time up to t at which the clock reaches a multiple.
func (g *Grid) reachedBefore(p *offsetPeriod, t uint64) uint64 {
	for {
		m := (t%g.size + p.phase) % g.size
		switch {
		case t-p.Start >= m:
			return t - m
		case p.Start == 0:
			return 0 // cut off
		}
		if !g.Valid(p.Start - 1) {
			return p.Start
		}
		before := g.periodOf(p.Start - 1)
		if g.jumpsOver(before, p) {
			return p.Start
		}
		t, p = p.Start-1, before
	}
}

// reachedAfter returns the time before the first after t at which the clock reaches a multiple.
func (g *Grid) reachedAfter(p *offsetPeriod, t uint64) uint64 {
	for {
		m := (t%g.size + p.phase) % g.size
		last := add(t, g.size-1-m)
		if last < p.Last || p.Last == math.MaxUint64 || !g.Valid(p.Last+1) {
			return last
		}
		after := g.periodOf(p.Last + 1)
		if (after.Start%g.size+after.phase)%g.size == 0 || g.jumpsOver(p, after) {
			return p.Last
		}
		t, p = after.Start, after
	}
}

// jumpsOver reports whether the clock jumps over a multiple, or to one, at the end of a period.
func (g *Grid) jumpsOver(before, after *offsetPeriod) bool {
	jump := (after.offset - before.offset) * int64(g.clock.Unit.PerSecond())
	return jump > 0 && (after.Start%g.size+after.phase)%g.size < uint64(jump)+1
}

package window

import (
	"errors"
	"fmt"
	"math"
	"sync/atomic"
	"time"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/internal/epoch"
	"example.org/compute-pipeline/gohost/stream"
)

// A Clock says what timestamps count: a unit, and where they begin.
type Clock = epoch.Clock

// A Span is the time of a window in timestamps. Windows that begin before the first timestamp, or end
// after the last, are cut off there.
type Span = stream.Span

// A Grid has the windows of a [Spec] for the timestamps of a clock. Its methods may be called by several
// goroutines.
type Grid struct {
	spec  Spec
	clock Clock

	size                  uint64 // of lengths and gaps, in units
	firstValid, lastValid uint64 // that are valid
	// period is where the offset of the zone is that of the last window of a length, and spans are those
	// of the last window of the calendar, or of sliding windows.
	period atomic.Pointer[offsetPeriod]
	last   atomic.Pointer[Span]
	panes  atomic.Pointer[panes]
}

// The years of valid timestamps, in seconds since 1970.
const (
	year1     = -62135596800
	year10000 = 253402300800
)

// Grid returns the windows for timestamps of a clock. It returns an error if the unit cannot hold their length.
func (s Spec) Grid(clock Clock) (*Grid, error) {
	g := &Grid{spec: s, clock: clock}
	g.firstValid, _ = clock.Timestamp(year1, 0)
	var ends bool
	if g.lastValid, ends = clock.Timestamp(year10000, 0); ends {
		g.lastValid--
	}
	if s.kind == lengths || s.kind == sessions {
		step := int64(1e9 / clock.Unit.PerSecond())
		if s.count%step != 0 {
			return nil, fmt.Errorf("%w: windows of %s need a finer unit than that of the timestamps, %s", gohost.ErrInvalidInput, s, clock.Unit)
		}
		g.size = uint64(s.count / step)
	}
	return g, nil
}

// Valid reports whether a timestamp is in the years from 1 to 9999.
func (g *Grid) Valid(t uint64) bool { return g.firstValid <= t && t <= g.lastValid }

// Spec returns the windows.
func (g *Grid) Spec() Spec { return g.spec }

// Clock returns what timestamps count.
func (g *Grid) Clock() Clock { return g.clock }

// Session returns the gap of sessions, in units, or false for other windows.
func (g *Grid) Session() (gap uint64, ok bool) { return g.size, g.spec.kind == sessions }

// Span returns the window that has t. One that is not valid is alone in its window. Of sliding windows it is one step, the shortest that begins
// at or before t. That of a session has only t and the gap.
func (g *Grid) Span(t uint64) Span {
	switch {
	case g.spec.kind == everything:
		return Span{Last: math.MaxUint64}
	case !g.Valid(t):
		return Span{Start: t, Last: t}
	}
	switch g.spec.kind {
	case sessions:
		return Span{Start: t, Last: add(t, g.size-1)}
	case lengths:
		if g.spec.zone == nil {
			m := (t%g.size + g.phase(0)) % g.size
			return g.around(t, m)
		}
		return g.zoned(t)
	}
	if last := g.last.Load(); last != nil && last.Start <= t && t <= last.Last {
		return *last
	}
	second, _ := g.second(t)
	lo, hi := g.spec.calendarBounds(second)
	span := g.between(lo, hi)
	g.last.Store(&span)
	return span
}

// add returns a+b, or 2^64-1 if that is less.
func add(a, b uint64) uint64 {
	if a > math.MaxUint64-b {
		return math.MaxUint64
	}
	return a + b
}

// around returns the window of a length that begins m before t.
func (g *Grid) around(t, m uint64) Span {
	span := Span{Last: add(t, g.size-1-m)}
	if m <= t {
		span.Start = t - m
	}
	return span
}

// between returns the timestamps from the second lo up to, but not including, hi.
func (g *Grid) between(lo, hi int64) Span {
	first, _ := g.clock.Timestamp(lo, 0)
	end, inside := g.clock.Timestamp(hi, 0)
	if inside {
		end--
	}
	return Span{Start: first, Last: end}
}

// second returns the second since 1970 of a valid timestamp, and the units after it.
func (g *Grid) second(t uint64) (second int64, sub uint64) {
	instant := g.clock.Time(t)
	return instant.Unix(), uint64(instant.Nanosecond()) / (1e9 / g.clock.Unit.PerSecond())
}

// phase returns how far timestamp 0 is beyond a multiple of the length, on a clock that is so many seconds
// ahead of UTC.
func (g *Grid) phase(offset int64) uint64 {
	size, per := int64(g.size), int64(g.clock.Unit.PerSecond())
	origin := uint64(floorMod(g.clock.Origin, size))
	return (origin + uint64(floorMod((offset-anchorSecond)*per, size))) % g.size
}

func floorMod(a, b int64) int64 {
	if m := a % b; m < 0 {
		return m + b
	} else {
		return m
	}
}

// AppendSpans appends all windows that have t, which must be valid, in the order of their starts. Sliding windows that begin
// before the first timestamp are left out.
func (g *Grid) AppendSpans(dst []Span, t uint64) []Span {
	if g.spec.panes == 0 {
		return append(dst, g.Span(t))
	}
	return append(dst, g.panesAt(t).windows...)
}

// LeavesOut reports whether some of the sliding windows that have t are left out, since they begin before the first timestamp.
func (g *Grid) LeavesOut(t uint64) bool {
	return g.spec.panes > 0 && g.Valid(t) && len(g.panesAt(t).windows) < g.spec.panes
}

// panesAt returns the sliding windows that have t. Those found last are often right.
func (g *Grid) panesAt(t uint64) *panes {
	p := g.panes.Load()
	if p == nil || t < p.of.Start || t > p.of.Last {
		p = g.panesOf(t)
		g.panes.Store(p)
	}
	return p
}

// panes are the sliding windows that have a step.
type panes struct {
	of      Span
	windows []Span
}

func (g *Grid) panesOf(t uint64) *panes {
	n := g.spec.panes
	at := g.Span(t)
	steps := []Span{at} // from t back
	for len(steps) < n && steps[len(steps)-1].Start > 0 && g.Valid(steps[len(steps)-1].Start-1) {
		steps = append(steps, g.Span(steps[len(steps)-1].Start-1))
	}
	if first := steps[len(steps)-1]; first.Start == 0 && len(steps) > 1 {
		if start, _ := g.bounds(0); start.Before(g.clock.Time(0)) {
			steps = steps[:len(steps)-1] // cut off
		}
	}
	p := &panes{of: at, windows: make([]Span, len(steps))}
	end := at
	for i := range n {
		// The window that began n-1-i steps before ends with the step that is i after.
		if back := n - 1 - i; back < len(steps) {
			p.windows[len(steps)-1-back] = Span{Start: steps[back].Start, Last: end.Last}
		}
		if i < n-1 && end.Last < math.MaxUint64 {
			end = g.after(end)
		}
	}
	return p
}

// after returns the window, or step of sliding windows, that follows one.
func (g *Grid) after(s Span) Span {
	if !g.Valid(s.Last + 1) { // beyond the year 9999
		return Span{Start: s.Last + 1, Last: math.MaxUint64}
	}
	return g.Span(s.Last + 1)
}

// Next returns the window that begins after a window does, without one between; false if there is no more, and for sessions.
func (g *Grid) Next(s Span) (Span, bool) {
	if g.spec.kind == everything || g.spec.kind == sessions {
		return Span{}, false
	}
	if g.spec.panes == 0 {
		if s.Last == math.MaxUint64 || !g.Valid(s.Last+1) {
			return Span{}, false
		}
		return g.Span(s.Last + 1), true
	}
	step := g.Span(s.Start)
	if step.Last == math.MaxUint64 || !g.Valid(step.Last+1) {
		return Span{}, false
	}
	all := g.panesOf(step.Last + 1).windows
	return all[len(all)-1], true
}

// Windows returns the windows as those of a stream. A timestamp that is not valid is alone in its window.
func (g *Grid) Windows() stream.Windows {
	name := g.spec.String()
	if g.spec.zone != nil {
		name += " " + g.spec.zone.String()
	}
	switch {
	case g.spec.kind == everything:
		return stream.Global()
	case g.spec.kind == sessions:
		return stream.Session(g.size)
	case g.spec.panes == 0:
		return stream.Partition(name, g.Span)
	case g.spec.kind == lengths && g.spec.zone == nil && g.phase(0) == 0:
		return stream.Sliding(g.size*uint64(g.spec.panes), g.size)
	}
	return stream.Overlapping(name, func(dst []Span, t uint64) ([]Span, Span) {
		if !g.Valid(t) {
			alone := g.Span(t)
			return append(dst, alone), alone
		}
		p := g.panesAt(t)
		return append(dst, p.windows...), p.of
	})
}

// Row returns the row of a window with points and their statistics. It returns an error if no point can have these times.
func (g *Grid) Row(span Span, stat gohost.Statistics) (Row, error) {
	if !g.Valid(stat.First) || !g.Valid(stat.Last) {
		return Row{}, errors.New("the module returned timestamps that it was not given")
	}
	zone := g.spec.Zone()
	row := Row{
		First:  g.clock.Time(stat.First).In(zone),
		Last:   g.clock.Time(stat.Last).In(zone),
		Stat:   stat,
		StdDev: stat.StdDev(),
	}
	if g.spec.kind == everything {
		row.Start, row.End = row.First, row.Last
		return row, nil
	}
	row.Start, row.End = g.Times(span)
	return row, nil
}

// Times returns when a window begins and ends; it ends before its End. They are right for windows that are cut off, too. For [All] they
// are the first and the last time that timestamps can have.
func (g *Grid) Times(span Span) (start, end time.Time) {
	zone := g.spec.Zone()
	if g.spec.kind == everything {
		return g.clock.Time(g.firstValid).In(zone), g.clock.Time(g.lastValid).In(zone)
	}
	if g.spec.kind == sessions {
		last := g.clock.Time(min(span.Last, g.lastValid))
		return g.clock.Time(span.Start).In(zone), last.Add(time.Duration(1e9 / g.clock.Unit.PerSecond())).In(zone)
	}
	start, _ = g.bounds(span.Start)
	if last := span.Last; g.Valid(last) && last < math.MaxUint64 {
		_, end = g.bounds(last)
	} else {
		_, end = g.bounds(g.lastValid)
	}
	return start.In(zone), end.In(zone)
}

// bounds returns the true bounds of the window, or step of sliding windows, that has t.
func (g *Grid) bounds(t uint64) (start, end time.Time) {
	second, sub := g.second(t)
	if g.spec.kind != lengths {
		lo, hi := g.spec.calendarBounds(second)
		return time.Unix(lo, 0), time.Unix(hi, 0)
	}
	span := g.Span(t)
	at := time.Unix(second, int64(sub*(1e9/g.clock.Unit.PerSecond())))
	nanoseconds := time.Duration(1e9 / g.clock.Unit.PerSecond())
	if start = at.Add(-time.Duration(t-span.Start) * nanoseconds); span.Start == 0 || span.Last == math.MaxUint64 {
		// Perhaps cut off. The whole length is right where the clock of the zone has not just changed.
		offset, _, _ := period(second, g.spec.Zone())
		m := (t%g.size + g.phase(offset)) % g.size
		if span.Start == 0 {
			start = at.Add(-time.Duration(m) * nanoseconds)
		}
		if span.Last == math.MaxUint64 {
			return start, at.Add(time.Duration(g.size-m) * nanoseconds)
		}
	}
	return start, at.Add(time.Duration(span.Last-t+1) * nanoseconds)
}

package stream

import (
	"fmt"
	"math"
	"math/bits"

	"example.org/compute-pipeline/gohost"
)

// A Span is the time of a window, in the unit of the timestamps.
type Span struct {
	// Start and Last are the first and the last timestamp in the window.
	Start, Last uint64
}

func (s Span) holds(t uint64) bool { return s.Start <= t && t <= s.Last }

// passed reports whether the watermark is at least d beyond the end of the window. It never is
// beyond the end of time.
func (s Span) passed(watermark, d uint64) bool { return add(s.Last, d) < watermark }

// add returns a+b, or 2^64-1 if that is less.
func add(a, b uint64) uint64 {
	sum, carry := bits.Add64(a, b, 0)
	if carry != 0 {
		return math.MaxUint64
	}
	return sum
}

// Windows divides time into windows.
type Windows struct {
	name   string
	bounds func(t uint64) Span // of a partition
	of     func(dst []Span, t uint64) ([]Span, Span)
	size   uint64 // of sliding windows
	every  uint64 // of sliding windows
	gap    uint64 // of sessions
	err    error
}

// maxOverlap is the max number of sliding windows that have a point.
const maxOverlap = 1000

// Tumbling returns windows of a size, which begin at its multiples.
func Tumbling(size uint64) Windows {
	w := Windows{name: fmt.Sprintf("tumbling %d", size)}
	if size == 0 {
		w.err = fmt.Errorf("%w: Tumbling(0): the size must be positive", gohost.ErrInvalidInput)
		return w
	}
	w.bounds = func(t uint64) Span {
		start := t - t%size
		return Span{start, add(start, size-1)}
	}
	return w
}

// Sliding returns windows of a size, one of which begins at each multiple of every. A point is in
// size/every of them, before the timestamp size in fewer. every must be positive and not larger than
// size, and a point can be in at most 1,000 windows.
func Sliding(size, every uint64) Windows {
	w := Windows{name: fmt.Sprintf("sliding %d every %d", size, every), size: size, every: every}
	if every == 0 || every > size || (size-1)/every >= maxOverlap {
		w.err = fmt.Errorf("%w: Sliding(%d, %d): expected a positive step that is not larger than the size, and at most %d windows at a time",
			gohost.ErrInvalidInput, size, every, maxOverlap)
	}
	return w
}

// Session returns windows of activity: two points of a key are in the same window if they, or
// points between them, are less than the gap apart. A window begins with its first point and ends
// one gap after its last.
func Session(gap uint64) Windows {
	w := Windows{name: fmt.Sprintf("session %d", gap), gap: gap}
	if gap == 0 {
		w.err = fmt.Errorf("%w: Session(0): the gap must be positive", gohost.ErrInvalidInput)
	}
	return w
}

// Global returns one window for all of time. It closes with [Operator.Finish].
func Global() Windows {
	return Partition("global", func(uint64) Span { return Span{0, math.MaxUint64} })
}

// Partition returns windows of any rule by which each timestamp is in one window, such as calendar
// months: bounds returns that window. The name identifies the rule in a snapshot.
func Partition(name string, bounds func(t uint64) Span) Windows {
	w := Windows{name: "partition " + name, bounds: bounds}
	if bounds == nil {
		w.err = fmt.Errorf("%w: Partition(%q, nil): the function is missing", gohost.ErrInvalidInput, name)
	}
	return w
}

// Overlapping returns windows of any rule by which each timestamp is in some of them, such as the last seven days
// of a calendar: of appends those of t to dst, in the order of their starts, and returns the timestamps around t that
// have exactly the same ones. The name identifies the rule in a snapshot. A point can be in at most 1,000 windows.
func Overlapping(name string, of func(dst []Span, t uint64) (windows []Span, same Span)) Windows {
	w := Windows{name: "overlapping " + name, of: of}
	if of == nil {
		w.err = fmt.Errorf("%w: Overlapping(%q, nil): the function is missing", gohost.ErrInvalidInput, name)
	}
	return w
}

// String returns a description, such as "tumbling 3600".
func (w Windows) String() string { return w.name }

func (w Windows) sessions() bool { return w.gap > 0 }

// session returns the session of one point.
func (w Windows) session(t uint64) Span { return Span{t, add(t, w.gap-1)} }

// alike returns the span of timestamps that have exactly the windows of t, the first of which is given.
// That of a session is the session.
func (w Windows) alike(t uint64, first Span) Span {
	if w.every == 0 {
		return first
	}
	// From the beginning of the latest window, or where the one before the first ended, to where the
	// next begins or the first ends.
	latest := t - t%w.every
	from := latest
	if first.Start >= w.every {
		from = max(from, first.Start-w.every+w.size)
	}
	return Span{from, min(add(latest, w.every-1), first.Last)}
}

// appendOf appends the windows of a timestamp, in the order of their starts, and returns the span of timestamps that have
// exactly these. Those of sessions are joined with others later.
func (w Windows) appendOf(dst []Span, t uint64) ([]Span, Span, error) {
	switch {
	case w.gap > 0:
		span := w.session(t)
		return append(dst, span), span, nil
	case w.bounds != nil:
		span := w.bounds(t)
		if !span.holds(t) {
			return dst, Span{}, fmt.Errorf("%w: the windows %q: the one for timestamp %d is from %d to %d", gohost.ErrInvalidInput, w.name, t, span.Start, span.Last)
		}
		return append(dst, span), span, nil
	case w.of != nil:
		before := len(dst)
		spans, same := w.of(dst, t)
		return spans, same, w.check(spans[before:], same, t)
	}
	before := len(dst)
	last := t - t%w.every
	first := last - min(last, (w.size-1)/w.every*w.every)
	for start := first; ; start += w.every {
		if span := (Span{start, add(start, w.size-1)}); span.holds(t) {
			dst = append(dst, span)
		}
		if start == last {
			return dst, w.alike(t, dst[before]), nil
		}
	}
}

// check returns an error if a function has not returned what [Overlapping] wants.
func (w Windows) check(spans []Span, same Span, t uint64) error {
	ok := len(spans) > 0 && len(spans) <= maxOverlap && same.holds(t)
	for i, span := range spans {
		ok = ok && span.Start <= same.Start && same.Last <= span.Last && (i == 0 || spans[i-1].Start < span.Start)
	}
	if !ok {
		return fmt.Errorf("%w: the windows %q: those for timestamp %d are not 1 to %d in order around the timestamps from %d to %d, which have the same ones",
			gohost.ErrInvalidInput, w.name, t, maxOverlap, same.Start, same.Last)
	}
	return nil
}

package input

import (
	"fmt"
	"sync/atomic"
	"time"
)

// Ambiguous says which instant a time is that clocks showed twice, because they were set back.
type Ambiguous string

// Which instant it is.
const (
	AmbiguousError   Ambiguous = "" // such a time is a fault
	AmbiguousEarlier Ambiguous = "earlier"
	AmbiguousLater   Ambiguous = "later"
)

// A zone turns times on the clocks of a place into instants.
type zone struct {
	at    *time.Location
	which Ambiguous                // instant of a time that was shown twice
	name  string                   // of the option that says so
	last  atomic.Pointer[zoneSpan] // that of the last time
}

// A zoneSpan is a span of the time on the clocks, in seconds, that has one offset.
type zoneSpan struct{ from, to, offset int64 }

// longest is more than an offset can be, in seconds.
const longest = 26 * 3600

// instant returns the seconds since 1970 of a time on the clocks, in seconds from 1970-01-01 00:00:00
// there. A date is the first instant of its day.
func (z *zone) instant(shown int64, date bool) (int64, string) {
	if s := z.last.Load(); s != nil && shown >= s.from && shown < s.to {
		return shown - s.offset, ""
	}
	before, after := z.offset(shown-longest), z.offset(shown+longest)
	first, second := shown-before, shown-after
	isFirst, isSecond := z.offset(first) == before, z.offset(second) == after
	switch {
	case isFirst && isSecond && first == second:
		z.keep(first, before)
		return first, ""
	case isFirst && isSecond && date:
		return min(first, second), ""
	case isFirst && isSecond && z.which == AmbiguousEarlier:
		return min(first, second), ""
	case isFirst && isSecond && z.which == AmbiguousLater:
		return max(first, second), ""
	case isFirst && isSecond:
		return 0, fmt.Sprintf("is twice in %s, where clocks were set back; expected an offset such as %s, or %s earlier or later", z.at, offsetText(before), z.name)
	case isFirst:
		return first, ""
	case isSecond:
		return second, ""
	case date: // a day that begins after midnight: clocks were set forward
		_, change := time.Unix(second, 0).In(z.at).ZoneBounds()
		if begin := change.Unix(); begin+after < shown+86400 { // else the day was left out
			return begin, ""
		}
	}
	return 0, fmt.Sprintf("is never in %s, where clocks were set forward", z.at)
}

func (z *zone) offset(instant int64) int64 {
	_, offset := time.Unix(instant, 0).In(z.at).Zone()
	return int64(offset)
}

// keep remembers the span of one offset around an instant, without the days beside its ends.
func (z *zone) keep(instant, offset int64) {
	span := &zoneSpan{from: instant - longest, to: instant + longest, offset: offset}
	const far = 300 * 366 * 86400
	begin, end := time.Unix(instant, 0).In(z.at).ZoneBounds()
	span.from, span.to = instant-far, instant+far
	if !begin.IsZero() {
		span.from = begin.Unix() + 2*longest
	}
	if !end.IsZero() {
		span.to = end.Unix() - 2*longest
	}
	if shown := instant + offset; span.from <= shown && shown < span.to {
		z.last.Store(span)
	}
}

// offsetText returns an offset as RFC 3339 writes it.
func offsetText(seconds int64) string {
	return time.Unix(0, 0).In(time.FixedZone("", int(seconds))).Format("-07:00")
}

package window

import "time"

// The calendar of a zone, in seconds since 1970. A wall second is what a clock in the zone reads, counted as if
// the clock were in UTC.

// anchorSecond is Monday 2000-01-03, from which lengths, days and weeks are counted.
const anchorSecond = 946857600

const daySeconds = 24 * 3600

// firstWith returns the first second at which the clock of the zone reads a wall second or a later one.
// After a jump of the clock that can be a later one; if the clock reads it twice, it is the first time.
func firstWith(wall int64, zone *time.Location) int64 {
	if zone == time.UTC {
		return wall
	}
	// No zone is that far from UTC: before this second the clock reads earlier ones.
	const most = 26 * 3600
	at := wall - most
	for {
		offset, end, ends := period(at, zone)
		if reached := max(at, wall-offset); !ends || reached < end {
			return reached
		}
		at = end
	}
}

// period returns the offset of the zone at a second, and where it ends, if it does.
func period(second int64, zone *time.Location) (offset, end int64, ends bool) {
	t := time.Unix(second, 0).In(zone)
	_, seconds := t.Zone()
	last := periodEnd(t)
	return int64(seconds), last.Unix(), !last.IsZero()
}

// periodEnd returns the end of ZoneBounds. In years that a rule of the zone describes, those after 2037,
// that is 365 days after the year began: before December 31 of a leap year ends, it is past.
func periodEnd(t time.Time) time.Time {
	_, end := t.ZoneBounds()
	if !end.IsZero() && !end.After(t) {
		return t.Add(24 * time.Hour)
	}
	return end
}

// calendarBounds returns the window of days or months that has the second: from lo up to, but not
// including, hi.
func (s Spec) calendarBounds(second int64) (lo, hi int64) {
	zone := s.Zone()
	date := time.Unix(second, 0).In(zone)
	place := floorDiv(s.index(date), s.count)
	begin := func(place int64) int64 { return firstWith(s.wall(place*s.count), zone) }
	lo, hi = begin(place), begin(place+1)
	// A date can come twice: then its first time decides.
	for second >= hi {
		place++
		lo, hi = hi, begin(place+1)
	}
	for second < lo {
		place--
		lo, hi = begin(place), lo
	}
	return lo, hi
}

// index counts the days since 2000-01-03, or the months since January 2000.
func (s Spec) index(date time.Time) int64 {
	year, month, day := date.Date()
	if s.kind == months {
		return int64(year-2000)*12 + int64(month) - 1
	}
	return (time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Unix() - anchorSecond) / daySeconds
}

// wall returns the wall second of midnight on the day, or the first day of the month, with an index.
func (s Spec) wall(index int64) int64 {
	if s.kind == months {
		return time.Date(2000, time.Month(1+index), 1, 0, 0, 0, 0, time.UTC).Unix()
	}
	return anchorSecond + index*daySeconds
}

func floorDiv(a, b int64) int64 {
	if q := a / b; a%b == 0 || a > 0 {
		return q
	}
	return a/b - 1
}

package chart

import (
	"math"
	"strings"
	"time"

	"gonum.org/v1/plot"
)

// A step is a distance between ticks: calendar months, seconds, or a part of a second.
type step struct {
	months  int
	seconds int64
	part    time.Duration
	zone    *time.Location
}

// Round steps: parts of a second, seconds, and then months. A float64 of Unix seconds is good for
// microseconds.
var (
	parts = []time.Duration{
		1e3, 2e3, 5e3, 10e3, 20e3, 50e3, 100e3, 200e3, 500e3,
		1e6, 2e6, 5e6, 10e6, 20e6, 50e6, 100e6, 200e6, 500e6,
	}
	secondSteps = []int64{
		1, 2, 5, 10, 15, 30, minute, 2 * minute, 5 * minute, 10 * minute, 15 * minute, 30 * minute,
		hour, 2 * hour, 3 * hour, 6 * hour, 12 * hour, day, 2 * day, 7 * day, 14 * day,
	}
	monthSteps = []int{1, 2, 3, 6, 12, 24, 60, 120, 240, 600, 1200, 2400, 6000, 12000, 24000}
)

const (
	minute = 60
	hour   = 60 * minute
	day    = 24 * hour
	// firstMonday makes ticks of whole weeks fall on Mondays.
	firstMonday = 4 * day

	// mostTicks is the max number of ticks on the time axis.
	mostTicks = 13
	// mostParts is that of parts of a second, whose labels are longer.
	mostParts = 6
)

// timeTicks labels a time axis (Unix seconds) at round times in a time zone. The first line of a
// label is the time or date; the second is the day or year, at the first tick and where it
// changes.
type timeTicks struct{ zone *time.Location }

// Ticks implements plot.Ticker.
func (t timeTicks) Ticks(lo, hi float64) []plot.Tick {
	for _, part := range parts {
		s := step{part: part, zone: t.zone}
		if hi-lo > mostParts*part.Seconds() {
			continue
		}
		if times := s.between(lo, hi); len(times) <= mostParts {
			return s.label(times)
		}
	}
	for _, seconds := range secondSteps {
		s := step{seconds: seconds, zone: t.zone}
		if times := s.between(lo, hi); len(times) <= mostTicks {
			return s.label(times)
		}
	}
	for _, months := range monthSteps {
		s := step{months: months, zone: t.zone}
		if times := s.between(lo, hi); len(times) <= mostTicks {
			return s.label(times)
		}
	}
	return nil
}

// between returns the multiples of s from lo to hi, or the first mostTicks+1 of them.
func (s step) between(lo, hi float64) []time.Time {
	var times []time.Time
	for wall := s.before(lo); len(times) <= mostTicks; wall = s.next(wall) {
		t := s.instant(wall)
		switch x := unixSeconds(t); {
		case x > hi:
			return times
		case x >= lo && (len(times) == 0 || t.After(times[len(times)-1])):
			times = append(times, t)
		}
	}
	return times
}

// before returns a multiple of s that is not after x. Like next it counts on a clock on the wall of the
// zone, which is written as a time in UTC: multiples of six hours are at midnight also in summer.
func (s step) before(x float64) time.Time {
	t := time.Unix(int64(math.Floor(x)), 0).In(s.zone)
	if s.months > 0 {
		months := t.Year()*12 + int(t.Month()) - 1
		months -= months % s.months
		return time.Date(months/12, time.Month(months%12+1), 1, 0, 0, 0, 0, time.UTC)
	}
	var phase int64
	if s.seconds >= 7*day {
		phase = firstMonday
	}
	_, offset := t.Zone()
	wall := t.Unix() + int64(offset) - phase
	if s.part > 0 {
		within := time.Duration((x - math.Floor(x)) * 1e9)
		return time.Unix(wall, int64(within-within%s.part)).UTC()
	}
	wall -= ((wall % s.seconds) + s.seconds) % s.seconds
	return time.Unix(wall+phase, 0).UTC()
}

func (s step) next(wall time.Time) time.Time {
	if s.months > 0 {
		return wall.AddDate(0, s.months, 0)
	}
	return wall.Add(time.Duration(s.seconds)*time.Second + s.part)
}

// instant returns the time at which the clock on the wall shows wall.
func (s step) instant(wall time.Time) time.Time {
	return time.Date(wall.Year(), wall.Month(), wall.Day(), wall.Hour(), wall.Minute(), wall.Second(), wall.Nanosecond(), s.zone)
}

func (s step) label(times []time.Time) []plot.Tick {
	first, second := s.layouts()
	ticks := make([]plot.Tick, 0, len(times))
	last := ""
	for _, t := range times {
		text := t.Format(first)
		if second != "" {
			// A label without a second line gets an empty one, so that all first
			// lines have the same height.
			context := t.Format(second)
			if context == last {
				text += "\n "
			} else {
				text += "\n" + context
			}
			last = context
		}
		ticks = append(ticks, plot.Tick{Value: unixSeconds(t), Label: text})
	}
	return ticks
}

// layouts returns the layouts of the two lines of a label.
func (s step) layouts() (first, second string) {
	switch {
	case s.months >= 12:
		return "2006", ""
	case s.months > 0:
		return "Jan", "2006"
	case s.seconds >= day:
		return "2 Jan", "2006"
	case s.seconds >= minute:
		return "15:04", "2 Jan 2006"
	case s.part > 0:
		digits := 1
		for d := 100 * time.Millisecond; d > s.part; d /= 10 {
			digits++
		}
		return "15:04:05." + strings.Repeat("0", digits), "2 Jan 2006"
	default:
		return "15:04:05", "2 Jan 2006"
	}
}

// Package window folds datapoints into one small state per window of time.
package window

import (
	"math"
	"math/bits"
	"time"

	"example.org/compute-pipeline/gohost/internal/epoch"
	"example.org/compute-pipeline/gohost/stream"
)

// A Window is the length of the windows that time is divided into, in UTC.
type Window string

// Windows.
const (
	Hour  Window = "1h"
	Day   Window = "1d"
	Week  Window = "7d" // begins on Monday, as in ISO 8601
	Month Window = "1mo"
	All   Window = "all" // one window for everything
)

const (
	hour = 3600
	day  = 24 * hour
	week = 7 * day
	// firstMonday is the first Monday after the epoch, which was a Thursday.
	firstMonday = 4 * day
)

// Bounds returns the window of the second: from lo up to, but not including, hi, in Unix
// seconds.
func (w Window) Bounds(second int64) (lo, hi int64) {
	switch w {
	case Hour:
		lo = second - second%hour
		return lo, lo + hour
	case Day:
		lo = second - second%day
		return lo, lo + day
	case Week:
		// One week is added so that the remainder is not negative before the first
		// Monday.
		lo = second - (second-firstMonday+week)%week
		return lo, lo + week
	case Month:
		t := time.Unix(second, 0).UTC()
		first := time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, time.UTC)
		return first.Unix(), first.AddDate(0, 1, 0).Unix()
	default:
		return 0, math.MaxInt64
	}
}

// Of returns the windows as those of a stream with timestamps in a unit.
func (w Window) Of(unit epoch.Unit) stream.Windows {
	if w == All {
		return stream.Global()
	}
	per := unit.PerSecond()
	return stream.Partition(string(w), func(t uint64) stream.Span {
		lo, hi := w.Bounds(int64(t / per))
		span := stream.Span{Last: math.MaxUint64}
		if lo > 0 { // a week may begin before 1970
			span.Start = uint64(lo) * per
		}
		if over, end := bits.Mul64(uint64(hi), per); over == 0 {
			span.Last = end - 1
		}
		return span
	})
}

// Package epoch relates integer timestamps to the calendar: a timestamp counts
// seconds, or a fraction of them, since 1970-01-01T00:00:00Z.
package epoch

import (
	"errors"
	"fmt"
	"math"
	"math/bits"
	"strconv"
	"strings"
	"time"
)

// A Unit is the unit of timestamps.
type Unit string

// Units.
const (
	Second      Unit = "s"
	Millisecond Unit = "ms"
	Microsecond Unit = "us"
	Nanosecond  Unit = "ns"
)

// lastSecond is the end of the year 9999: RFC 3339 has no later date.
const lastSecond = 253402300799

// PerSecond returns the number of units in a second.
func (u Unit) PerSecond() uint64 {
	switch u {
	case Millisecond:
		return 1e3
	case Microsecond:
		return 1e6
	case Nanosecond:
		return 1e9
	default:
		return 1
	}
}

// Origin returns the time that timestamps which reach before 1970 count from, in units since 1970:
// the year 1, or for nanoseconds, which do not reach that, -2^63, in 1677.
func (u Unit) Origin() int64 {
	const yearOne = -62135596800
	if u == Nanosecond {
		return math.MinInt64
	}
	return yearOne * int64(u.PerSecond())
}

// Valid reports whether t is before the year 10000, the end of RFC 3339's range.
func (u Unit) Valid(t uint64) bool { return t/u.PerSecond() <= lastSecond }

// Time returns the instant of t, which must be Valid, in UTC.
func (u Unit) Time(t uint64) time.Time {
	per := u.PerSecond()
	return time.Unix(int64(t/per), int64(t%per*(1e9/per))).UTC()
}

// Explain returns why t is not Valid, and which unit would make it valid.
func (u Unit) Explain(t uint64) string {
	msg := fmt.Sprintf("timestamp %d in %s is after the year 9999", t, u.Name())
	for _, finer := range []Unit{Millisecond, Microsecond, Nanosecond} {
		if finer.PerSecond() > u.PerSecond() && finer.Valid(t) {
			return msg + fmt.Sprintf(" (is --unit %s meant?)", finer)
		}
	}
	return msg
}

// Name returns the word for units, such as "seconds".
func (u Unit) Name() string {
	switch u {
	case Millisecond:
		return "milliseconds"
	case Microsecond:
		return "microseconds"
	case Nanosecond:
		return "nanoseconds"
	default:
		return "seconds"
	}
}

// Parse parses a timestamp: an integer in this unit, or a date and time of RFC 3339, such
// as "2010-01-31T12:00:00Z", with a space instead of the T, or only the date, which means
// midnight UTC. It rejects a time without an offset, which could be in any zone, and a
// fraction that the unit cannot hold.
func (u Unit) Parse(s string) (uint64, error) {
	if s == "" {
		return 0, errors.New("expected a timestamp, found an empty cell")
	}
	if isDigits(s) {
		t, err := strconv.ParseUint(s, 10, 64)
		if err != nil {
			return 0, fmt.Errorf("expected a timestamp from 0 to 18446744073709551615, found %s", clip(s))
		}
		return t, nil
	}
	instant, err := parseTime(s)
	if err != nil {
		return 0, err
	}
	if instant.Unix() < 0 {
		return 0, fmt.Errorf("%s is before 1970; timestamps cannot be negative", clip(s))
	}
	per := u.PerSecond()
	hi, t := bits.Mul64(uint64(instant.Unix()), per)
	if hi != 0 {
		return 0, fmt.Errorf("%s is too late for a timestamp in %s", clip(s), u.Name())
	}
	step := 1e9 / per
	if uint64(instant.Nanosecond())%step != 0 {
		return 0, fmt.Errorf("%s has a fraction of a second that %s cannot hold; use a finer --unit", clip(s), u.Name())
	}
	t, carry := bits.Add64(t, uint64(instant.Nanosecond())/step, 0)
	if carry != 0 {
		return 0, fmt.Errorf("%s is too late for a timestamp in %s", clip(s), u.Name())
	}
	return t, nil
}

func parseTime(s string) (time.Time, error) {
	for _, layout := range []string{time.RFC3339, "2006-01-02 15:04:05Z07:00", time.DateOnly} {
		if t, err := time.Parse(layout, s); err == nil {
			return t, nil
		}
	}
	for _, layout := range []string{"2006-01-02T15:04:05", time.DateTime, "2006-01-02T15:04", "2006-01-02 15:04"} {
		if _, err := time.Parse(layout, s); err == nil {
			return time.Time{}, fmt.Errorf("%s has no time zone; expected an offset such as Z or +01:00", clip(s))
		}
	}
	return time.Time{}, fmt.Errorf("expected an integer or a time such as 2010-01-31T12:00:00Z, found %s", clip(s))
}

func isDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// clip quotes s for a message, and shortens it if it is long.
func clip(s string) string {
	const most = 40
	if len(s) > most {
		return strconv.Quote(strings.ToValidUTF8(s[:most], "")) + "…"
	}
	return strconv.Quote(s)
}

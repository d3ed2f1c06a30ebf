package window

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// A Spec says how time is divided into windows. It is a comparable value; the zero Spec is [All]. See
// [Parse].
type Spec struct {
	text  string // as String returns it
	kind  kind
	count int64 // nanoseconds, days or months
	// panes is the number of consecutive windows that a sliding window has; 0 if they do not slide.
	panes int
	zone  *time.Location // nil is UTC
}

type kind uint8

const (
	everything kind = iota
	lengths         // of so many nanoseconds
	days            // of the calendar
	months          // of the calendar
	sessions        // of activity, with a gap of so many nanoseconds
)

// Some windows, in UTC.
var (
	Hour  = MustParse("1h")
	Day   = MustParse("1d")
	Week  = MustParse("7d") // begins on Monday, as in ISO 8601
	Month = MustParse("1mo")
	All   = Spec{} // one window for everything
)

// maxPanes is the max number of windows that have a point.
const maxPanes = 1000

// units of windows, the longer names first where one begins another.
var units = []struct {
	name  string
	kind  kind
	count int64
}{
	{"ns", lengths, 1},
	{"us", lengths, 1e3},
	{"ms", lengths, 1e6},
	{"s", lengths, 1e9},
	{"m", lengths, 60e9},
	{"h", lengths, 3600e9},
	{"d", days, 1},
	{"w", days, 7},
	{"mo", months, 1},
	{"q", months, 3},
	{"y", months, 12},
}

// Possible lists what [Parse] accepts, for messages.
const Possible = "a number with ns, us, ms, s, m, h, d, w, mo, q or y, such as 15m, 6h, 1d, 1w, 1mo or 1y; all; a sliding window such as 6h/1h; or session:30m"

// Parse returns the windows that a text names, in a time zone; nil is UTC.
//
//   - 500ms, 90s, 15m, 6h: lengths of time, from ns to h. A window begins whenever the clock of the
//     zone reaches a multiple of the length, counted from midnight on Monday 2000-01-03, or jumps
//     over one. In UTC, and in a zone without changes of its clock, all are equally long; so they
//     are where a change is a multiple of the length: 25 windows of 1h are in a day of 25 hours,
//     and four of 6h, one of these with 7 hours.
//   - 1d, 1w, 1mo, 1q, 1y and multiples: from the first instant that has the date in the zone, so that
//     a day has 23, 24 or 25 hours. Weeks begin on Monday. Several days or weeks are counted from Monday
//     2000-01-03, several months or years from January 2000. 7d is 1w.
//   - all: one window.
//   - 6h/1h: sliding windows. One begins with each window of 1h, and consists of six of these.
//   - session:30m: windows of activity of a key: points that are less than 30 minutes apart are in one.
//
// These are the rules of time_bucket in DuckDB and TimescaleDB, but for clock changes, where those join
// the hour that comes twice.
func Parse(text string, zone *time.Location) (Spec, error) {
	s, err := parse(text)
	if err != nil {
		return Spec{}, err
	}
	if zone != nil && zone != time.UTC {
		s.zone = zone
	}
	return s, nil
}

// MustParse is [Parse] in UTC, and panics if the text names no windows.
func MustParse(text string) Spec {
	s, err := Parse(text, nil)
	if err != nil {
		panic(err)
	}
	return s
}

func parse(text string) (Spec, error) {
	if text == "all" {
		return All, nil
	}
	if gap, ok := strings.CutPrefix(text, "session:"); ok {
		s, err := parseLength(text, gap)
		if err != nil {
			return Spec{}, err
		}
		if s.kind == days { // of 24 hours
			if s.count > math.MaxInt64/dayNanoseconds {
				return Spec{}, badSpec(text, "it is too long")
			}
			s.kind, s.count = lengths, s.count*dayNanoseconds
		}
		if s.kind != lengths {
			return Spec{}, badSpec(text, "the gap of a session is a length of time, and months differ")
		}
		s.kind, s.text = sessions, "session:"+s.text
		return s, nil
	}
	size, step, sliding := strings.Cut(text, "/")
	if !sliding {
		return parseLength(text, text)
	}
	whole, err := parseLength(text, size)
	if err != nil {
		return Spec{}, err
	}
	s, err := parseLength(text, step)
	if err != nil {
		return Spec{}, err
	}
	if whole.kind == days && s.kind == lengths {
		if whole.count > math.MaxInt64/dayNanoseconds {
			return Spec{}, badSpec(text, "it is too long")
		}
		whole.kind, whole.count = lengths, whole.count*dayNanoseconds
	}
	if whole.kind != s.kind || whole.count%s.count != 0 {
		return Spec{}, badSpec(text, fmt.Sprintf("a sliding window has so many whole windows of its step, and %s is no multiple of %s", whole.text, s.text))
	}
	if whole.count/s.count > maxPanes {
		return Spec{}, badSpec(text, fmt.Sprintf("a point would be in %d windows; at most %d are possible", whole.count/s.count, maxPanes))
	}
	if s.panes = int(whole.count / s.count); s.panes == 1 {
		s.panes = 0
		return s, nil
	}
	s.text = whole.text + "/" + s.text
	return s, nil
}

const dayNanoseconds = int64(24 * time.Hour)

// parseLength parses a number with a unit, a part of a text.
func parseLength(text, part string) (Spec, error) {
	digits := strings.TrimLeft(part, "0123456789")
	number, name := part[:len(part)-len(digits)], digits
	for _, unit := range units {
		if unit.name != name {
			continue
		}
		if number == "" {
			return Spec{}, badSpec(text, fmt.Sprintf("a number is missing before %s", name))
		}
		n, err := strconv.ParseInt(number, 10, 64)
		switch {
		case err != nil || n > math.MaxInt64/unit.count || unit.kind == days && n*unit.count > maxDays || unit.kind == months && n*unit.count > maxMonths:
			return Spec{}, badSpec(text, "it is too long")
		case n == 0:
			return Spec{}, badSpec(text, "it has no length")
		}
		return Spec{text: strconv.FormatInt(n, 10) + name, kind: unit.kind, count: n * unit.count}, nil
	}
	return Spec{}, badSpec(text, "")
}

// The longest windows of the calendar have 10,000 years.
const (
	maxMonths = 12 * 10_000
	maxDays   = 366 * 10_000
)

func badSpec(text, reason string) error {
	if reason != "" {
		reason = ": " + reason
	}
	return fmt.Errorf("%.40q is no window%s; expected %s", text, reason, Possible)
}

// String returns a text that [Parse] accepts. It does not name the zone.
func (s Spec) String() string {
	if s.kind == everything {
		return "all"
	}
	return s.text
}

// MarshalText implements [encoding.TextMarshaler].
func (s Spec) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Zone returns the time zone of the windows.
func (s Spec) Zone() *time.Location {
	if s.zone == nil {
		return time.UTC
	}
	return s.zone
}

// Step returns the shortest length that the starts of windows can be apart, or 0 if these can be anywhere.
// That of days is a day, and so for months.
func (s Spec) Step() time.Duration {
	switch s.kind {
	case lengths:
		return time.Duration(s.count)
	case days, months:
		return 24 * time.Hour
	}
	return 0
}

// IsAll reports whether there is one window for everything.
func (s Spec) IsAll() bool { return s.kind == everything }

// Sliding reports whether a point is in several windows.
func (s Spec) Sliding() bool { return s.panes > 1 }

// Sessions reports whether windows depend on the points.
func (s Spec) Sessions() bool { return s.kind == sessions }

package window

import (
	"math/rand/v2"
	"sort"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost/internal/epoch"
)

func parsed(t testing.TB, text, zone string) Spec {
	t.Helper()
	location, err := time.LoadLocation(zone)
	require.NoError(t, err)
	s, err := Parse(text, location)
	require.NoError(t, err)
	return s
}

// secondsFrom1 counts seconds from the year 1.
var secondsFrom1 = Clock{Unit: epoch.Second, Origin: -62135596800}

func gridAt(t testing.TB, s Spec, clock Clock) *Grid {
	t.Helper()
	grid, err := s.Grid(clock)
	require.NoError(t, err)
	return grid
}

func stamp(t testing.TB, c Clock, at time.Time) uint64 {
	t.Helper()
	stamp, ok := c.Timestamp(at.Unix(), uint64(at.Nanosecond())/(1e9/c.Unit.PerSecond()))
	require.True(t, ok, "%s", at)
	return stamp
}

func TestWindowsOfTheCalendar(t *testing.T) {
	for _, c := range []struct{ window, zone, at, start, end string }{
		{"1d", "Europe/Berlin", "2024-03-31T12:00:00+02:00", "2024-03-31T00:00:00+01:00", "2024-04-01T00:00:00+02:00"},
		{"1d", "Europe/Berlin", "2024-10-27T12:00:00+01:00", "2024-10-27T00:00:00+02:00", "2024-10-28T00:00:00+01:00"},
		{"1d", "Asia/Kolkata", "2024-05-05T12:00:00+05:30", "2024-05-05T00:00:00+05:30", "2024-05-06T00:00:00+05:30"},
		{"1d", "Asia/Beirut", "2024-03-31T12:00:00+03:00", "2024-03-31T01:00:00+03:00", "2024-04-01T00:00:00+03:00"},        // no midnight
		{"1d", "America/Havana", "2024-11-03T12:00:00-05:00", "2024-11-03T00:00:00-04:00", "2024-11-04T00:00:00-05:00"},     // two midnights
		{"1d", "America/St_Johns", "2006-10-28T23:30:00-03:30", "2006-10-29T00:00:00-02:30", "2006-10-30T00:00:00-03:30"},   // back across midnight
		{"1d", "Pacific/Apia", "2011-12-29T12:00:00-10:00", "2011-12-29T00:00:00-10:00", "2011-12-31T00:00:00+14:00"},       // the 30th was left out
		{"1d", "Pacific/Apia", "2011-12-31T12:00:00+14:00", "2011-12-31T00:00:00+14:00", "2012-01-01T00:00:00+14:00"},       //
		{"1d", "Pacific/Apia", "1892-07-04T12:00:00-11:26", "1892-07-04T00:00:00+12:33:04", "1892-07-05T00:00:00-11:26:56"}, // twice
		{"1d", "Africa/Monrovia", "1960-01-01T12:00:00Z", "1960-01-01T00:00:00-00:44:30", "1960-01-02T00:00:00-00:44:30"},
		{"1w", "Europe/Berlin", "2024-03-30T12:00:00Z", "2024-03-25T00:00:00+01:00", "2024-04-01T00:00:00+02:00"},
		{"2w", "UTC", "2000-01-16T23:59:59Z", "2000-01-03T00:00:00Z", "2000-01-17T00:00:00Z"},
		{"2w", "UTC", "2000-01-02T23:59:59Z", "1999-12-20T00:00:00Z", "2000-01-03T00:00:00Z"},
		{"1mo", "America/New_York", "2024-02-29T23:59:59-05:00", "2024-02-01T00:00:00-05:00", "2024-03-01T00:00:00-05:00"},
		{"1q", "UTC", "1969-12-31T23:59:59Z", "1969-10-01T00:00:00Z", "1970-01-01T00:00:00Z"},
		{"1y", "UTC", "1600-02-29T00:00:00Z", "1600-01-01T00:00:00Z", "1601-01-01T00:00:00Z"},
		{"10y", "UTC", "0001-01-01T00:00:00Z", "0000-01-01T00:00:00Z", "0010-01-01T00:00:00Z"},
		{"1y", "Asia/Tokyo", "9999-12-31T23:59:59Z", "10000-01-01T00:00:00+09:00", "10001-01-01T00:00:00+09:00"},
		{"1w", "UTC", "9999-12-31T23:59:59Z", "9999-12-27T00:00:00Z", "10000-01-03T00:00:00Z"},
		{"1h", "Europe/Berlin", "2024-10-27T02:30:00+01:00", "2024-10-27T02:00:00+01:00", "2024-10-27T03:00:00+01:00"},
		{"1h", "Europe/Berlin", "2024-10-27T02:30:00+02:00", "2024-10-27T02:00:00+02:00", "2024-10-27T02:00:00+01:00"},
		{"6h", "Europe/Berlin", "2024-10-27T02:30:00+01:00", "2024-10-27T00:00:00+02:00", "2024-10-27T06:00:00+01:00"},
		{"6h", "Europe/Berlin", "2024-03-31T04:30:00+02:00", "2024-03-31T00:00:00+01:00", "2024-03-31T06:00:00+02:00"},
		{"6h", "Europe/Berlin", "2024-07-31T04:30:00+02:00", "2024-07-31T00:00:00+02:00", "2024-07-31T06:00:00+02:00"},
		{"2h", "Europe/Berlin", "2024-03-31T03:30:00+02:00", "2024-03-31T03:00:00+02:00", "2024-03-31T04:00:00+02:00"},
		{"3h", "Europe/Berlin", "2024-10-27T02:30:00+01:00", "2024-10-27T00:00:00+02:00", "2024-10-27T03:00:00+01:00"},
		{"1h", "Australia/Lord_Howe", "2024-04-07T01:45:00+10:30", "2024-04-07T01:00:00+11:00", "2024-04-07T02:00:00+10:30"}, // by half an hour
		{"1h", "Asia/Kolkata", "2024-05-05T12:10:00+05:30", "2024-05-05T12:00:00+05:30", "2024-05-05T13:00:00+05:30"},
		{"7h", "UTC", "1999-12-31T00:00:00Z", "1999-12-30T19:00:00Z", "1999-12-31T02:00:00Z"},
		{"500ms", "UTC", "1969-12-31T23:59:59Z", "1969-12-31T23:59:59Z", "1969-12-31T23:59:59.5Z"},
		{"6h/1h", "UTC", "2024-01-01T05:30:00Z", "2024-01-01T00:00:00Z", "2024-01-01T06:00:00Z"},
	} {
		at, err := time.Parse(time.RFC3339, c.at)
		require.NoError(t, err)
		clock := secondsFrom1
		if c.window == "500ms" {
			clock = Clock{Unit: epoch.Millisecond, Origin: -62135596800_000}
		}
		grid := gridAt(t, parsed(t, c.window, c.zone), clock)
		span := grid.AppendSpans(nil, stamp(t, clock, at))[0]
		require.True(t, span.Start <= stamp(t, clock, at) && stamp(t, clock, at) <= span.Last)
		start, end := grid.Times(span)
		require.Equal(t, [2]string{c.start, c.end}, [2]string{precise(start), precise(end)}, "%s %s %s", c.window, c.zone, c.at)
	}
}

// precise shows a time with the seconds of its offset.
func precise(t time.Time) string {
	if _, offset := t.Zone(); offset%60 != 0 {
		return t.Format("2006-01-02T15:04:05.999999999Z07:00:00")
	}
	return t.Format(time.RFC3339Nano)
}

// boundsByDefinition returns the starts of windows from one instant to another, second by second of each minute
// in which something may happen: a window begins when the clock of the zone reaches, or jumps over, what the definition names.
func boundsByDefinition(s Spec, from, to int64) (starts []int64) {
	zone := s.Zone()
	place := func(second int64) int64 { // the index of the window that the clock's reading is in
		at := time.Unix(second, 0).In(zone)
		y, m, d := at.Date()
		wall := time.Date(y, m, d, at.Hour(), at.Minute(), at.Second(), 0, time.UTC)
		switch s.kind {
		case lengths:
			return floorDiv(wall.Unix()-time.Date(2000, 1, 3, 0, 0, 0, 0, time.UTC).Unix(), s.count/1e9)
		case days:
			return floorDiv(floorDiv(wall.Unix()-time.Date(2000, 1, 3, 0, 0, 0, 0, time.UTC).Unix(), 86400), s.count)
		}
		return floorDiv(int64(y)*12+int64(m)-1-2000*12, s.count)
	}
	reading := func(second int64) int64 {
		_, offset := time.Unix(second, 0).In(zone).Zone()
		return second + int64(offset)
	}
	now, read := place(from), reading(from)
	highest := now
	for second := from + 1; second <= to; second++ {
		before, last := now, read
		now, read = place(second), reading(second)
		back := read <= last
		switch {
		case s.kind != lengths && now > highest:
			starts, highest = append(starts, second), now
		case s.kind == lengths && !back && now != before,
			s.kind == lengths && back && now == before && read == s.count/1e9*now+anchorSecond,
			s.kind == lengths && back && now != before && read == s.count/1e9*now+anchorSecond:
			starts = append(starts, second)
		}
	}
	return starts
}

// Around changes of clocks windows are what the definition says, second by second.
func TestWindowsAroundChangesOfTheClock(t *testing.T) {
	for _, zone := range []string{
		"Europe/Berlin", "America/New_York", "America/St_Johns", "America/Havana", "Asia/Beirut", "Australia/Lord_Howe", "Pacific/Apia",
		"Asia/Kathmandu", "Africa/Monrovia", "Europe/Dublin", "America/Sao_Paulo", "Antarctica/Troll", "Asia/Pyongyang", "Africa/Casablanca", "Asia/Manila", "America/Juneau",
	} {
		location, err := time.LoadLocation(zone)
		require.NoError(t, err)
		var changes []int64
		for at := time.Date(1840, 1, 1, 0, 0, 0, 0, time.UTC); at.Year() < 2040; {
			_, end := at.In(location).ZoneBounds()
			if end.IsZero() {
				break
			}
			changes = append(changes, end.Unix())
			at = end
		}
		random := rand.New(rand.NewPCG(1, 2))
		step := max(1, len(changes)/2)
		for i := 0; i < len(changes); i += step {
			change := changes[min(len(changes)-1, i+random.IntN(step))]
			for _, text := range []string{"15m", "1h", "2h", "6h", "7h", "1d", "1w"} {
				s := parsed(t, text, zone)
				grid := gridAt(t, s, secondsFrom1)
				from, to := change-9000, change+9000
				starts := boundsByDefinition(s, from, to)
				for range 60 {
					second := from + random.Int64N(to-from)
					if random.IntN(3) == 0 {
						second = change + random.Int64N(7200) - 3600
					}
					place := sort.Search(len(starts), func(i int) bool { return starts[i] > second })
					span := grid.Span(uint64(second - secondsFrom1.Origin))
					start, last := int64(span.Start)+secondsFrom1.Origin, int64(span.Last)+secondsFrom1.Origin
					if start > second || second > last || place > 0 && starts[place-1] != start || place < len(starts) && starts[place] != last+1 {
						t.Fatalf("%s in %s at %s (change %s): from %d to %d", s, zone, time.Unix(second, 0).In(location), time.Unix(change, 0).UTC(), start, last)
					}
				}
			}
		}
	}
}

// Days, weeks, months and years of 400 years follow each other without a gap, and begin with the dates of package time.
func TestFourHundredYears(t *testing.T) {
	for _, zone := range []string{"UTC", "Asia/Kolkata", "America/New_York"} {
		for _, text := range []string{"1d", "1w", "1mo", "1q", "1y"} {
			s := parsed(t, text, zone)
			grid := gridAt(t, s, secondsFrom1)
			for i := 1; i < 400*365; i++ {
				day := time.Date(1800, 1, i, 0, 0, 0, 0, s.Zone())
				if text != "1d" && day.Day() > 3 && day.Day() != 17 {
					continue
				}
				first := day
				switch text {
				case "1w":
					first = time.Date(1800, 1, i-(int(day.Weekday())+6)%7, 0, 0, 0, 0, s.Zone())
				case "1mo":
					first = time.Date(day.Year(), day.Month(), 1, 0, 0, 0, 0, s.Zone())
				case "1q":
					first = time.Date(day.Year(), (day.Month()-1)/3*3+1, 1, 0, 0, 0, 0, s.Zone())
				case "1y":
					first = time.Date(day.Year(), 1, 1, 0, 0, 0, 0, s.Zone())
				}
				span := grid.Span(uint64(day.Add(12*time.Hour).Unix() - secondsFrom1.Origin))
				next, ok := grid.Next(span)
				if first.Unix()-secondsFrom1.Origin != int64(span.Start) || !ok || next.Start != span.Last+1 {
					t.Fatalf("%s of %s in %s: %v, %v", text, day, zone, span, next)
				}
			}
		}
	}
}

// Sliding windows are so many consecutive steps.
func TestSlidingWindows(t *testing.T) {
	for _, text := range []string{"6h/1h", "7d/1d", "1y/1mo", "1d/6h"} {
		for _, zone := range []string{"UTC", "Europe/Berlin"} {
			s := parsed(t, text, zone)
			grid, step := gridAt(t, s, secondsFrom1), gridAt(t, parsed(t, text[3:], zone), secondsFrom1)
			if text == "1y/1mo" {
				step = gridAt(t, parsed(t, "1mo", zone), secondsFrom1)
			}
			random := rand.New(rand.NewPCG(3, 4))
			for range 200 {
				at := stamp(t, secondsFrom1, time.Date(2024, 1, 1, 0, 0, random.IntN(366*86400), 0, time.UTC))
				spans := grid.AppendSpans(nil, at)
				require.Len(t, spans, s.panes)
				for i, span := range spans {
					require.True(t, span.Start <= at && at <= span.Last)
					last := step.Span(span.Start)
					for range s.panes - 1 {
						last = step.Span(last.Last + 1)
					}
					require.Equal(t, last.Last, span.Last)
					if i > 0 {
						require.Equal(t, step.Span(spans[i-1].Start).Last+1, span.Start)
						next, ok := grid.Next(spans[i-1])
						require.True(t, ok)
						require.Equal(t, span, next)
					}
				}
				require.Equal(t, step.Span(at).Start, spans[len(spans)-1].Start)
			}
		}
	}
	// Before the first timestamp there are no windows, which the grid tells.
	grid := gridAt(t, parsed(t, "3h/1h", "UTC"), Clock{Unit: epoch.Second})
	require.Equal(t, []Span{{Start: 0, Last: 10799}}, grid.AppendSpans(nil, 0))
	require.Equal(t, []Span{{Start: 0, Last: 10799}, {Start: 3600, Last: 14399}}, grid.AppendSpans(nil, 4000))
	for at, left := range map[uint64]bool{0: true, 4000: true, 7199: true, 7200: false, 1e9: false} {
		require.Equal(t, left, grid.LeavesOut(at), at)
	}
	require.False(t, gridAt(t, parsed(t, "3h", "UTC"), Clock{Unit: epoch.Second}).LeavesOut(0))
}

func TestTextsOfWindows(t *testing.T) {
	for _, text := range []string{"all", "1h", "1d", "7d", "1w", "1mo", "3mo", "1q", "1y", "90s", "500ms", "250us", "100ns", "6h/1h", "7d/1d", "session:30m"} {
		s, err := Parse(text, nil)
		require.NoError(t, err)
		require.Equal(t, text, s.String())
		again, err := Parse(s.String(), nil)
		require.NoError(t, err)
		require.True(t, s == again)
	}
	for text, reason := range map[string]string{
		"":                 `"" is no window; expected ` + Possible,
		"1":                `"1" is no window; expected`,
		"h":                `"h" is no window: a number is missing before h;`,
		"0h":               `"0h" is no window: it has no length;`,
		"-1h":              `"-1h" is no window; expected`,
		"1.5h":             `"1.5h" is no window; expected`,
		"1H":               `"1H" is no window; expected`,
		"99999999999999h":  `is no window: it is too long;`,
		"10001y":           `it is too long`,
		"1mo/1w":           `1mo is no multiple of 1w`,
		"90m/1h":           `90m is no multiple of 1h`,
		"1h/":              `is no window`,
		"1y/1h":            `no multiple`,
		"24h/1s":           `a point would be in 86400 windows; at most 1000`,
		"session:":         `is no window`,
		"session:1mo":      `months differ`,
		"session:6h/1h":    `is no window`,
		"1h\x00":           `"1h\x00" is no window`,
		"00000000000000h":  `it has no length`,
		"106752d/9999999h": `it is too long`,
	} {
		_, err := Parse(text, nil)
		require.ErrorContains(t, err, reason, "%q", text)
	}
	_, err := parsed(t, "500ms", "UTC").Grid(Clock{Unit: epoch.Second})
	require.EqualError(t, err, "invalid input: windows of 500ms need a finer unit than that of the timestamps, s")
}

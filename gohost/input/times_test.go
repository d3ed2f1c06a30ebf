package input

import (
	"fmt"
	"math/big"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // the tests need zones

	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost/internal/epoch"
)

// timesOf returns a parser of times.
func timesOf(t testing.TB, opts Options) *timeParser {
	t.Helper()
	opts.Names = opts.Names.withDefaults()
	require.NoError(t, opts.check())
	p, err := newTimeParser(opts)
	require.NoError(t, err)
	return p
}

// instantOf returns the nanoseconds since 1970 that a text stands for, or the fault.
func instantOf(p *timeParser, text string) (*big.Int, string) {
	timestamp, fault := p.parse([]byte(text))
	if fault != "" {
		return nil, fault
	}
	v := new(big.Int).SetUint64(timestamp)
	v.Sub(v, new(big.Int).SetUint64(p.origin()))
	return v.Mul(v, big.NewInt(int64(1e9/p.unit.PerSecond()))), ""
}

func TestTimesOfRFC3339AndItsRelatives(t *testing.T) {
	p := timesOf(t, Options{Unit: Nanosecond, Early: true})
	want := time.Date(2010, 1, 31, 12, 4, 0, 0, time.UTC)
	for text, shift := range map[string]time.Duration{
		"2010-01-31T12:04:00Z": 0, "2010-01-31 12:04:00Z": 0, "2010-01-31t12:04:00z": 0, "2010-01-31T12:04Z": 0,
		"2010-01-31 12:04:00+00:00": 0, "2010-01-31 13:04:00 +0100": 0, "2010-01-31 09:34:00-02:30": 0, "2010-01-31 9:34:00-02:30": 0, "2010-01-31T9:34-02:30": 0, "2010-01-31 13:04:00+01": 0,
		"2010-01-31 12:04:00 UTC": 0, "2010-01-30T24:00Z": -12*time.Hour - 4*time.Minute, "2010-01-31 12:04:00 GMT": 0, "2010-01-31T12:04:00.25Z": 250 * time.Millisecond,
		"2010-01-31T12:04:00,000000001Z": 1, "2010-01-31T12:04:00.0000000010000Z": 1, "2010-01-31": -12*time.Hour - 4*time.Minute,
	} {
		got, fault := instantOf(p, text)
		require.Empty(t, fault, text)
		require.Equal(t, want.Add(shift).UnixNano(), got.Int64(), text)
	}
	for text, message := range map[string]string{
		"2010-01-31T12:04:00": "has no time zone", "2010-01-31 12:04": "has no time zone", "2010-02-29": "has a day that the month has not",
		"2010-13-01": "month", "2016-12-31T23:59:60Z": "leap second", "2010-01-31T24:00:01Z": "an hour", "2010-01-31T25:00:00Z": "an hour", "0000-01-01": "year",
		"2010-01-31T12:04:00.0000000001Z": "expected", "2010-01-31T12:04:00.Z": "expected", "2010-01-31T12": "expected", "2010-1-31": "expected",
		"01/31/2010 12:04": "give its format, such as Options.TimeFormat '%m/%d/%Y %H:%M'", "31.1.2010": "'%d.%m.%Y'", "yesterday": "expected an integer or a time",
		"2010-01-31T12:04:00+24:00": "expected", "1677-01-01T00:00:00Z": "too early", "2262-12-01T00:00:00Z": "too late", "-": "expected", "": "empty",
	} {
		_, fault := instantOf(p, text)
		require.Contains(t, fault, message, text)
	}
}

// Times are those of the time package, and of exact fractions.
func TestTimesAreThoseOfTheTimePackage(t *testing.T) {
	random := rand.New(rand.NewPCG(16, 2))
	for range 30_000 {
		unit := []Unit{Second, Millisecond, Microsecond}[random.IntN(3)]
		p := timesOf(t, Options{Unit: unit, Early: true})
		nanos := []int64{0, random.Int64N(1e3) * 1e6, random.Int64N(1e6) * 1e3}[random.IntN(1+decimals(unit)/3)]
		want := time.Unix(-62135596800+random.Int64N(62135596800+253402300799), nanos).UTC()
		if want.Year() > 9998 || want.Year() < 2 {
			continue
		}
		shown := want.In(time.FixedZone("", 60*(random.IntN(1440)-720)))
		text := shown.Format("2006-01-02T15:04:05.999999999Z07:00")
		timestamp, fault := p.parse([]byte(text))
		require.Empty(t, fault, text)
		got := int64(timestamp) + unit.Origin() // within the range
		per := int64(unit.PerSecond())
		require.Equal(t, want.Unix()*per+nanos*per/1e9, got, "%s in %s", text, unit)
	}
}

// Numbers are times by decimal arithmetic: the same as exact fractions, or a fault.
func TestNumbersAreTimesExactly(t *testing.T) {
	random := rand.New(rand.NewPCG(16, 3))
	good := 0
	for range 60_000 {
		numbers, unit := []Unit{Second, Millisecond, Microsecond, Nanosecond}[random.IntN(4)], []Unit{Second, Millisecond, Microsecond, Nanosecond}[random.IntN(4)]
		text := randomCell(random)
		if random.IntN(2) == 0 {
			text = fmt.Sprintf("%d.%0*d", random.Int64N(4e9)-2e9, random.IntN(12), random.IntN(1000))
		}
		if random.IntN(3) == 0 {
			text += fmt.Sprintf("e%d", random.IntN(30)-15)
		}
		checkNumericTime(t, numbers, unit, random.IntN(2) == 0, text, &good)
	}
	require.Greater(t, good, 5000)
}

// checkNumericTime compares a number with its value as a fraction.
func checkNumericTime(t testing.TB, numbers, unit Unit, early bool, text string, good *int) {
	t.Helper()
	if len(text) > 1000 {
		return
	}
	p := timesOf(t, Options{Unit: unit, Early: early, numbers: numbers})
	got, fault, ok := p.number([]byte(text))
	form, isNumber := jsonForm(text)
	require.Equal(t, isNumber, ok, text)
	if !ok {
		return
	}
	if _, exponent, found := strings.Cut(strings.ToLower(form), "e"); found && len(exponent) > 4 {
		return // too far for a fraction
	}
	value, valid := new(big.Rat).SetString(form)
	require.True(t, valid, form)
	value.Mul(value, new(big.Rat).SetFrac64(int64(unit.PerSecond()), int64(numbers.PerSecond())))
	origin := new(big.Rat).SetInt(new(big.Int).SetUint64(p.origin()))
	size := new(big.Rat).Abs(value)
	value.Add(value, origin)
	late := early && new(big.Rat).Quo(size, new(big.Rat).SetInt64(int64(unit.PerSecond()))).Cmp(big.NewRat(253402300800, 1)) >= 0 && value.Sign() >= 0 && value.Cmp(origin) > 0
	if !value.IsInt() || value.Sign() < 0 || !value.Num().IsUint64() || late {
		require.NotEmpty(t, fault, "%s in %s to %s", text, numbers, unit)
		return
	}
	require.Empty(t, fault, "%s in %s to %s", text, numbers, unit)
	require.Equal(t, value.Num().Uint64(), got, "%s in %s to %s", text, numbers, unit)
	*good++
}

func FuzzNumericTime(f *testing.F) {
	for _, text := range []string{"1262304000", "-1.5", "1.2623e9", "1e-3", "0.000000001", "18446744073709551616", "0e99999999999"} {
		f.Add(text, byte(len(text)))
	}
	f.Fuzz(func(t *testing.T, text string, kinds byte) {
		units := []Unit{Second, Millisecond, Microsecond, Nanosecond}
		checkNumericTime(t, units[kinds%4], units[kinds/4%4], kinds&16 != 0, text, new(int))
	})
}

// FuzzTime: what is a time to the time package is one here, and nothing panics.
func FuzzTime(f *testing.F) {
	f.Add("2010-01-31T12:04:00.5+01:00", "%Y-%m-%d")
	f.Add("01/31/10 3:04 PM", "%D %I:%M %p")
	f.Add("12 Jan 1999 GMT", "%d %b %Y %Z")
	f.Fuzz(func(t *testing.T, text, format string) {
		p := timesOf(t, Options{Unit: Microsecond, Early: true, Location: time.UTC})
		got, fault := p.parse([]byte(text))
		if want, err := time.Parse(time.RFC3339, text); err == nil && want.Year() > 1 && want.Year() < 9999 && want.Nanosecond()%1000 == 0 && fault == "" {
			require.Equal(t, want.UnixMicro(), int64(got)+epoch.Microsecond.Origin(), text)
		}
		if layout, err := parseStrftime(format); err == nil {
			if c, fault := layout.parse([]byte(text)); fault == "" && c.check() == "" {
				_ = c.seconds()
			}
		}
	})
}

func TestLocalTimes(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	p := timesOf(t, Options{Unit: Second, Early: true, Location: berlin})
	at := func(text string) string {
		v, fault := instantOf(p, text)
		if fault != "" {
			return fault
		}
		return time.Unix(v.Int64()/1e9, 0).UTC().Format(time.RFC3339)
	}
	require.Equal(t, "2010-01-31T11:00:00Z", at("2010-01-31 12:00:00"))
	require.Equal(t, "2010-07-31T10:00:00Z", at("2010-07-31T12:00"))
	require.Equal(t, "2010-07-30T22:00:00Z", at("2010-07-31"))
	require.Equal(t, "2010-07-31T12:00:00Z", at("2010-07-31T12:00:00Z"), "an offset counts")
	require.Contains(t, at("2010-03-28 02:30"), "is never in Europe/Berlin")
	require.Contains(t, at("2010-10-31 02:30"), "is twice in Europe/Berlin, where clocks were set back; expected an offset such as +02:00, or Options.Ambiguous earlier or later")
	for which, want := range map[Ambiguous]string{AmbiguousEarlier: "2010-10-31T00:30:00Z", AmbiguousLater: "2010-10-31T01:30:00Z"} {
		p = timesOf(t, Options{Unit: Second, Early: true, Location: berlin, Ambiguous: which})
		require.Equal(t, want, at("2010-10-31 02:30"))
		require.Equal(t, "2010-10-30T23:59:59Z", at("2010-10-31 01:59:59"))
		require.Equal(t, "2010-10-31T02:00:00Z", at("2010-10-31 03:00"))
		require.Equal(t, "2010-10-31T00:30:00Z", at("2010-10-31 02:30+02:00"), "an offset counts")
		require.Contains(t, at("2010-03-28 02:30"), "is never in Europe/Berlin", "no instant is right")
	}
	p = timesOf(t, Options{Unit: Second, Early: true, Location: berlin})
	for message, opts := range map[string]Options{
		"Options.Ambiguous earlier is of the clocks of a time zone; Options.Location names none": {Ambiguous: AmbiguousEarlier},
		"Options.Ambiguous first: expected earlier or later":                                     {Ambiguous: "first", Location: berlin},
	} {
		require.ErrorContains(t, opts.Check(), message)
	}
	require.Equal(t, "2010-03-28T00:59:59Z", at("2010-03-28 01:59:59"))
	require.Equal(t, "2010-03-28T01:00:00Z", at("2010-03-28 03:00:00"))

	for place, dates := range map[string]map[string]string{
		"America/Sao_Paulo": {"2010-10-17": "2010-10-17T03:00:00Z"}, // midnight was left out
		"Pacific/Apia":      {"2011-12-30": "is never in Pacific/Apia", "2011-12-31": "2011-12-30T10:00:00Z"},
		"America/Havana":    {"2010-10-31": "2010-10-31T04:00:00Z"}, // midnight came twice
	} {
		location, err := time.LoadLocation(place)
		require.NoError(t, err)
		p = timesOf(t, Options{Unit: Second, Early: true, Location: location})
		for date, want := range dates {
			require.Contains(t, at(date), want, "%s in %s", date, place)
		}
	}
}

// The weeks of ISO 8601 are those of the time package.
func TestWeeksAreThoseOfTheTimePackage(t *testing.T) {
	layout, err := parseStrftime("%G-W%V-%u")
	require.NoError(t, err)
	for day := time.Date(1950, 1, 1, 0, 0, 0, 0, time.UTC); day.Year() < 2050; day = day.AddDate(0, 0, 1) {
		year, week := day.ISOWeek()
		c, fault := layout.parse(fmt.Appendf(nil, "%04d-W%02d-%d", year, week, (int(day.Weekday())+6)%7+1))
		require.Empty(t, fault, day)
		require.Equal(t, day.Unix(), c.seconds(), day)
	}
}

// The format that an error names reads the time.
func TestFormatsThatAreNamed(t *testing.T) {
	p := timesOf(t, Options{Unit: Second})
	for text, want := range map[string]string{
		"2/3/2024": "2024-02-03T00:00:00Z", "23.2.2024 04:05": "2024-02-23T04:05:00Z", "23/2/2024": "2024-02-23T00:00:00Z", "2/3/24 4:05 pm": "2024-02-03T16:05:00Z",
		"20240203T0405": "2024-02-03T04:05:00Z", "20240203T040506Z": "2024-02-03T04:05:06Z", "2024-034": "2024-02-03T00:00:00Z", "2024-02": "2024-02-01T00:00:00Z",
		"2024-W05-6": "2024-02-03T00:00:00Z", "2024-W05": "2024-01-29T00:00:00Z", "2024-2-3": "2024-02-03T00:00:00Z", "2024-02-03 4:05:06 AM": "2024-02-03T04:05:06Z",
		"03/Feb/2024:04:05:06 +0100": "2024-02-03T03:05:06Z", "[03/Feb/2024:04:05:06 +0100]": "2024-02-03T03:05:06Z", "Sat, 03 Feb 2024 04:05:06 GMT": "2024-02-03T04:05:06Z",
		"Sat Feb  3 04:05:06 2024": "2024-02-03T04:05:06Z", "2024-02-03 04:05:06 CET": "2024-02-03T04:05:06Z", "3-Feb-24": "2024-02-03T00:00:00Z",
	} {
		_, fault := p.parse([]byte(text))
		_, rest, _ := strings.Cut(fault, "Options.TimeFormat '")
		format, _, ok := strings.Cut(rest, "'")
		require.True(t, ok, fault)
		seconds, fault := timesOf(t, Options{Unit: Second, TimeFormat: format, Location: time.UTC}).parse([]byte(text))
		require.Empty(t, fault, "%s as %s", text, format)
		require.Equal(t, want, time.Unix(int64(seconds), 0).UTC().Format(time.RFC3339), "%s as %s", text, format)
	}
	_, fault := p.parse([]byte("04:05"))
	require.Contains(t, fault, "a time without a date is no instant")
}

// A local time is every instant that the clocks show it at: one, or a fault, in any order of times.
func TestLocalTimesAreThoseOfTheClocks(t *testing.T) {
	random := rand.New(rand.NewPCG(16, 4))
	for _, place := range []string{"Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "Asia/Kathmandu", "Pacific/Apia", "America/Caracas", "UTC"} {
		location, err := time.LoadLocation(place)
		require.NoError(t, err)
		z := &zone{at: location}
		near := random.Int64N(2e9)
		for range 5000 {
			if random.IntN(100) == 0 {
				near = random.Int64N(2e9)
				if _, end := time.Unix(near, 0).In(location).ZoneBounds(); !end.IsZero() {
					near = end.Unix()
				}
			}
			instant := near + random.Int64N(6*3600) - 3*3600
			shown := instant + z.offset(instant)
			var instants []int64
			for step := int64(-26 * 3600); step <= 26*3600; step += 900 {
				if other := instant + step; other+z.offset(other) == shown {
					instants = append(instants, other)
				}
			}
			got, fault := z.instant(shown, false)
			if len(instants) == 1 {
				require.Empty(t, fault)
				require.Equal(t, instant, got)
			} else {
				require.Contains(t, fault, "is twice in "+place)
				for which, want := range map[Ambiguous]int64{AmbiguousEarlier: slices.Min(instants), AmbiguousLater: slices.Max(instants)} {
					got, fault := (&zone{at: location, which: which}).instant(shown, false)
					require.Empty(t, fault)
					require.Equal(t, want, got, "%s in %s", which, place)
				}
			}
		}
	}
}

func TestTimeFormats(t *testing.T) {
	at := func(format, text string) string {
		p := timesOf(t, Options{Unit: Nanosecond, Early: true, TimeFormat: format, Location: time.UTC})
		v, fault := instantOf(p, text)
		if fault != "" {
			return fault
		}
		return time.Unix(0, v.Int64()).UTC().Format(time.RFC3339Nano)
	}
	for _, c := range [][3]string{
		{"%d/%m/%Y %H:%M", "31/01/2010 12:04", "2010-01-31T12:04:00Z"},
		{"%m/%d/%y %I:%M %p", "1/31/10 12:04 am", "2010-01-31T00:04:00Z"},
		{"%D %r", "01/31/69 12:04:05 PM", "1969-01-31T12:04:05Z"},
		{"%D", "01/31/68", "2068-01-31T00:00:00Z"},
		{"%a, %d %b %Y %T %z", "Sun, 31 Jan 2010 12:04:00 -0100", "2010-01-31T13:04:00Z"},
		{"%A %e. %B %Y", "sunday  7. march 2010", "2010-03-07T00:00:00Z"},
		{"%Y%m%dT%H%M%S.%f", "20100131T120405.25", "2010-01-31T12:04:05.25Z"},
		{"%Y-%j", "2012-366", "2012-12-31T00:00:00Z"},
		{"%s", "1262304000", "2010-01-01T00:00:00Z"},
		{"%s", "-1", "1969-12-31T23:59:59Z"},
		{"%F %R %Z", "2010-01-31 12:04 UTC", "2010-01-31T12:04:00Z"},
		{"%Y%%%n%m%t%-d", "2010%\n1\t5", "2010-01-05T00:00:00Z"},
		{"%d/%m/%Y", "31/13/2010", "has a month"},
		{"%d/%m/%Y", "31/12/2010 ", "is left"},
		{"%d/%m/%Y", "x", "expected %d before"},
		{"%Y-%j", "2010-366", "is not in the year"},
		{"%m/%d/%Y", "12/31/99", `expected a year of four digits (%Y; %y is one of two) before "99"`},
		{"%Y-%m-%d", "0099-12-31", "too early for a timestamp in nanoseconds"},
		{"%s.%f", "-1.5", "1969-12-31T23:59:58.5Z"},
		{"%s.%f", "-0.25", "1969-12-31T23:59:59.75Z"},
		{"%s.%f", "-2.0", "1969-12-31T23:59:58Z"},
		{"%F %I %p", "2010-01-31 13 PM", "not from 1 to 12"},
		{"%F %Z", "2010-01-31 CET", "expected %Z"},
		{"%Y-%m", "2010-02", "2010-02-01T00:00:00Z"},
		{"%b %Y", "Feb 2010", "2010-02-01T00:00:00Z"},
		{"%Y", "2010", "2010-01-01T00:00:00Z"},
		{"%G-W%V-%u", "2024-W05-1", "2024-01-29T00:00:00Z"},
		{"%G-W%V", "2009-W53", "2009-12-28T00:00:00Z"},
		{"%G-W%V-%u", "2010-W53-1", "is not in the year"},
		{"%G-W%V-%u", "2010-W00-1", "expected %V"},
		{"%G-W%V-%u", "2010-W01-8", "expected %u"},
		{"%F %H:%M", "2010-01-31 24:00", "2010-02-01T00:00:00Z"},
		{"%F %H:%M", "2010-01-31 24:01", "an hour, a minute or a second that no day has"},
	} {
		require.Contains(t, at(c[0], c[1]), c[2], c[0])
	}
	for format, message := range map[string]string{
		"%H:%M": "no date", "%Y-%m-%d %I": "together", "%Q": "not known", "%Y%Y-%m-%d": "twice", "%Y-%m-%d %": "ends after",
		"%Y %H": "no date", "%Y-%m %H": "no date", "%d": "no date", "%Y %d": "no date", "%G-%m-%d": "no date", "%G": "no date", "%Y-%V": "no date", "%Y-%m-%d %u": "no date",
	} {
		_, err := parseStrftime(format)
		require.ErrorContains(t, err, message)
	}
}

package input

// A civil time is what a clock on a wall shows, and maybe how far that is ahead of UTC.
type civil struct {
	year, month, day     int
	hour, minute, second int
	nanos                uint64
	zoned                bool // offset is known
	offset               int  // seconds ahead of UTC
	dated                bool // it is a date without a time
}

// seconds returns the seconds from 1970-01-01 00:00:00 on the same clock.
func (c *civil) seconds() int64 {
	return daysFrom1970(c.year, c.month, c.day)*86400 + int64(c.hour*3600+c.minute*60+c.second)
}

// daysFrom1970 counts days in the proleptic Gregorian calendar. The year begins in March, so the leap
// day is its last (Howard Hinnant, chrono-Compatible Low-Level Date Algorithms, days_from_civil).
func daysFrom1970(year, month, day int) int64 {
	if month <= 2 {
		year--
		month += 12
	}
	era := year / 400
	if year < 0 {
		era = (year - 399) / 400
	}
	ofEra := year - 400*era
	ofYear := (153*(month-3)+2)/5 + day - 1
	return int64(era)*146097 + int64(ofEra*365+ofEra/4-ofEra/100+ofYear) - 719468
}

func daysIn(year, month int) int {
	switch month {
	case 2:
		if isLeap(year) {
			return 29
		}
		return 28
	case 4, 6, 9, 11:
		return 30
	}
	return 31
}

func isLeap(year int) bool { return year%4 == 0 && (year%100 != 0 || year%400 == 0) }

// check returns what is wrong with the parts of a time.
func (c *civil) check() string {
	switch {
	case c.year < 1 || c.year > 9999:
		return "has a year that is not from 1 to 9999"
	case c.month < 1 || c.month > 12:
		return "has a month that is not from 1 to 12"
	case c.day < 1 || c.day > daysIn(c.year, c.month):
		return "has a day that the month has not"
	case c.second == 60:
		return "is a leap second, which timestamps do not count"
	case c.hour > 23 && !c.endsDay() || c.minute > 59 || c.second > 60:
		return "has an hour, a minute or a second that no day has"
	}
	return ""
}

// endsDay reports whether the time is 24:00, which is the midnight after the day (ISO 8601).
func (c *civil) endsDay() bool { return c.hour == 24 && c.minute == 0 && c.second == 0 && c.nanos == 0 }

// pair returns two digits at an offset as a number, or 100 or more for others.
func pair(text []byte, at int) int {
	tens, ones := int(text[at]-'0'), int(text[at+1]-'0')
	if tens > 9 || ones > 9 {
		return 100
	}
	return 10*tens + ones
}

// parseRFC3339 parses a time of RFC 3339 or one of its relatives: with a space or a t for the T,
// without an offset, seconds or a time, with a comma before the fraction, with a space before the
// offset, with an offset without a colon or minutes, with UTC or GMT for Z, with an hour of one digit.
// It reports false for another text.
func parseRFC3339(text []byte) (c civil, ok bool) {
	const date, minutes, seconds = len("2006-01-02"), len("2006-01-02T15:04"), len("2006-01-02T15:04:05")
	if len(text) < date || text[4] != '-' || text[7] != '-' {
		return c, false
	}
	century, year := pair(text, 0), pair(text, 2)
	c.year, c.month, c.day = 100*century+year, pair(text, 5), pair(text, 8)
	if century > 99 || year > 99 || c.month > 99 || c.day > 99 {
		return c, false
	}
	if len(text) == date {
		c.dated = true
		return c, true
	}
	if len(text) >= minutes-1 && text[12] == ':' {
		var padded [64]byte
		if len(text) < len(padded) {
			text = append(append(append(padded[:0], text[:11]...), '0'), text[11:]...)
		}
	}
	if len(text) < minutes || text[10] != 'T' && text[10] != ' ' && text[10] != 't' || text[13] != ':' {
		return c, false
	}
	c.hour, c.minute = pair(text, 11), pair(text, 14)
	at := minutes
	if len(text) >= seconds && text[16] == ':' {
		c.second = pair(text, 17)
		at = seconds
		if at < len(text) && (text[at] == '.' || text[at] == ',') {
			if at, ok = c.fraction(text, at+1); !ok {
				return c, false
			}
		}
	}
	if c.hour > 99 || c.minute > 99 || c.second > 99 {
		return c, false
	}
	return c, at == len(text) || c.zone(text[at:])
}

// fraction parses digits of a fraction of a second. It reports false for none, and for more than
// nanoseconds that are not 0.
func (c *civil) fraction(text []byte, at int) (int, bool) {
	begin := at
	for ; at < len(text) && text[at]-'0' <= 9; at++ {
		if at-begin < maxDecimals {
			c.nanos = 10*c.nanos + uint64(text[at]-'0')
		} else if text[at] != '0' {
			return at, false
		}
	}
	for range maxDecimals - (at - begin) {
		c.nanos *= 10
	}
	return at, at > begin
}

// zone parses the offset at the end of a time.
func (c *civil) zone(text []byte) bool {
	if text[0] == ' ' && len(text) > 1 {
		text = text[1:]
	}
	c.zoned = true
	switch string(text) {
	case "Z", "z", "UTC", "GMT":
		return true
	}
	n := len(text)
	if n != len("+01") && n != len("+0100") && n != len("+01:00") || text[0] != '+' && text[0] != '-' {
		return false
	}
	hours, minutes := pair(text, 1), 0
	if n > len("+01") {
		minutes = pair(text, n-2)
	}
	if n == len("+01:00") && text[3] != ':' || hours > 23 || minutes > 59 {
		return false
	}
	c.offset = 3600*hours + 60*minutes
	if text[0] == '-' {
		c.offset = -c.offset
	}
	return true
}

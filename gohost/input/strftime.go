package input

import (
	"bytes"
	"fmt"
	"strings"
	"time"
)

// A strftime is a format of times in the notation of POSIX's strptime.
type strftime struct {
	format string
	steps  []byte // directives, and 0 for the next literal byte
	plain  []byte // literal bytes
}

// combined are directives that stand for several.
var combined = map[byte]string{'F': "%Y-%m-%d", 'T': "%H:%M:%S", 'R': "%H:%M", 'D': "%m/%d/%y", 'h': "%b", 'r': "%I:%M:%S %p"}

func parseStrftime(format string) (*strftime, error) {
	s := &strftime{format: format}
	if err := s.add(format); err != nil {
		return nil, err
	}
	has := func(any string) bool { return bytes.ContainsAny(s.steps, any) }
	year, month, day, clock := has("YysG"), has("mbBjsV"), has("dejsV"), has("HIMSfp")
	if !year || has("G") != has("V") || has("u") && !has("V") || !month && (day || clock) || !day && clock {
		return nil, fmt.Errorf("the format %q has no date; expected a year, month and day, such as %%Y-%%m-%%d, a year and month, a year, %%G-W%%V-%%u or %%s", format)
	}
	if has("I") != has("p") {
		return nil, fmt.Errorf("the format %q needs %%I and %%p together", format)
	}
	return s, nil
}

func (s *strftime) add(format string) error {
	for i := 0; i < len(format); i++ {
		if format[i] != '%' {
			s.steps, s.plain = append(s.steps, 0), append(s.plain, format[i])
			continue
		}
		if i++; i < len(format) && format[i] == '-' { // of GNU: without leading zeros, which parse anyway
			i++
		}
		if i == len(format) {
			return fmt.Errorf("the format %q ends after a %%", s.format)
		}
		switch c := format[i]; {
		case combined[c] != "":
			if err := s.add(combined[c]); err != nil {
				return err
			}
		case c == '%' || c == 'n' || c == 't':
			s.steps, s.plain = append(s.steps, 0), append(s.plain, map[byte]byte{'%': '%', 'n': '\n', 't': '\t'}[c])
		case strings.IndexByte("YymdeHIMSfpbBaAjzZsGVu", c) >= 0:
			if c != 'a' && c != 'A' && bytes.IndexByte(s.steps, c) >= 0 {
				return fmt.Errorf("the format %q has %%%c twice", s.format, c)
			}
			s.steps = append(s.steps, c)
		default:
			return fmt.Errorf("the format %q has %%%c, which is not known; expected %%Y %%y %%m %%d %%e %%H %%I %%M %%S %%f %%p %%b %%B %%a %%A %%j %%G %%V %%u %%z %%Z %%s %%F %%T %%R %%D", s.format, c)
		}
	}
	return nil
}

// A reading is a text that is read by a format.
type reading struct {
	civil
	text      []byte
	afternoon int   // hours that %p adds to %I, or -1
	ofYear    int   // %j
	week      int   // %V, of the year that %G says
	weekday   int   // %u: Monday is 1
	epoch     int64 // %s
	isEpoch   bool
	negative  bool // %s
}

// parse parses a time, and returns what is wrong with it.
func (s *strftime) parse(text []byte) (civil, string) {
	r := reading{text: text, afternoon: -1, weekday: 1}
	r.dated, r.month, r.day = true, 1, 1 // if the format has none
	plain := s.plain
	for _, step := range s.steps {
		if step == 0 {
			if len(r.text) == 0 || r.text[0] != plain[0] {
				return r.civil, fmt.Sprintf("expected %q before %q", plain[0], clip(string(r.text)))
			}
			r.text, plain = r.text[1:], plain[1:]
			continue
		}
		before := r.text
		if !r.read(step) {
			if step == 'Y' {
				return r.civil, fmt.Sprintf("expected a year of four digits (%%Y; %%y is one of two) before %q", clip(string(before)))
			}
			return r.civil, fmt.Sprintf("expected %%%c before %q", step, clip(string(r.text)))
		}
	}
	if len(r.text) > 0 {
		return r.civil, fmt.Sprintf("%q is left", clip(string(r.text)))
	}
	return r.finish()
}

// finish joins parts that depend on others.
func (r *reading) finish() (civil, string) {
	c := r.civil
	if r.isEpoch {
		if r.negative && c.nanos > 0 { // the fraction is of the whole number
			r.epoch, c.nanos = r.epoch-1, 1e9-c.nanos
		}
		at := time.Unix(r.epoch, 0).UTC()
		c = civil{
			year: at.Year(), month: int(at.Month()), day: at.Day(), hour: at.Hour(), minute: at.Minute(), second: at.Second(),
			nanos: c.nanos, zoned: true,
		}
	}
	if r.afternoon >= 0 {
		if c.hour < 1 || c.hour > 12 {
			return c, "the hour of %I is not from 1 to 12"
		}
		c.hour = c.hour%12 + r.afternoon
	}
	if r.week > 0 {
		// The first week has the 4th of January; weeks begin on Monday.
		fourth := time.Date(c.year, time.January, 4, 0, 0, 0, 0, time.UTC)
		at := fourth.AddDate(0, 0, 7*(r.week-1)+r.weekday-1-(int(fourth.Weekday())+6)%7)
		if year, week := at.ISOWeek(); year != c.year || week != r.week {
			return c, "the week of %V is not in the year"
		}
		c.year, c.month, c.day = at.Year(), int(at.Month()), at.Day()
	}
	if r.ofYear > 0 {
		if r.ofYear > 365 && !(isLeap(c.year) && r.ofYear == 366) {
			return c, "the day of %j is not in the year"
		}
		c.month = 1
		for c.day = r.ofYear; c.day > daysIn(c.year, c.month); c.month++ {
			c.day -= daysIn(c.year, c.month)
		}
	}
	return c, ""
}

// read reads what a directive stands for.
func (r *reading) read(directive byte) (ok bool) {
	switch directive {
	case 'Y', 'G':
		before := len(r.text)
		r.year, ok = r.integer(4)
		ok = ok && before-len(r.text) == 4
	case 'y':
		// As POSIX has it: 69 to 99 are of the 20th century, 0 to 68 of the 21st.
		const pivot = 69
		r.year, ok = r.integer(2)
		if r.year += 2000; r.year >= 2000+pivot {
			r.year -= 100
		}
	case 'm':
		r.month, ok = r.integer(2)
	case 'd', 'e':
		r.text = bytes.TrimPrefix(r.text, []byte{' '})
		r.day, ok = r.integer(2)
	case 'j':
		r.ofYear, ok = r.integer(3)
		return ok && r.ofYear > 0
	case 'V':
		r.week, ok = r.integer(2)
		return ok && r.week > 0
	case 'u':
		r.weekday, ok = r.integer(1)
		return ok && r.weekday >= 1 && r.weekday <= 7
	case 'H', 'I':
		r.hour, ok = r.integer(2)
		r.dated = false
	case 'M':
		r.minute, ok = r.integer(2)
		r.dated = false
	case 'S':
		r.second, ok = r.integer(2)
		r.dated = false
	case 'f':
		at := 0
		at, ok = r.fraction(r.text, 0)
		r.text = r.text[at:]
	case 's':
		return r.seconds()
	case 'p':
		return r.name([]string{"am", "pm"}, func(i int) { r.afternoon = 12 * i })
	case 'b', 'B':
		return r.name(monthNames, func(i int) { r.month = i%12 + 1 })
	case 'a', 'A':
		return r.name(dayNames, func(int) {})
	case 'z', 'Z':
		end := bytes.IndexFunc(r.text, func(c rune) bool {
			return c != '+' && c != '-' && c != ':' && (c < '0' || c > '9') && (c < 'A' || c > 'Z') && c != 'z'
		})
		if end < 0 {
			end = len(r.text)
		}
		if end == 0 || !r.zone(r.text[:end]) {
			return false
		}
		r.text, ok = r.text[end:], true
	}
	return ok
}

// integer reads up to n digits.
func (r *reading) integer(n int) (v int, ok bool) {
	at := 0
	for ; at < n && at < len(r.text) && r.text[at]-'0' <= 9; at++ {
		v = 10*v + int(r.text[at]-'0')
	}
	r.text = r.text[at:]
	return v, at > 0
}

// seconds reads seconds since 1970.
func (r *reading) seconds() bool {
	text, negative := bytes.CutPrefix(r.text, []byte{'-'})
	at, v := digits(text, 0)
	if at == 0 || at > maxDigits-1 {
		return false
	}
	r.text, r.epoch, r.isEpoch = text[at:], int64(v), true
	if r.negative = negative; negative {
		r.epoch = -r.epoch
	}
	return true
}

var monthNames, dayNames = calendarNames()

// calendarNames returns the names of months and days in English, in lower case, the long ones first.
func calendarNames() (months, days []string) {
	for m := time.January; m <= time.December; m++ {
		months = append(months, strings.ToLower(m.String()))
	}
	for d := time.Sunday; d <= time.Saturday; d++ {
		days = append(days, strings.ToLower(d.String()))
	}
	for _, long := range months[:12:12] {
		months = append(months, long[:3])
	}
	for _, long := range days[:7:7] {
		days = append(days, long[:3])
	}
	return months, days
}

// name reads one of several names, in any case.
func (r *reading) name(names []string, found func(i int)) bool {
	for i, name := range names {
		if len(r.text) >= len(name) && strings.EqualFold(string(r.text[:len(name)]), name) {
			found(i)
			r.text = r.text[len(name):]
			return true
		}
	}
	return false
}

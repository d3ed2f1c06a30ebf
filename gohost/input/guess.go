package input

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"

	"example.org/compute-pipeline/gohost/internal/epoch"
)

// AutoUnit is the unit of inputs whose first records decide: see [Options.Unit].
const AutoUnit Unit = "auto"

// A Guess is what a reader took for granted.
type Guess struct {
	What  string // such as "unit"
	Value string
	Why   string
	// Notable guesses should be told: without one, the result may be other than expected.
	Notable bool
}

// Numbers below these are taken for seconds, milliseconds and microseconds: a second of the year 5138
// at most, and no millisecond before March 1973.
const (
	secondsEnd = 1e11
	millisEnd  = 1e14
	microsEnd  = 1e17
)

// unitOf returns the unit that a number of units since 1970 looks like.
func unitOf(v uint64) Unit {
	switch {
	case v < secondsEnd:
		return epoch.Second
	case v < millisEnd:
		return epoch.Millisecond
	case v < microsEnd:
		return epoch.Microsecond
	}
	return epoch.Nanosecond
}

// A sampling looks at times of the first records.
type sampling struct {
	number   uint64 // the first, without its sign and fraction
	some     bool   // a number was seen
	times    bool   // a time was seen, whether it is a number or not
	looked   int    // how many records were looked at
	decimals int    // of seconds, in a time that is not a number
	layout   *strftime
	forms    [len(otherForms)]int // how many numbers are of each of these
	numbers  int
}

// otherForms are what numbers may be instead of seconds since 1970, which nobody counts so early.
var otherForms = [...]struct {
	what, format string
	low, high    uint64
}{
	{"a year", "%Y", 1900, 2100},
	{"a month", "%Y%m", 190001, 210012},
	{"a date", "%Y%m%d", 19000101, 21001231},
	{"a date and time", "%Y%m%d%H%M", 190001010000, 210012312359},
	{"a date and time", "%Y%m%d%H%M%S", 19000101000000, 21001231235959},
	{"a day as spreadsheets count them", "", 25569, 73050},
}

// otherForm returns what to do if the numbers are no seconds since 1970, or "" if they do not look like that.
func (s *sampling) otherForm(names Names) string {
	for i, form := range otherForms {
		switch {
		case s.forms[i] < s.numbers || s.numbers == 0:
		case form.format == "":
			return fmt.Sprintf("; if it is %s, write it as a date", form.what)
		default:
			return fmt.Sprintf("; if it is %s, give %s %s", form.what, names.TimeFormat, form.format)
		}
	}
	return ""
}

// seeForm looks at what else a number may be.
func (s *sampling) seeForm(n decimalNumber) {
	s.numbers++
	v := n.whole()
	for i, form := range otherForms {
		ok := !n.negative && v >= form.low && v <= form.high
		if ok && form.format != "" {
			layout, err := parseStrftime(form.format)
			if err != nil {
				continue
			}
			c, fault := layout.parse(strconv.AppendUint(nil, v, 10))
			ok = n.places <= 0 && fault == "" && c.check() == ""
		}
		if ok {
			s.forms[i]++
		}
	}
}

func newSampling(opts Options) *sampling {
	s := &sampling{}
	if opts.TimeFormat != "" {
		s.layout, _ = parseStrftime(opts.TimeFormat) // newTimeParser has its error
	}
	return s
}

// maxSamples is how many of the first records are looked at.
const maxSamples = 1000

// begin reports whether to look at another record.
func (s *sampling) begin() bool {
	s.looked++
	return s.looked <= maxSamples
}

// enough reports whether the records that were looked at decide.
func (s *sampling) enough() bool { return s.times || s.looked > maxSamples }

// see looks at a time.
func (s *sampling) see(text []byte) {
	text = bytes.TrimSpace(text)
	if s.layout != nil {
		if c, fault := s.layout.parse(text); fault == "" {
			s.times = true
			s.decimals = max(s.decimals, len(strings.TrimRight(fmt.Sprintf("%09d", c.nanos), "0")))
		}
		return
	}
	if n, ok := parseDecimal(text); ok {
		s.times = true
		if !s.some {
			s.number, s.some = n.whole(), true
		}
		s.seeForm(n)
		if n.places > 0 {
			s.decimals = max(s.decimals, n.places+decimals(unitOf(n.whole())))
		}
		return
	}
	s.times = s.times || digitsEnd(text, 0) > 0
	if point := bytes.LastIndexAny(text, ".,"); point >= 0 {
		end, _ := digits(text, point+1)
		s.decimals = max(s.decimals, len(bytes.TrimRight(text[point+1:end], "0")))
	}
}

// settle replaces AutoUnit in the options, and says what was guessed. Formats whose times are only
// integers keep their unit; in others timestamps are microseconds or finer.
func (s *sampling) settle(o *Options, integers bool) []Guess {
	if o.Unit != AutoUnit {
		return nil
	}
	o.numbers, o.guessed = unitOf(s.number), true
	switch {
	case integers:
		o.Unit = o.numbers
	case s.decimals > decimals(epoch.Microsecond) || o.numbers == epoch.Nanosecond:
		o.Unit = epoch.Nanosecond
	default:
		o.Unit = epoch.Microsecond
	}
	if !s.some {
		return nil
	}
	other := s.otherForm(o.Names)
	return []Guess{{
		What: "unit", Value: string(o.numbers), Notable: o.numbers != epoch.Second || other != "",
		Why: fmt.Sprintf("the first timestamp is %d; %s names another unit%s", s.number, o.Names.Unit, other),
	}}
}

package input

import (
	"fmt"
	"strings"

	"example.org/compute-pipeline/gohost"
)

// A timeParser parses times. It may be used by several goroutines at the same time.
type timeParser struct {
	clock
	layout *strftime // nil for RFC 3339 and its relatives, and for numbers
	local  *zone     // of times without an offset; nil if they need one
	names  Names
}

func newTimeParser(opts Options) (*timeParser, error) {
	t := &timeParser{
		clock: clock{unit: opts.Unit, numbers: opts.numbers, early: opts.Early, guessed: opts.guessed, protocol: opts.protocol, setting: opts.Names.Unit},
		names: opts.Names,
	}
	t.prepare()
	if opts.Location != nil {
		t.local = &zone{at: opts.Location, which: opts.Ambiguous, name: opts.Names.Ambiguous}
	}
	if opts.TimeFormat != "" {
		var err error
		if t.layout, err = parseStrftime(opts.TimeFormat); err != nil {
			return nil, fmt.Errorf("%w: %s: %w", gohost.ErrInvalidInput, opts.Names.TimeFormat, err)
		}
	}
	return t, nil
}

// parse returns the timestamp of a text without space around it, or what is wrong with it.
func (t *timeParser) parse(text []byte) (timestamp uint64, fault string) {
	if len(text) == 0 {
		return 0, "expected a timestamp, found an empty cell"
	}
	if t.layout != nil {
		c, err := t.layout.parse(text)
		if err != "" {
			return 0, fmt.Sprintf("expected a time in the format %s, found %q: %s", t.layout.format, clip(string(text)), err)
		}
		return t.civil(&c, text)
	}
	if at, v := digits(text, 0); at == len(text) && at <= maxDigits {
		timestamp, fault = t.count(v)
		return timestamp, about(text, fault)
	}
	if c, ok := parseRFC3339(text); ok {
		return t.civil(&c, text)
	}
	if timestamp, fault, ok := t.number(text); ok {
		if at, _ := digits(text, 0); at == len(text) && fault != "" && !t.early && t.raw {
			return 0, fmt.Sprintf("expected a timestamp from 0 to 18446744073709551615, found %q", clip(string(text)))
		}
		return timestamp, about(text, fault)
	}
	return 0, t.unknown(text)
}

// civil returns the timestamp of a civil time.
func (t *timeParser) civil(c *civil, text []byte) (timestamp uint64, fault string) {
	seconds := int64(0)
	switch fault = c.check(); {
	case fault != "":
	case c.zoned:
		seconds = c.seconds() - int64(c.offset)
	case t.local != nil:
		seconds, fault = t.local.instant(c.seconds(), c.dated)
	case c.dated:
		seconds = c.seconds()
	default:
		fault = fmt.Sprintf("has no time zone; expected an offset such as Z or +01:00, or %s", t.names.Location)
	}
	if fault == "" {
		timestamp, fault = t.at(seconds, c.nanos)
	}
	return timestamp, about(text, fault)
}

// about puts the text before a fault that is about it.
func about(text []byte, fault string) string {
	if strings.HasPrefix(fault, "is ") || strings.HasPrefix(fault, "has ") {
		return fmt.Sprintf("%q %s", clip(string(text)), fault)
	}
	return fault
}

package input

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/internal/epoch"
)

// Options configure a Reader.
type Options struct {
	// Format is that of the input. The default is Auto.
	Format Format
	// Validate parses JSON records of the usual shape, in the sandbox. Without it this package parses them,
	// as it does all others. Strict needs it.
	Validate Validate
	// PieceSize is the size of a piece in bytes, unless a record is longer; 0 means DefaultPieceSize.
	PieceSize int

	// Time and Values name columns of CSV, or fields of records of JSON. The default are those with common
	// names, and of two columns the other one is the value. A record gives a point for each of several values: see
	// [Piece.Column]. A field may be within others: "a.b" is the field b of a, and "a.0" the first element
	// of an array; a dot that belongs to a name is written \., unless the first record has a field of that name.
	Time   string
	Values []string
	// Keys name the columns or fields with the key of each point: see [Piece.Key]. A field must be a
	// string, a number or a literal.
	Keys []string

	// Strict means that records of JSON must be those of the engine, with a timestamp that is an integer: the
	// contract of a service, say. Without it the fields are chosen by the first record, as the columns of CSV
	// are, and records that the engine rejects may have times of other kinds.
	Strict bool
	// Records is the path of the array of records in a document of JSON. The default is the document.
	Records string

	// Unit is that of the timestamps, and of times that are numbers. The default is seconds. With
	// AutoUnit the first records decide: the unit of their numbers is the one that makes them times after
	// 1973 and before 5139, and a later number of another magnitude is a fault. Timestamps are
	// microseconds then, or nanoseconds if the first times need them, and of packed points and strict records
	// those numbers. See [Reader.Unit].
	Unit Unit
	// TimeFormat is the format of times in CSV, in the notation of strftime: %d/%m/%Y %H:%M. The default is
	// a number, or a time of RFC 3339 or nearly so: 2010-01-31 12:00, 2010-01-31. The fields are %Y %y %m
	// %d %e %j %G %V %u %H %I %M %S %f %p %b %B %a %A %z %Z %s %F %T %R %D; names are English; %y is of 1969 to
	// 2068, and %Y has four digits. %Y-%m is the first day of the month.
	TimeFormat string
	// Location is where the clocks are that times without an offset are read from. Without it, they are
	// faults, and dates are those of UTC. A time that these clocks never showed is a fault; a date is the
	// first instant of its day.
	Location *time.Location
	// Ambiguous says which instant a time is that these clocks showed twice. By default it is a fault.
	Ambiguous Ambiguous
	// Early means that times before 1970 are taken, too, and those after 9999, which are no dates, are
	// faults. Then timestamps count from [Reader.Origin].
	Early bool

	// Decimal is the decimal mark of numbers in texts: '.', which is the default, or ','. Thousands may be
	// between groups of three digits before it; ' ' is a non-breaking or thin space, too.
	Decimal, Thousands byte
	// Comment begins lines of CSV that are left out. By default every line is read.
	Comment byte

	// Missing says what becomes of values and times that are missing: null, no member of that name, one of
	// MissingTexts, or one of the texts that pandas takes for missing, such as "", NA, n/a, NaN, null and #N/A,
	// and also -, NaT and \N.
	Missing      Missing
	MissingTexts []string
	// Bad says what becomes of records that do not parse.
	Bad BadPolicy
	// Several means that other inputs are read with these options, too. Then Missing, MissingTexts and Bad may
	// be of those: packed points have a use for neither, and alone they are an error.
	Several bool

	// Slow means that the input may pause anywhere: its first records decide what it is, if no more
	// follow soon. It needs a source that implements Soon(time.Duration) bool, which reports whether
	// the next Read returns within that time.
	Slow bool
	// Names are how messages name these options. The default are the names of the fields.
	Names Names

	numbers  Unit // of times that are numbers
	guessed  bool // it was not given
	protocol bool // it is that of the line protocol
}

// Names are how messages name options, such as the flags of a program.
type Names struct {
	Format, Time, Values, Keys, Records       string
	Unit, TimeFormat, Location                string
	Decimal, Thousands, Comment, Missing, Bad string
	MissingTexts, Ambiguous                   string
}

func (n Names) withDefaults() Names {
	return Names{
		Format:     cmp.Or(n.Format, "Options.Format"),
		Time:       cmp.Or(n.Time, "Options.Time"),
		Values:     cmp.Or(n.Values, "Options.Values"),
		Keys:       cmp.Or(n.Keys, "Options.Keys"),
		Records:    cmp.Or(n.Records, "Options.Records"),
		Unit:       cmp.Or(n.Unit, "Options.Unit"),
		TimeFormat: cmp.Or(n.TimeFormat, "Options.TimeFormat"),
		Location:   cmp.Or(n.Location, "Options.Location"),
		Decimal:    cmp.Or(n.Decimal, "Options.Decimal"),
		Thousands:  cmp.Or(n.Thousands, "Options.Thousands"),
		Comment:    cmp.Or(n.Comment, "Options.Comment"),
		Missing:    cmp.Or(n.Missing, "Options.Missing"),
		Bad:        cmp.Or(n.Bad, "Options.Bad"),

		MissingTexts: cmp.Or(n.MissingTexts, "Options.MissingTexts"),
		Ambiguous:    cmp.Or(n.Ambiguous, "Options.Ambiguous"),
	}
}

// Check returns an error that wraps gohost.ErrInvalidInput if an option is invalid whatever the input is.
func (o Options) Check() error {
	o.Names = o.Names.withDefaults()
	if err := o.check(); err != nil {
		return err
	}
	_, err := newTimeParser(o)
	return err
}

// check rejects options that are invalid, and replaces defaults.
func (o *Options) check() error {
	refused := func(format string, args ...any) error {
		return fmt.Errorf("%w: %s", gohost.ErrInvalidInput, fmt.Sprintf(format, args...))
	}
	switch o.Unit {
	case "":
		o.Unit = epoch.Second
	case AutoUnit, epoch.Second, epoch.Millisecond, epoch.Microsecond, epoch.Nanosecond:
	default:
		return refused("%s %s: expected auto, s, ms, us or ns", o.Names.Unit, o.Unit)
	}
	switch o.Ambiguous {
	case AmbiguousError:
	case AmbiguousEarlier, AmbiguousLater:
		if o.Location == nil {
			return refused("%s %s is of the clocks of a time zone; %s names none", o.Names.Ambiguous, o.Ambiguous, o.Names.Location)
		}
	default:
		return refused("%s %s: expected earlier or later", o.Names.Ambiguous, o.Ambiguous)
	}
	if o.numbers == "" && o.Unit != AutoUnit {
		o.numbers = o.Unit
	}
	if o.Decimal == 0 {
		o.Decimal = '.'
	}
	mark := func(c byte) bool { return c >= ' ' && c <= '~' && !strings.ContainsRune("0123456789+-eE\"", rune(c)) }
	switch {
	case o.Decimal != '.' && o.Decimal != ',':
		return refused("%s %q: expected '.' or ','", o.Names.Decimal, o.Decimal)
	case o.Thousands != 0 && (!mark(o.Thousands) || o.Thousands == o.Decimal):
		return refused("%s %q: expected a mark such as ' ' or ',' that is not the decimal mark", o.Names.Thousands, o.Thousands)
	case o.Comment != 0 && (o.Comment < '!' || o.Comment > '~' || strings.ContainsRune(`",;`, rune(o.Comment))):
		return refused("%s %q: expected a mark such as '#'", o.Names.Comment, o.Comment)
	}
	return nil
}

// checkFormat rejects options that the format has no use for.
func (o *Options) checkFormat() error {
	if o.Strict && (o.Format == JSON || o.Format == NDJSON) && (o.Time != "" || len(o.Values) > 0 || o.Format == JSON && len(o.Keys) > 0) {
		return fmt.Errorf("%w: strict records have no other fields to name", gohost.ErrInvalidInput)
	}
	if o.Strict && (o.Format == JSON || o.Format == NDJSON) && o.Validate == nil {
		return fmt.Errorf("%w: strict records need Options.Validate", gohost.ErrInvalidInput)
	}
	return o.checkUses()
}

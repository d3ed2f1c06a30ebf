package input

import (
	"fmt"
	"slices"

	"example.org/compute-pipeline/gohost"
)

// An OptionError is the error of an option that the format of an input has no use for.
type OptionError struct {
	Option string // as [Names] has it
	Format Format
	Needs  string // what the option needs
}

func (e *OptionError) Error() string {
	if e.Format == Columns {
		return fmt.Sprintf("%s needs %s; the input has columns with types", e.Option, e.Needs)
	}
	return fmt.Sprintf("%s needs %s; the format is %s", e.Option, e.Needs, e.Format)
}

// Unwrap returns gohost.ErrInvalidInput.
func (*OptionError) Unwrap() error { return gohost.ErrInvalidInput }

// An optionUse says which formats have a use for an option.
type optionUse struct {
	option  string // its field in Options
	given   func(*Options) bool
	name    func(*Names) string
	formats []Format
	needs   string
	policy  bool // it says what becomes of what may not be there
}

// optionUses are the options that not every format has a use for. Those that are not here are for all.
var optionUses = []optionUse{
	{
		option: "Time", given: func(o *Options) bool { return o.Time != "" }, name: func(n *Names) string { return n.Time },
		formats: []Format{JSON, NDJSON, CSV, Columns}, needs: "a format whose times have names",
	},
	{
		option: "Values", given: func(o *Options) bool { return len(o.Values) > 0 }, name: func(n *Names) string { return n.Values },
		formats: []Format{JSON, NDJSON, CSV, LineProtocol, Columns}, needs: "a format with names",
	},
	{
		option: "Keys", given: func(o *Options) bool { return len(o.Keys) > 0 }, name: func(n *Names) string { return n.Keys },
		formats: []Format{JSON, NDJSON, CSV, LineProtocol, Columns}, needs: "a format with names",
	},
	{
		option: "Records", given: func(o *Options) bool { return o.Records != "" }, name: func(n *Names) string { return n.Records },
		formats: []Format{JSON}, needs: "a document of JSON",
	},
	{
		option: "TimeFormat", given: func(o *Options) bool { return o.TimeFormat != "" }, name: func(n *Names) string { return n.TimeFormat },
		formats: []Format{JSON, NDJSON, CSV, Columns}, needs: "times that are texts",
	},
	{
		option: "Ambiguous", given: func(o *Options) bool { return o.Ambiguous != AmbiguousError }, name: func(n *Names) string { return n.Ambiguous },
		formats: []Format{JSON, NDJSON, CSV, Columns}, needs: "times that are texts",
	},
	{
		option: "Decimal", given: func(o *Options) bool { return o.Decimal != 0 && o.Decimal != '.' }, name: func(n *Names) string { return n.Decimal },
		formats: []Format{JSON, NDJSON, CSV, Columns}, needs: "numbers that are texts",
	},
	{
		option: "Thousands", given: func(o *Options) bool { return o.Thousands != 0 }, name: func(n *Names) string { return n.Thousands },
		formats: []Format{JSON, NDJSON, CSV, Columns}, needs: "numbers that are texts",
	},
	{
		option: "Comment", given: func(o *Options) bool { return o.Comment != 0 }, name: func(n *Names) string { return n.Comment },
		formats: []Format{CSV}, needs: "CSV",
	},
	{
		option: "Missing", given: func(o *Options) bool { return o.Missing != MissingError }, name: func(n *Names) string { return n.Missing },
		formats: []Format{JSON, NDJSON, CSV, LineProtocol, Columns}, needs: "a format whose values may be missing", policy: true,
	},
	{
		option: "MissingTexts", given: func(o *Options) bool { return len(o.MissingTexts) > 0 }, name: func(n *Names) string { return n.MissingTexts },
		formats: []Format{JSON, NDJSON, CSV, LineProtocol, Columns}, needs: "a format whose values may be missing", policy: true,
	},
	{
		option: "Bad", given: func(o *Options) bool { return o.Bad.Max > 0 }, name: func(n *Names) string { return n.Bad },
		formats: []Format{JSON, NDJSON, CSV, LineProtocol, Columns}, needs: "a format of records that may not parse", policy: true,
	},
}

// checkUses rejects options that the format has no use for.
func (o *Options) checkUses() error {
	for _, use := range optionUses {
		if use.given(o) && !slices.Contains(use.formats, o.Format) && !(use.policy && o.Several) {
			return &OptionError{Option: use.name(&o.Names), Format: o.Format, Needs: use.needs}
		}
	}
	return nil
}

package input

import (
	"fmt"
	"slices"
	"strings"
)

// Names of columns, in order of preference. Only letters and digits count, and case does
// not matter.
var (
	timeNames  = []string{"timestamp", "time", "ts", "datetime", "date", "epoch", "unixtime", "unix", "t"}
	valueNames = []string{"value", "val", "v", "temperature", "temp", "reading", "measurement", "y"}
)

// findColumns finds the columns of the timestamp, the value and the key by their names. A name from the
// user must match exactly. Otherwise it looks for common names, and if only one column is left,
// that is the value.
func (r *csvParser) findColumns(opts Options) (err error) {
	if opts.Key != "" {
		if r.key, err = column(r.names, wanted{opts.Key, "key", nil, opts.Names.Key, -1}); err != nil {
			return err
		}
	}
	if r.time, err = column(r.names, wanted{opts.TimeColumn, "time", timeNames, opts.Names.TimeColumn, -1}); err != nil {
		return err
	}
	value := wanted{opts.ValueColumn, "value", valueNames, opts.Names.ValueColumn, -1}
	var rest []int
	for i := range r.names {
		if i != r.time && i != r.key {
			rest = append(rest, i)
		}
	}
	if len(rest) == 1 {
		value.fallback = rest[0]
	}
	if r.value, err = column(r.names, value); err != nil {
		return err
	}
	switch {
	case r.time == r.value:
		return fmt.Errorf("column %q cannot be both the time and the value; %s and %s must differ", r.names[r.time], opts.Names.TimeColumn, opts.Names.ValueColumn)
	case r.key == r.time || r.key == r.value:
		return fmt.Errorf("column %q cannot be both the key and the time or the value; %s names another", r.names[r.key], opts.Names.Key)
	}
	return nil
}

// wanted is a column that is looked for.
type wanted struct {
	given    string // by the user
	what     string
	usual    []string // common names
	setting  string   // how messages name the option
	fallback int      // a column, or -1
}

func column(header []string, w wanted) (int, error) {
	if w.given != "" {
		i, err := only(header, w, func(name string) bool { return strings.TrimSpace(name) == w.given })
		if i >= 0 || err != nil {
			return i, err
		}
		return 0, fmt.Errorf("no column is named %q (%s); expected one of: %s", w.given, w.setting, quoteAll(header))
	}
	for _, want := range w.usual {
		i, err := only(header, w, func(name string) bool { return plain(name) == want })
		if i >= 0 || err != nil {
			return i, err
		}
	}
	if w.fallback >= 0 {
		return w.fallback, nil
	}
	return 0, fmt.Errorf("no column is recognised as the %s (%s); name it with %s, one of: %s",
		w.what, strings.Join(w.usual, ", "), w.setting, quoteAll(header))
}

// only returns the column that fits, or -1. Two of them are an error: which one is meant cannot be told.
func only(header []string, w wanted, fits func(string) bool) (int, error) {
	found := slices.IndexFunc(header, fits)
	if found < 0 {
		return found, nil
	}
	if another := slices.IndexFunc(header[found+1:], fits); another >= 0 {
		another += found + 1
		return 0, fmt.Errorf("columns %d and %d, %q and %q, could both be the %s; give one of them another name",
			found+1, another+1, clip(header[found]), clip(header[another]), w.what)
	}
	return found, nil
}

// plain returns the letters and digits of a name, in lower case.
func plain(name string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, strings.ToLower(name))
}

func quoteAll(names []string) string {
	const most = 20
	quoted := make([]string, 0, most+1)
	for i, name := range names {
		if i == most {
			quoted = append(quoted, "…")
			break
		}
		quoted = append(quoted, fmt.Sprintf("%q", clip(strings.TrimSpace(name))))
	}
	return strings.Join(quoted, ", ")
}

// separator returns the separator of the cells of a line: the most frequent of comma,
// semicolon and tab, or 0 if it has none.
func separator(line []byte) rune {
	best, most := rune(0), 0
	for _, mark := range []rune{',', ';', '\t'} {
		if n := strings.Count(string(line), string(mark)); n > most {
			best, most = mark, n
		}
	}
	return best
}

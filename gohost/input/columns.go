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

// findColumns finds the columns of the timestamp, the values and the keys by their names. A name from
// the user must match exactly. Otherwise it looks for common names, and if only one column is left,
// that is the value.
func (r *csvParser) findColumns(opts Options) (err error) {
	r.values, r.keys = nil, nil
	for _, name := range opts.Keys {
		key, err := findColumn(r.names, wanted{name, "key", nil, opts.Names.Keys, -1})
		if err != nil {
			return err
		}
		r.keys = append(r.keys, key)
	}
	if r.time, err = findColumn(r.names, wanted{opts.Time, "time", timeNames, opts.Names.Time, -1}); err != nil {
		return err
	}
	for _, name := range opts.Values {
		value, err := findColumn(r.names, wanted{name, "value", nil, opts.Names.Values, -1})
		if err != nil {
			return err
		}
		r.values = append(r.values, value)
	}
	if len(opts.Values) == 0 {
		value := wanted{"", "value", valueNames, opts.Names.Values, r.onlyOther()}
		i, err := findColumn(r.names, value)
		if err != nil {
			return err
		}
		r.values = []int{i}
	}
	return r.checkRoles(opts.Names)
}

// onlyOther returns the only column that is neither the time nor a key, or -1.
func (r *csvParser) onlyOther() int {
	found := -1
	for i := range r.names {
		if i == r.time || slices.Contains(r.keys, i) {
			continue
		}
		if found >= 0 {
			return -1
		}
		found = i
	}
	return found
}

// checkRoles rejects a column that would be two of time, value and key.
func (r *csvParser) checkRoles(names Names) error {
	taken := map[int]string{r.time: "time"}
	for _, role := range []struct {
		what, setting string
		columns       []int
	}{{"value", names.Values, r.values}, {"key", names.Keys, r.keys}} {
		for _, i := range role.columns {
			switch other, ok := taken[i]; {
			case ok && other == role.what:
				return fmt.Errorf("column %q is named twice; give each %s once", r.names[i], role.setting)
			case ok && other == "time" && role.what == "value":
				return fmt.Errorf("column %q cannot be both the time and the value; %s and %s must differ", r.names[i], names.Time, names.Values)
			case ok:
				return fmt.Errorf("column %q cannot be both the key and the time or the value; %s names another", r.names[i], names.Keys)
			}
			taken[i] = role.what
		}
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

func findColumn(header []string, w wanted) (int, error) {
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

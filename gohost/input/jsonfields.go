package input

import (
	"fmt"
	"slices"
	"strings"
)

// jsonFields are the paths of the wanted fields of records.
type jsonFields struct {
	time   string
	values []string
	keys   []string
}

// A firstField is a field of the first record of an input.
type firstField struct {
	name string
	kind cellKind
	text string
}

func isPath(name string) bool { return strings.ContainsAny(name, `.\`) }

// findJSONFields decides by the first record which fields are wanted, and whether the engine is to parse the records.
// It also is if the first record was meant for it but is at fault: its message says best what is wrong.
func findJSONFields(first []firstField, opts *Options) (fields *jsonFields, usual bool, err error) {
	given := opts.Time != "" || len(opts.Values) > 0
	fields, err = namedFields(first, opts)
	if !given && (len(first) == 0 || first[0].kind == cellAbsent || isWrong(first) || err != nil && len(opts.Keys) == 0 && isMeant(first)) {
		fields, err, usual = &jsonFields{"timestamp", []string{"value"}, opts.Keys}, nil, true
	}
	if err != nil {
		return nil, false, err
	}
	all := append(append([]string{fields.time}, fields.values...), fields.keys...)
	for i, name := range all {
		if slices.Contains(all[:i], name) {
			return nil, false, fmt.Errorf("the field %q is named twice; %s, %s and %s must differ", clip(name), opts.Names.Time, opts.Names.Values, opts.Names.Keys)
		}
	}
	usual = usual || fields.time == "timestamp" && slices.Equal(fields.values, []string{"value"}) && looksUsual(first, opts.Early)
	if opts.Format == JSON && (opts.Missing != MissingError || opts.Bad.Max > 0) {
		usual = false // the engine knows nothing of these
	}
	return fields, usual && opts.TimeFormat == "" && len(opts.MissingTexts) == 0 && (len(opts.Keys) == 0 || opts.Format == NDJSON && !slices.ContainsFunc(opts.Keys, isPath)), nil
}

// isMeant reports whether a record has a field of the engine's.
func isMeant(first []firstField) bool {
	return slices.ContainsFunc(first, func(f firstField) bool { return f.name == "timestamp" || f.name == "value" })
}

// isWrong reports whether a record has a field of the engine's that is no time or number.
func isWrong(first []firstField) bool {
	return slices.ContainsFunc(first, func(f firstField) bool {
		return f.name == "timestamp" && f.kind != cellText && f.kind != cellNumber || f.name == "value" && f.kind != cellNumber && f.kind != cellNull
	})
}

// namedFields returns the fields that have the names that are wanted, or common ones.
func namedFields(first []firstField, opts *Options) (*jsonFields, error) {
	has := func(name string) bool {
		return slices.ContainsFunc(first, func(f firstField) bool { return f.name == name })
	}
	path := func(given string) string {
		if has(given) {
			return quotePath(given) // of a name with a dot, too
		}
		return given
	}
	if opts.Missing == MissingError && opts.Bad.Max == 0 && len(first) > 0 && first[len(first)-1].kind != cellAbsent {
		for _, w := range slices.Concat(wantedOf([]string{opts.Time}, opts.Names.Time), wantedOf(opts.Values, opts.Names.Values), wantedOf(opts.Keys, opts.Names.Keys)) {
			names, err := parsePath(path(w.given))
			if err != nil {
				return nil, fmt.Errorf("%s: %w", w.setting, err)
			}
			if !has(names[0]) {
				return nil, fmt.Errorf("no field of the first record is named %q (%s); expected one of: %s", clip(names[0]), w.setting, quoteAll(fieldNames(first)))
			}
		}
	}
	fields := &jsonFields{time: path(opts.Time)}
	for _, key := range opts.Keys {
		fields.keys = append(fields.keys, path(key))
	}
	for _, value := range opts.Values {
		fields.values = append(fields.values, path(value))
	}
	var err error
	if opts.Time == "" {
		if fields.time, err = findField(first, wanted{"", "time", timeNames, opts.Names.Time, -1}, opts.Names.Records, cellText, cellNumber); err != nil {
			return nil, err
		}
	}
	if len(opts.Values) == 0 {
		value, err := findField(first, wanted{"", "value", valueNames, opts.Names.Values, onlyNumber(first, fields)}, opts.Names.Records, cellNumber, cellNull)
		if err != nil {
			return nil, err
		}
		fields.values = []string{value}
	}
	return fields, nil
}

// looksUsual reports whether a record has the fields that the engine parses. A time before 1970 is for it to
// reject, unless such times are taken.
func looksUsual(first []firstField, early bool) bool {
	found := 0
	for _, f := range first {
		number := f.text
		if !early {
			number = strings.TrimPrefix(number, "-")
		}
		at, _ := digits([]byte(number), 0)
		if f.kind == cellNumber && (f.name == "value" || f.name == "timestamp" && at == len(number)) {
			found++
		}
	}
	return found == 2
}

// wantedOf returns the fields that the user named.
func wantedOf(names []string, setting string) (all []wanted) {
	for _, name := range names {
		if name != "" {
			all = append(all, wanted{given: name, setting: setting})
		}
	}
	return all
}

func fieldNames(first []firstField) []string {
	names := make([]string, len(first))
	for i, f := range first {
		names[i] = f.name
	}
	return names
}

// findField finds a field by common names, among those of some kinds.
func findField(first []firstField, w wanted, records string, kinds ...cellKind) (string, error) {
	var names []string
	fallback := -1
	for i, f := range first {
		if slices.Contains(kinds, f.kind) {
			if i == w.fallback {
				fallback = len(names)
			}
			names = append(names, f.name)
		}
	}
	w.fallback = fallback
	if len(names) == 0 {
		return "", fmt.Errorf("no field of the first record can be the %s; name one within others with %s (a.b), or the array of records with %s; the fields are: %s",
			w.what, w.setting, records, quoteAll(fieldNames(first)))
	}
	i, err := findColumn(names, w)
	if err != nil {
		return "", fmt.Errorf("%s", strings.NewReplacer("no column is", "no field of the first record is", "columns ", "fields ").Replace(err.Error()))
	}
	return quotePath(names[i]), nil
}

// onlyNumber returns the only field with a number that is neither the time nor a key, or -1.
func onlyNumber(first []firstField, fields *jsonFields) int {
	found := -1
	for i, f := range first {
		if path := quotePath(f.name); f.kind != cellNumber || path == fields.time || slices.Contains(fields.keys, path) {
			continue
		}
		if found >= 0 {
			return -1
		}
		found = i
	}
	return found
}

// maxFields is how many fields of the first record are looked at.
const maxFields = 1 << 16

// firstFields returns the fields of the record that begins a text. If it ends too early, or is at fault, the last
// one is absent.
func firstFields(text []byte) (first []firstField) {
	s := newJSONScanner(&jsonTree{cells: 1})
	any := &jsonNode{cells: []int{0}}
	s.text = text
	if s.next() != '{' {
		return nil
	}
	s.at++
	for s.next() == '"' && len(first) < maxFields {
		name, fault := s.name()
		if fault != nil {
			break
		}
		copied := string(name)
		if fault = s.wanted(any); fault != nil || s.at >= len(text) {
			break
		}
		first = append(first, firstField{copied, s.cells[0].kind, string(s.cells[0].text)})
		if s.next() != ',' {
			break
		}
		s.at++
	}
	if s.first() != '}' {
		first = append(first, firstField{kind: cellAbsent}) // there may be more
	}
	return first
}

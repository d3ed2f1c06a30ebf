package input

import (
	"encoding/csv"
	"slices"
	"strings"
)

// isHeader reports whether a row has the names of the header, in any order. A file without a header has
// none.
func (r *csvParser) isHeader(row []string) bool {
	if !r.headed || len(row) != len(r.names) {
		return false
	}
	return slices.Equal(slices.Sorted(slices.Values(row)), slices.Sorted(slices.Values(r.names)))
}

// reordered returns a parser of the rows after a line, or nil if that is no header like the parser's.
func (r *csvParser) reordered(line []byte) *csvParser {
	src := csv.NewReader(strings.NewReader(string(line)))
	src.Comma = rune(r.comma)
	names, err := src.Read()
	if err != nil || !r.isHeader(names) {
		return nil
	}
	if _, fault := r.times.parse([]byte(strings.TrimSpace(names[slices.Index(names, r.names[r.time])]))); fault == "" {
		return nil // a row of data
	}
	other := *r
	other.names = names
	moved := func(i int) int { return slices.Index(names, r.names[i]) }
	other.time = moved(r.time)
	other.values, other.keys = slices.Clone(r.values), slices.Clone(r.keys)
	for n, i := range r.values {
		other.values[n] = moved(i)
	}
	for n, i := range r.keys {
		other.keys[n] = moved(i)
	}
	other.setColumns()
	return &other
}

// hasOrderOf reports whether the columns that matter are at the places of another parser's.
func (r *csvParser) hasOrderOf(other *csvParser) bool {
	return slices.Equal(r.columns, other.columns) && slices.Equal(r.names, other.names)
}

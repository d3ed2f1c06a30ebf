package symbols

import (
	"debug/dwarf"
	"sort"
)

// A unit is a compilation unit.
type unit struct {
	entry *dwarf.Entry
	table *lineTable // nil until it is read
}

// A lineTable says which lines code comes from.
type lineTable struct {
	files     []*dwarf.LineFile
	sequences []sequence // ascending by their first row
}

// A sequence has rows with ascending addresses, the last of which is the end of its code.
type sequence []row

type row struct {
	address      uint64
	file         *dwarf.LineFile
	line, column int32
}

func (s sequence) low() uint64  { return s[0].address }
func (s sequence) high() uint64 { return s[len(s)-1].address }

// lines returns the lines of a unit. Of a table that is damaged, it has those before the
// damage.
func (x *index) lines(u *unit) *lineTable {
	if u.table != nil {
		return u.table
	}
	u.table = &lineTable{}
	x.readLines(u)
	sequences := u.table.sequences
	sort.SliceStable(sequences, func(i, j int) bool { return sequences[i].low() < sequences[j].low() })
	return u.table
}

func (x *index) readLines(u *unit) {
	// Package dwarf panics for a directory whose number is negative.
	defer func() { _ = recover() }()
	if x.rows >= maxRows || x.paths >= maxPaths || !x.hasHonestHeader(u.entry) {
		return
	}
	reader, err := x.data.LineReader(u.entry)
	if err != nil || reader == nil {
		return
	}
	var open sequence
	for entry := (dwarf.LineEntry{}); x.rows < maxRows && reader.Next(&entry) == nil; x.rows++ {
		open = append(open, row{
			address: entry.Address, file: entry.File, line: int32(entry.Line), column: int32(entry.Column),
		})
		if entry.EndSequence {
			u.table.add(open)
			open = nil
		}
	}
	u.table.files = reader.Files()
	x.rows += len(u.table.files)
	for _, file := range u.table.files {
		if file != nil {
			x.paths += len(file.Name)
		}
	}
}

func (t *lineTable) add(rows sequence) {
	if isRemoved(rows.low()) {
		return
	}
	sort.SliceStable(rows, func(i, j int) bool { return rows[i].address < rows[j].address })
	t.sequences = append(t.sequences, rows)
}

// row returns the row of an offset. Its file is nil if nothing is known of it.
func (t *lineTable) row(offset uint64) row {
	i := sort.Search(len(t.sequences), func(i int) bool { return t.sequences[i].low() > offset }) - 1
	if i < 0 || offset >= t.sequences[i].high() {
		return row{}
	}
	rows := t.sequences[i]
	return rows[sort.Search(len(rows), func(i int) bool { return rows[i].address > offset })-1]
}

// at returns the line of an offset.
func (t *lineTable) at(offset uint64) (file string, line, column int) {
	r := t.row(offset)
	if r.file == nil {
		return "", 0, 0
	}
	return printable(r.file.Name), int(r.line), int(r.column)
}

// file returns the file with a number, or "" if there is none.
func (t *lineTable) file(number int64) string {
	if number < 0 || number >= int64(len(t.files)) || t.files[number] == nil {
		return ""
	}
	return printable(t.files[number].Name)
}

package input

import (
	"bytes"
)

// encoding/csv takes some 80 bytes for each cell of a row, so a row of 16 MiB of separators would take more
// than 1 GB. Rows with this many cells or fewer are not counted.
const fewCells = 4096

// maxColumns is the max number of cells in a header.
const maxColumns = 1 << 16

// crowded skips the next row, and returns its fault, if it has more cells than the header has and than
// encoding/csv can take in little memory.
func (r *csvRows) crowded() error {
	limit := max(fewCells, r.cells)
	if r.cells == 0 {
		limit = maxColumns
	}
	text := r.text[r.csv.InputOffset():]
	empty := r.emptyLines(text)
	size, separators := r.rowSize(text[empty:])
	if separators < limit {
		return nil
	}
	cells := countCells(text[empty:empty+size], r.comma)
	if cells <= limit {
		return nil
	}
	r.skip(int(r.csv.InputOffset()) + empty)
	at := Position{Line: r.base.Line, Column: 1, Offset: -1}
	r.skip(size)
	if r.cells == 0 {
		return badData(at, "the first row has %d cells; expected up to %d", cells, maxColumns)
	}
	return badData(at, "expected %d cells as in the first row, found %d", r.cells, cells)
}

// skip goes on after n bytes of the text that is left.
func (r *csvRows) skip(n int) {
	lines := bytes.Count(r.text[:n], newline)
	r.text = r.text[n:]
	r.skipped += n
	r.line += lines
	r.base.Offset += int64(n)
	r.base.Line += int64(lines)
	r.open()
}

// emptyLines returns the length of the lines without cells before a row.
func (r *csvRows) emptyLines(text []byte) int {
	at := 0
	for at < len(text) {
		if n := lineEnd(text, at); n > 0 {
			at += n
		} else if r.comment != 0 && text[at] == r.comment {
			at = endOfLine(text, at)
		} else {
			break
		}
	}
	return at
}

// rowSize returns the length of the row that text begins with, with the end of its line, and the number of
// separators in it, those within quotes too.
func (r *csvRows) rowSize(text []byte) (size, separators int) {
	for inside := false; ; {
		end := endOfLine(text, size)
		separators += bytes.Count(text[size:end], []byte{r.comma})
		inside = inside != odd(text[size:end])
		size = end
		if !inside || size == len(text) {
			return size, separators
		}
	}
}

// countCells returns the number of cells of a row. After a quote where none may be it is another, but
// encoding/csv stops at that quote.
func countCells(row []byte, comma byte) int {
	cells, inside := 1, false
	for _, c := range row {
		switch {
		case c == '"':
			inside = !inside
		case c == comma && !inside:
			cells++
		}
	}
	return cells
}

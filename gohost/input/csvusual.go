package input

import (
	"bytes"

	"example.org/compute-pipeline/gohost"
)

// A csvCursor reads the rows of a piece.
type csvCursor struct {
	*csvParser
	piece *Piece
	text  []byte
	at    int // offset of the next row
	line  int // number of lines before it in the piece

	row   []gohost.Datapoint // of the row that is read
	parts [][]byte           // of its key
}

// cursor returns a cursor at the beginning of a piece.
func (r *csvParser) cursor(p *Piece) csvCursor {
	return csvCursor{
		csvParser: r, piece: p, text: p.text(),
		row: make([]gohost.Datapoint, len(r.values)), parts: make([][]byte, len(r.keys)),
	}
}

// usualRow reads a row on one line, where a cell with quotes has none inside. It reports false, and
// reads nothing, if the row is another or a fault, which is for [csvCursor.anyRows] to tell.
func (c *csvCursor) usualRow() bool {
	text, at := c.text, c.at
	if n := lineEnd(text, at); n > 0 {
		c.at, c.line = at+n, c.line+1 // encoding/csv skips empty lines, too
		return true
	}
	var timestamp uint64
	for i, column := range c.columns {
		if i > 0 {
			if at == len(text) || text[at] != c.comma {
				return false
			}
			at++
		}
		begin, ok := at, true
		switch column.role {
		case roleTime:
			at, timestamp = digits(text, at)
			if c.ends(at) && at > begin && at-begin <= maxDigits {
				continue
			}
			var cell []byte
			if cell, at, ok = c.cell(begin); ok {
				timestamp, ok = c.timestamp(cell)
			}
		case roleValue:
			value := &c.row[column.slot].Value
			at, *value, ok = decimal(text, at)
			if ok && c.ends(at) {
				continue
			}
			var cell []byte
			if cell, at, ok = c.cell(begin); ok {
				*value, ok = number(bytes.TrimSpace(cell))
			}
		case roleKey:
			c.parts[column.slot], at, ok = c.cell(begin)
		default:
			_, at, ok = c.cell(begin)
		}
		if !ok {
			return false
		}
	}
	n := lineEnd(text, at)
	if n == 0 && at < len(text) {
		return false
	}
	for i := range c.row {
		c.row[i].Timestamp = timestamp
		c.piece.Points = append(c.piece.Points, c.row[i])
	}
	if len(c.parts) > 0 {
		c.addKey()
	}
	c.piece.endRecord(len(c.row), len(c.parts) > 0, int32(c.line))
	c.at, c.line = at+n, c.line+1
	return true
}

// addKey appends the text of the row's key.
func (c *csvCursor) addKey() {
	keys := &c.piece.keys
	if len(c.parts) == 1 {
		keys.text = append(keys.text, c.parts[0]...)
		return
	}
	for i, part := range c.parts {
		keys.text = appendKeyPart(keys.text, part, i)
	}
}

// timestamp parses a cell that is not only digits.
func (c *csvCursor) timestamp(cell []byte) (uint64, bool) {
	cell = bytes.TrimSpace(cell)
	if at, t := digits(cell, 0); at == len(cell) && at > 0 && at <= maxDigits {
		return t, true
	}
	t, err := c.unit.Parse(string(cell))
	return t, err == nil
}

// cell returns the contents of a cell that begins at an offset, and the offset after it.
func (c *csvCursor) cell(at int) ([]byte, int, bool) {
	begin, text := at, c.text
	if at < len(text) && text[at] == '"' {
		begin++
		size := bytes.IndexByte(text[begin:], '"')
		if size < 0 || bytes.IndexByte(text[begin:begin+size], '\n') >= 0 {
			return nil, 0, false
		}
		end := begin + size
		return text[begin:end], end + 1, c.ends(end + 1)
	}
	for ; !c.ends(at); at++ {
		if text[at] == '"' {
			return nil, 0, false
		}
	}
	return text[begin:at], at, true
}

// ends reports whether a cell ends at an offset.
func (c *csvCursor) ends(at int) bool {
	return at == len(c.text) || c.text[at] == c.comma || c.text[at] == '\n' || c.text[at] == '\r' && lineEnd(c.text, at) > 0
}

// lineEnd returns the length of the end of a line that is at an offset, or 0. Like encoding/csv
// it takes a '\r' at the end of the input for one.
func lineEnd(text []byte, at int) int {
	switch {
	case at == len(text):
		return 0
	case text[at] == '\n':
		return 1
	case text[at] == '\r' && at+1 == len(text):
		return 1
	case text[at] == '\r' && text[at+1] == '\n':
		return 2
	}
	return 0
}

package input

import (
	"bytes"
	"math"

	"example.org/compute-pipeline/gohost"
)

// A csvCursor reads the rows of a piece.
type csvCursor struct {
	*csvParser
	piece *Piece
	text  []byte
	at    int // offset of the next row
	line  int // number of lines before it in the piece

	row   []float64 // values of the row that is read; NaN for one that is missing
	parts [][]byte  // of its key

	single bool // a row has one value and no key

	// Of the parser, so that they are near.
	comma, comment           byte
	columns                  []column
	plain                    bool // numbers are usual
	low, high, factor, begin uint64
}

// cursor returns a cursor at the beginning of a piece.
func (r *csvParser) cursor(p *Piece) csvCursor {
	t := &r.times.clock
	if r.times.layout != nil || r.sentinels { // digits may be anything
		t = &clock{low: 1}
	}
	return csvCursor{
		csvParser: r, piece: p, text: p.text(),
		row: make([]float64, len(r.values)), parts: make([][]byte, len(r.keys)),
		single: len(r.values) == 1 && len(r.keys) == 0,
		comma:  r.comma, comment: r.comment, columns: r.columns, plain: r.decoder.numbers.usual && !r.decoder.sentinels,
		low: t.low, high: t.high, factor: t.factor, begin: t.begin,
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
	if c.comment != 0 && text[at] == c.comment {
		c.at, c.line = endOfLine(text, at), c.line+1
		return true
	}
	var timestamp uint64
	timed := true
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
			if c.ends(at) && at > begin && at-begin <= maxDigits && timestamp >= c.low && timestamp <= c.high {
				timestamp = timestamp*c.factor + c.begin
				continue
			}
			var text []byte
			if text, at, ok = c.cell(begin); ok {
				var fault string
				if civil, isTime := parseRFC3339(text); isTime && c.high > 0 {
					if timestamp, fault = c.times.civil(&civil, text); fault == "" {
						continue
					}
				}
				timestamp, timed, fault = c.timestamp(cell{kind: cellText, text: text})
				timed, ok = !timed, fault == ""
			}
		case roleValue:
			value := &c.row[column.slot]
			at, *value, ok = decimal(text, at)
			if ok && c.ends(at) && c.plain {
				continue
			}
			var text []byte
			if text, at, ok = c.cell(begin); ok {
				*value, ok = c.number(text)
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
	if p := c.piece; c.single && timed && c.row[0] == c.row[0] {
		p.Points = append(p.Points, gohost.Datapoint{Timestamp: timestamp, Value: c.row[0]})
		p.marks = append(p.marks, int32(c.line))
		p.counts.Records++
		p.counts.Points++
	} else {
		c.endRow(timestamp, timed)
	}
	c.at, c.line = at+n, c.line+1
	return true
}

// number parses a value that is not only digits and a point. A missing one is NaN, which no number is.
func (c *csvCursor) number(text []byte) (float64, bool) {
	if v, ok := number(bytes.TrimSpace(text)); ok && c.plain {
		return v, true
	}
	v, missing, fault := c.value(cell{kind: cellText, text: text})
	if missing {
		return math.NaN(), true
	}
	return v, fault == ""
}

// endRow appends the points of the row.
func (c *csvCursor) endRow(timestamp uint64, timed bool) {
	p := c.piece
	before, key := len(p.Points), len(p.keys.text)
	for i, v := range c.row {
		if timed && v == v {
			p.addPoint(gohost.Datapoint{Timestamp: timestamp, Value: v}, i, len(c.row))
		}
	}
	if len(c.parts) > 0 {
		c.addKey()
	}
	c.endRecord(p, len(p.Points)-before, key, int32(c.line))
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

package input

import (
	"bytes"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"example.org/compute-pipeline/gohost"
)

// A decoder makes points of records whose fields were found: for all formats that the engine does not
// parse. It is used for several pieces at the same time.
type decoder struct {
	times     *timeParser
	numbers   numberParser
	missing   map[string]bool
	skip      bool // values that are missing
	sentinels bool // some of them may look like numbers and times
	bad       BadPolicy
	values    int
	keys      int
	names     Names
}

// newDecoder returns a decoder of records with a number of values and keys.
func newDecoder(opts Options, values, keys int) (*decoder, error) {
	times, err := newTimeParser(opts)
	if err != nil {
		return nil, err
	}
	return &decoder{
		times: times, missing: newMissing(opts), skip: opts.Missing == MissingSkip, bad: opts.Bad,
		numbers:   newNumberParser(opts),
		sentinels: len(opts.MissingTexts) > 0,
		values:    values, keys: keys, names: opts.Names,
	}, nil
}

type cellKind byte

const (
	cellAbsent cellKind = iota
	cellText            // of CSV, or a string of JSON
	cellNumber          // of JSON
	cellNull
	cellBool
	cellOther // an object or array
)

// A cell is a field of a record.
type cell struct {
	kind cellKind
	text []byte // for a string what it stands for
	at   int    // offset in the piece
}

// isMissing reports whether a cell has no value.
func (d *decoder) isMissing(c cell) bool {
	switch c.kind {
	case cellAbsent, cellNull:
		return true
	case cellText:
		return d.missing[string(bytes.TrimSpace(c.text))]
	case cellNumber:
		return d.sentinels && d.missing[string(c.text)]
	}
	return false
}

// record appends the points of a record, with its mark and key. The cells are the time, then the values,
// then the keys. It returns which cell is at fault, and appends nothing then.
func (d *decoder) record(p *Piece, mark int32, cells []cell) (bad int, message string) {
	before, columns, text := len(p.Points), len(p.columns), len(p.keys.text)
	undo := func(i int, message string) (int, string) {
		p.Points, p.columns, p.keys.text = p.Points[:before], p.columns[:columns], p.keys.text[:text]
		return i, message
	}
	p.decoded = true
	timestamp, missingTime, message := d.timestamp(cells[0])
	if message != "" {
		return 0, message
	}
	for i := range d.values {
		value, missing, message := d.value(cells[1+i])
		if message != "" {
			return undo(1+i, message)
		}
		if !missing && !missingTime {
			p.addPoint(gohost.Datapoint{Timestamp: timestamp, Value: value}, i, d.values)
		}
	}
	for i := range d.keys {
		part := cells[1+d.values+i]
		switch part.kind {
		case cellAbsent:
			return undo(1+d.values+i, "is missing; a key is a string, a number or a literal")
		case cellOther:
			return undo(1+d.values+i, "is no string, number or literal, so it cannot be a key")
		}
		if d.keys == 1 {
			p.keys.text = append(p.keys.text, part.text...)
		} else {
			p.keys.text = appendKeyPart(p.keys.text, part.text, i)
		}
	}
	d.endRecord(p, len(p.Points)-before, text, mark)
	return 0, ""
}

// endRecord ends a record that has given n points, and whose key begins at an offset of the keys' text.
func (d *decoder) endRecord(p *Piece, n, key int, mark int32) {
	d.count(p, n, mark)
	switch {
	case n == 0:
		p.keys.text = p.keys.text[:key]
	case d.keys > 0:
		p.keys.add(n, int32(key), int32(len(p.keys.text)))
	}
}

// count counts a record that has given n points.
func (d *decoder) count(p *Piece, n int, mark int32) {
	p.decoded = true
	p.values = d.values
	p.counts.Records++
	p.counts.Points += int64(n)
	p.counts.Missing += int64(d.values - n)
	for range n {
		p.marks = append(p.marks, mark)
	}
}

// addPoint appends a point of a column, of so many.
func (p *Piece) addPoint(point gohost.Datapoint, column, columns int) {
	p.Points = append(p.Points, point)
	if columns > 1 {
		p.columns = append(p.columns, uint16(column))
	}
}

// timestamp parses the cell of a time.
func (d *decoder) timestamp(c cell) (timestamp uint64, missing bool, message string) {
	switch {
	case d.isMissing(c):
		if d.skip {
			return 0, true, ""
		}
		return 0, false, d.missed("a timestamp", c)
	case c.kind == cellText || c.kind == cellNumber:
		timestamp, message = d.times.parse(bytes.TrimSpace(c.text))
		return timestamp, false, message
	}
	return 0, false, fmt.Sprintf("expected a timestamp, found %s", clip(string(c.text)))
}

// value parses the cell of a value.
func (d *decoder) value(c cell) (value float64, missing bool, message string) {
	switch {
	case d.isMissing(c):
		if d.skip {
			return 0, true, ""
		}
		return 0, false, d.missed("a number", c)
	case c.kind == cellNumber:
		if v, ok := number(c.text); ok {
			return v, false, ""
		}
		v, err := parseNumber(string(c.text))
		if err != nil {
			return 0, false, err.Error()
		}
		return v, false, ""
	case c.kind == cellText:
		text := bytes.TrimSpace(c.text)
		if value, message = d.numbers.parse(text); message != "" && isWord(text) {
			skip := ""
			if !d.skip {
				skip = d.names.Missing + " skip "
			}
			message += fmt.Sprintf("; if it stands for no value: %s%s '%s'", skip, d.names.MissingTexts, text)
		}
		return value, false, message
	}
	return 0, false, fmt.Sprintf("expected a number, found %s", clip(string(c.text)))
}

// isWord reports whether a text may stand for a missing value: a short one without digits, or an error of a spreadsheet.
func isWord(text []byte) bool {
	const longest = 12
	unfit := func(c rune) bool { return c == '\'' || c == '"' || c == utf8.RuneError || !unicode.IsPrint(c) }
	switch strings.ToLower(string(text)) {
	case "inf", "-inf", "infinity", "-infinity", "true", "false":
		return false
	}
	return len(text) <= longest && !bytes.ContainsFunc(text, unfit) && (text[0] == '#' || !bytes.ContainsFunc(text, unicode.IsDigit))
}

// missed is what is wrong with a cell that is missing.
func (d *decoder) missed(what string, c cell) string {
	found := "nothing"
	switch {
	case c.kind == cellNull:
		found = "null"
	case c.kind == cellText && len(bytes.TrimSpace(c.text)) == 0:
		found = "an empty cell"
	case c.kind == cellText || c.kind == cellNumber:
		found = fmt.Sprintf("%q", clip(string(c.text)))
	}
	return fmt.Sprintf("expected %s, found %s; %s skip leaves it out", what, found, d.names.Missing)
}

// shift makes timestamps of the numbers that the engine has parsed, and counts the points. It cuts off the
// points from the first fault on, and returns that.
func (d *decoder) shift(p *Piece) error {
	if c := &d.times.clock; !c.raw {
		for i := range p.Points {
			t, fault := c.count(p.Points[i].Timestamp)
			if fault != "" {
				fault = about(fmt.Append(nil, p.Points[i].Timestamp), fault)
				at := p.Locate(i)
				p.Points = p.Points[:i]
				return badData(at, "%s", fault)
			}
			p.Points[i].Timestamp = t
		}
	}
	p.counts.Records += int64(len(p.Points))
	p.counts.Points += int64(len(p.Points))
	return nil
}

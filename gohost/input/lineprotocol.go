package input

import (
	"bytes"
	"context"
	"fmt"
	"strings"
)

// measurement is the name of the measurement of a line, for keys.
const measurement = "_measurement"

// lineRecords is the parser of the line protocol of InfluxDB:
//
//	weather,station=a temp=23.1,hum=4i 1262304000000000000
//
// Tags and the measurement can be keys, and fields values. Times are integers, of nanoseconds unless
// [Options.Unit] says otherwise.
type lineRecords struct {
	points *decoder
	values []string // names of fields
	keys   []string // names of tags, or measurement
}

func (r *lineRecords) valueNames() []string { return r.values }

func (*lineRecords) locate(p *Piece, i int) Position { return p.at(int(p.marks[i])) }

func (r *lineRecords) parse(_ context.Context, p *Piece) error {
	c := lineCursor{
		recordCursor: newRecordCursor(r.points, p), lineRecords: r,
		cells: make([]cell, 1+len(r.values)+len(r.keys)),
	}
	return c.validLines(c.line)
}

// beginLines finds the field of the values in the first line.
func (r *Reader) beginLines(opts *Options, unit Unit) error {
	if unit == "" || opts.guessed || unit == AutoUnit {
		opts.numbers = Nanosecond // what the protocol says
		if !opts.guessed {
			opts.Unit, opts.guessed, opts.protocol = Nanosecond, unit == AutoUnit, true
		}
	}
	r.cut.borders = lineBorders{}
	values := opts.Values
	if len(values) == 0 {
		var line []byte
		if err := r.cut.peekUntil(func(head []byte, _ bool) bool {
			line = firstLineOf(head)
			return len(line) > 0 && bytes.Contains(head[bytes.Index(head, line):], newline)
		}); err != nil {
			return err
		}
		var s lineScanner
		if fault := s.line(line, 0); fault != nil || len(s.fields) == 0 {
			values = []string{"value"} // the fault is found where the line is read
		} else if len(s.fields) > 1 {
			var names []string
			for _, f := range s.fields {
				names = append(names, string(f.name))
			}
			return badData(Position{Line: 1}, "the first line has several fields; choose the value with %s, one of: %s", opts.Names.Values, quoteAll(names))
		} else {
			values = []string{string(s.fields[0].name)}
		}
	}
	if len(opts.Keys) == 0 {
		head, err := r.cut.peek(sniffLength)
		if err != nil {
			return err
		}
		var seen keySample
		seen.lines(head)
		r.guesses = append(r.guesses, seen.guesses("tag", "lines", opts.Names)...)
	}
	d, err := newDecoder(*opts, len(values), len(opts.Keys))
	r.parser, r.decoder = &lineRecords{d, values, opts.Keys}, d
	return err
}

// firstLineOf returns the first line that is neither empty nor a comment.
func firstLineOf(text []byte) []byte {
	for line := range bytes.SplitSeq(text, newline) {
		if line = bytes.TrimSpace(line); len(line) > 0 && line[0] != '#' {
			return line
		}
	}
	return nil
}

// isLineProtocol reports whether a text begins with a line of the protocol, all of it.
func isLineProtocol(head []byte) bool {
	line := firstLineOf(head)
	if len(line) == 0 || len(head) >= sniffLength && !bytes.Contains(head[bytes.Index(head, line):], newline) {
		return false
	}
	var s lineScanner
	if s.line(line, 0) != nil || len(s.fields) == 0 {
		return false
	}
	for _, f := range s.fields {
		if f.value.kind == cellNumber {
			if _, ok := number(f.value.text); !ok {
				return false
			}
		}
	}
	return true
}

// A lineCursor reads the lines of a piece.
type lineCursor struct {
	recordCursor
	*lineRecords
	scanner lineScanner
	cells   []cell
}

func (c *lineCursor) line(start, end int) *recordFault {
	if c.text[start] == '#' {
		return nil
	}
	for end > start && isSpace(c.text[end-1]) {
		end--
	}
	s := &c.scanner
	if fault := s.line(c.text[:end], start); fault != nil {
		return fault
	}
	for i := range c.cells {
		c.cells[i] = cell{at: start}
	}
	c.cells[0] = s.time
	for i, name := range c.values {
		if fault := find(&c.cells[1+i], s.fields, name); fault != nil {
			return fault
		}
	}
	for i, name := range c.keys {
		if key := &c.cells[1+len(c.values)+i]; name == measurement {
			*key = s.measurement
		} else if fault := find(key, s.tags, name); fault != nil {
			return fault
		}
	}
	if bad, message := c.decoder.record(c.piece, int32(start), c.cells); message != "" {
		what := "the timestamp"
		switch {
		case bad > len(c.values):
			what = fmt.Sprintf("tag %q", clip(c.keys[bad-1-len(c.values)]))
		case bad > 0:
			what = fmt.Sprintf("field %q", clip(c.values[bad-1]))
		}
		return &recordFault{c.cells[bad].at, what + ": " + message}
	}
	return nil
}

// find takes the value of a name, which may be there once.
func find(c *cell, pairs []linePair, name string) *recordFault {
	found := false
	for i := range pairs {
		if string(pairs[i].name) != name {
			continue
		}
		if found {
			return &recordFault{pairs[i].at, fmt.Sprintf("%q is there twice", clip(name))}
		}
		found = true
		*c = pairs[i].value
	}
	return nil
}

// A lineScanner divides a line of the protocol.
type lineScanner struct {
	measurement  cell
	tags, fields []linePair
	time         cell

	text []byte
	at   int
	keep []byte // names and texts with escapes, without them
}

type linePair struct {
	at    int
	name  []byte
	value cell
}

func (s *lineScanner) fault(format string, args ...any) *recordFault {
	return &recordFault{s.at, fmt.Sprintf(format, args...)}
}

// found is what is at the offset, for a message.
func (s *lineScanner) found() string {
	if s.at >= len(s.text) {
		return "the end of the line"
	}
	return fmt.Sprintf("%q", rune(s.text[s.at]))
}

// line reads the line from an offset to the end of a text. The cells are valid until the next call.
func (s *lineScanner) line(text []byte, start int) *recordFault {
	s.text, s.at, s.keep = text, start, s.keep[:0]
	s.tags, s.fields, s.time = s.tags[:0], s.fields[:0], cell{at: len(text)}
	s.measurement = cell{kind: cellText, at: start, text: s.word(", ")}
	if s.at == start {
		return s.fault("expected a measurement, found %s", s.found())
	}
	for s.at < len(text) && text[s.at] == ',' {
		s.at++
		pair, fault := s.name("tag")
		if fault != nil {
			return fault
		}
		pair.value = cell{kind: cellText, at: s.at}
		if pair.value.text = s.word(", ="); len(pair.value.text) == 0 || s.first() == '=' {
			return s.fault("expected the value of the tag, found %s", s.found())
		}
		s.tags = append(s.tags, pair)
	}
	if !s.spaces() {
		return s.fault("expected a space and the fields after the tags, found %s", s.found())
	}
	for {
		pair, fault := s.name("field")
		if fault != nil {
			return fault
		}
		if pair.value, fault = s.value(); fault != nil {
			return fault
		}
		s.fields = append(s.fields, pair)
		if s.first() != ',' {
			break
		}
		s.at++
	}
	if s.at == len(text) {
		return nil
	}
	if !s.spaces() {
		return s.fault("expected ',' or a space after a field, found %s", s.found())
	}
	if s.at == len(text) {
		return nil
	}
	s.time.at = s.at
	if s.first() == '-' {
		s.at++
	}
	if end := digitsEnd(text, s.at); end == s.at || end < len(text) {
		s.at = end
		return s.fault("expected a timestamp, which is an integer, found %s", s.found())
	}
	s.time.kind, s.time.text = cellNumber, text[s.time.at:]
	return nil
}

func (s *lineScanner) first() byte {
	if s.at < len(s.text) {
		return s.text[s.at]
	}
	return 0
}

func (s *lineScanner) spaces() bool {
	begin := s.at
	for s.first() == ' ' {
		s.at++
	}
	return s.at > begin
}

// word reads to one of the bytes of ends that has no backslash before it.
func (s *lineScanner) word(ends string) []byte {
	begin, escaped := s.at, false
	for s.at < len(s.text) && strings.IndexByte(ends, s.text[s.at]) < 0 {
		if s.text[s.at] == '\\' && s.at+1 < len(s.text) {
			escaped = true
			s.at++
		}
		s.at++
	}
	if word := s.text[begin:s.at]; !escaped {
		return word
	}
	// A backslash before another byte stands for itself.
	return s.unescaped(s.text[begin:s.at], ", =")
}

// unescaped returns a text without the backslashes before some bytes.
func (s *lineScanner) unescaped(text []byte, special string) []byte {
	from := len(s.keep)
	for i := 0; i < len(text); i++ {
		if text[i] == '\\' && i+1 < len(text) && strings.IndexByte(special, text[i+1]) >= 0 {
			i++
		}
		s.keep = append(s.keep, text[i])
	}
	return s.keep[from:]
}

// name reads the name of a tag or field, and the '=' after it.
func (s *lineScanner) name(what string) (linePair, *recordFault) {
	pair := linePair{at: s.at}
	pair.name = s.word(", =")
	if len(pair.name) == 0 {
		return pair, s.fault("expected the name of a %s, found %s", what, s.found())
	}
	if s.first() != '=' {
		return pair, s.fault("expected '=' after the name of a %s, found %s", what, s.found())
	}
	s.at++
	return pair, nil
}

// value reads the value of a field.
func (s *lineScanner) value() (cell, *recordFault) {
	c := cell{at: s.at}
	if s.first() == '"' {
		c.kind = cellText
		begin, escaped := s.at+1, false
		for s.at++; s.first() != '"'; s.at++ {
			if s.first() == '\\' {
				escaped = true
				s.at++
			}
			if s.at >= len(s.text) {
				s.at = c.at
				return c, s.fault("the quote that begins here is not closed on this line")
			}
		}
		c.text = s.text[begin:s.at]
		s.at++
		if escaped {
			c.text = s.unescaped(c.text, `"\`)
		}
		return c, nil
	}
	begin := s.at
	for s.at < len(s.text) && s.text[s.at] != ',' && s.text[s.at] != ' ' {
		s.at++
	}
	text := s.text[begin:s.at]
	switch string(text) {
	case "":
		return c, s.fault("expected the value of a field, found %s", s.found())
	case "t", "T", "true", "True", "TRUE", "f", "F", "false", "False", "FALSE":
		c.kind, c.text = cellBool, text
		return c, nil
	}
	c.kind, c.text = cellNumber, text
	if last := text[len(text)-1]; last == 'i' || last == 'u' {
		c.text = text[:len(text)-1]
		at := 0
		if last == 'i' && len(c.text) > 0 && c.text[0] == '-' {
			at = 1
		}
		if end := digitsEnd(c.text, at); end == at || end < len(c.text) {
			s.at = begin
			return c, s.fault("expected an integer before %q, found %q", last, clip(string(c.text)))
		}
	}
	return c, nil
}

package input

import (
	"context"
	"fmt"
	"unicode/utf8"
)

// A jsonRecords is the parser of objects of any fields: one per line, or the elements of an array. What
// the engine parses is [ndjsonParser] and [jsonParser].
//
// A line that is no record can be left out. A fault of the grammar in an array ends the input, since nobody knows
// where the next element begins.
type jsonRecords struct {
	points *decoder
	tree   *jsonTree
	paths  []string // of the time, the values and the keys
	values []string // their names
	texts  bool     // numbers may be in strings
	byLine bool     // instead of an array
	names  Names
}

func newJSONRecords(f *jsonFields, opts Options) (*jsonRecords, error) {
	paths := append(append([]string{f.time}, f.values...), f.keys...)
	tree, err := newJSONTree(paths)
	if err != nil {
		return nil, badData(Position{Line: 1}, "%s", err)
	}
	d, err := newDecoder(opts, len(f.values), len(f.keys))
	if err != nil {
		return nil, err
	}
	return &jsonRecords{
		points: d, tree: tree, paths: paths, values: f.values,
		texts: len(opts.Values) > 0, byLine: opts.Format == NDJSON, names: opts.Names,
	}, nil
}

func (r *jsonRecords) timeName() string { return r.paths[0] }

func (r *jsonRecords) valueNames() []string { return r.values }

// locate returns the beginning of a point's record.
func (*jsonRecords) locate(p *Piece, i int) Position { return p.at(int(p.marks[i])) }

func (r *jsonRecords) parse(_ context.Context, p *Piece) error {
	c := r.cursor(p)
	if r.byLine {
		return c.validLines(c.line)
	}
	return c.array()
}

func (r *jsonRecords) cursor(p *Piece) jsonCursor {
	return jsonCursor{recordCursor: newRecordCursor(r.points, p), jsonRecords: r, scanner: newJSONScanner(r.tree)}
}

// A jsonCursor reads the records of a piece.
type jsonCursor struct {
	recordCursor
	*jsonRecords
	scanner *jsonScanner
}

// line reads the record of a line.
func (c *jsonCursor) line(start, end int) *recordFault {
	at, fault := c.scanner.record(c.text[:end], start)
	if fault == nil {
		if at = spaceEnd(c.text[:end], at); at < end {
			r, _ := utf8.DecodeRune(c.text[at:])
			return &recordFault{at, fmt.Sprintf("expected the end of the line after the object, found %q", r)}
		}
		return c.decode(start)
	}
	if fault.at >= end {
		fault.message = fmt.Sprintf("the line ends inside an object; expected a complete one on each line (%s names an array of records in one document)", c.names.Records)
	}
	return fault
}

// decode makes points of the record that was read.
func (c *jsonCursor) decode(start int) *recordFault {
	cells := c.scanner.cells
	if !c.texts {
		for i := 1; i <= len(c.values); i++ {
			if cells[i].kind == cellText && !c.decoder.isMissing(cells[i]) {
				return &recordFault{cells[i].at, fmt.Sprintf("field %q: expected a number, found the string %q; %s %s takes numbers in strings",
					clip(c.paths[i]), clip(string(cells[i].text)), c.names.Values, clip(c.paths[i]))}
			}
		}
	}
	if bad, message := c.decoder.record(c.piece, int32(start), cells); message != "" {
		return &recordFault{cells[bad].at, fmt.Sprintf("field %q: %s", clip(c.paths[bad]), message)}
	}
	return nil
}

// array reads the elements of an array.
func (c *jsonCursor) array() error {
	return c.elements(func(at, valid int) (next int, fault *recordFault, broken bool) {
		next, fault = c.scanner.record(c.text[:valid], at)
		if fault != nil {
			return next, fault, true
		}
		return next, c.decode(at), false
	})
}

// elements reads the elements of an array. A function reads the one at an offset, of a text that is valid before
// another, and returns the offset after it, or what is wrong with it, and whether nobody knows where it ends.
func (c *jsonCursor) elements(read func(at, valid int) (next int, fault *recordFault, broken bool)) error {
	p, text := c.piece, c.text
	if p.long {
		return badData(p.pos, "an element of the array is longer than %d MiB, the max", MaxRecord>>20)
	}
	end := len(text) // of the elements
	border := !p.ended && !p.final
	if border {
		end-- // the comma is in the next piece, too
	}
	valid := min(end, c.invalid)
	at := spaceEnd(text[:valid], 1) // after the bracket, or the comma
	if text[0] == '[' && at < valid && text[at] == ']' {
		return nil
	}
	for {
		next, fault, broken := read(at, valid)
		if !broken {
			if fault != nil {
				if err := c.decoder.fault(p, text[at:next], c.position(fault.at), fault.message); err != nil {
					return err
				}
			}
			next = spaceEnd(text[:valid], next)
			switch {
			case border && next == end, next < valid && text[next] == ']':
				return nil
			case next < valid && text[next] == ',':
				at = spaceEnd(text[:valid], next+1)
				continue
			}
			c.scanner.at = next
			fault = c.scanner.expected("',' or ']' after an element")
		}
		switch {
		case valid < end && fault.at >= valid:
			fault = &recordFault{valid, notUTF8}
		case p.final && fault.at >= end:
			fault.message = "the input ends inside the array; expected ']'"
		}
		return badData(c.position(fault.at), "%s", fault.message)
	}
}

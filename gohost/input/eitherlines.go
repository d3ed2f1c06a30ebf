package input

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"example.org/compute-pipeline/gohost"
)

// An eitherLines gives lines of JSON to the engine, and those that it rejects to the parser of records of any kind:
// some of their times are before 1970, say. A line that neither takes has the engine's message. Each line is
// judged alone, so nothing depends on the pieces.
type eitherLines struct {
	ndjsonParser
	general *jsonRecords
}

func (r eitherLines) parse(ctx context.Context, p *Piece) error {
	err := r.ndjsonParser.parse(ctx, p)
	var rejected *DataError
	if !errors.As(err, &rejected) || p.long {
		return err
	}
	p.reset()
	c := r.general.cursor(p)
	var failed error
	err = c.lines(func(start, end int, valid bool) *recordFault {
		fault := &recordFault{start, notUTF8}
		if valid {
			fault = c.line(start, end)
		}
		if fault != nil && failed == nil {
			fault, failed = r.byEngine(ctx, &c, start, end, fault)
		}
		return fault
	})
	if failed != nil {
		return fmt.Errorf("from %s: %w", p.pos, failed)
	}
	return err
}

// byEngine reads a line that is at fault: its record, if it is an array, which is one to the engine, or what the
// engine says is wrong with it.
func (r eitherLines) byEngine(ctx context.Context, c *jsonCursor, start, end int, fault *recordFault) (*recordFault, error) {
	line := bytes.TrimRight(c.text[start:end], " \t\r\n")
	if bad, problem := checkLine(line); problem != "" {
		return &recordFault{start + bad, problem}, nil
	}
	array := append(append([]byte{'['}, line...), ']')
	points, about, err := check(ctx, r.validate, nil, array)
	switch {
	case err != nil:
		return fault, err
	case about != nil && fault.isFraction():
		return fault, nil
	case about != nil:
		return &recordFault{start + max(about.at-1, 0), about.message}, nil
	}
	for _, name := range r.keys {
		if _, message := member(nil, line, name); message != "" {
			return &recordFault{start, message}, nil
		}
	}
	if len(points) != 1 {
		return fault, nil
	}
	return c.point(points[0], start, fault), nil
}

// isFraction reports whether the fault is a time with a fraction that is too fine. The engine takes integers only, so it
// would say that there must be no fraction.
func (f *recordFault) isFraction() bool { return f != nil && strings.Contains(f.message, tooFine) }

// point takes a point of the engine's that begins at an offset, if it is an array, and returns what is wrong with it. Of an
// object, it is the time, with the message that a piece of the engine's has, or the fault that is known.
func (c *jsonCursor) point(p gohost.Datapoint, start int, fault *recordFault) *recordFault {
	cells := []cell{
		{kind: cellNumber, text: strconv.AppendUint(nil, p.Timestamp, 10)},
		{kind: cellNumber, text: strconv.AppendFloat(nil, p.Value, 'g', -1, 64)},
	}
	_, _, message := c.decoder.timestamp(cells[0])
	switch {
	case message != "":
		return &recordFault{start, message}
	case c.text[start] != '[':
		return fault
	}
	if _, message = c.decoder.record(c.piece, int32(start), cells); message != "" {
		return &recordFault{start, message}
	}
	return nil
}

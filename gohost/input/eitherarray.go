package input

import (
	"context"
	"errors"
	"fmt"
)

// An eitherArray gives pieces of an array to the engine, and those that it rejects to the parser of records of any
// kind, as [eitherLines] does with lines. Each element is judged alone, so nothing depends on the pieces: it is a
// record if either takes it, and one that neither takes has the engine's message.
type eitherArray struct {
	jsonParser
	general *jsonRecords
}

func (r eitherArray) parse(ctx context.Context, p *Piece) error {
	err := r.jsonParser.parse(ctx, p)
	var rejected *DataError
	if !errors.As(err, &rejected) || p.long {
		return err
	}
	p.reset()
	c := r.general.cursor(p)
	var failed error
	err = c.elements(func(at, valid int) (next int, fault *recordFault, broken bool) {
		next, fault = c.scanner.record(c.text[:valid], at)
		if fault == nil {
			if fault = c.decode(at); fault == nil && c.goesOn(next, valid) {
				return next, nil, false
			}
		}
		next, fault, err := r.byEngine(ctx, &c, at, next, fault)
		if err != nil && failed == nil {
			failed = err
		}
		return next, fault, fault != nil
	})
	if failed != nil {
		return fmt.Errorf("from %s: %w", p.pos, failed)
	}
	return err
}

func (r eitherArray) locate(p *Piece, i int) Position {
	if p.decoded {
		return r.general.locate(p, i)
	}
	return r.jsonParser.locate(p, i)
}

// goesOn reports whether an element may end at an offset.
func (c *jsonCursor) goesOn(at, valid int) bool {
	if at = spaceEnd(c.text[:valid], at); at == len(c.text)-1 && !c.piece.final && !c.piece.ended {
		return true
	}
	return at < valid && (c.text[at] == ',' || c.text[at] == ']')
}

// byEngine reads an element that is at fault, or what follows it is: the element, if it is an array, which is a
// record to the engine, or what the engine says is wrong. It is given where a record ends that is not at fault.
func (r eitherArray) byEngine(ctx context.Context, c *jsonCursor, at, end int, fault *recordFault) (next int, _ *recordFault, err error) {
	text := c.text
	if fault != nil {
		end = at
		if at < len(text) {
			end = endOfValue(text, at)
		}
	}
	alone := append(append([]byte{'['}, text[at:end]...), ']')
	points, about, err := check(ctx, r.validate, nil, alone)
	if err != nil {
		return at, fault, err
	}
	if accepted := about == nil && len(points) == 1; accepted && fault != nil {
		if fault = c.point(points[0], at, fault); fault != nil || c.goesOn(end, min(len(text), c.invalid)) {
			return end, fault, nil
		}
	} else if !accepted && fault == nil {
		return end, nil, nil // the engine would only say what is wrong with the element
	}
	// Another element is before this one, so that the engine says the same of commas.
	const before = "[[0,0],"
	_, about, err = check(ctx, r.validate, nil, append([]byte(before), text[at:]...))
	switch {
	case err != nil || fault.isFraction():
		return at, fault, err
	case about != nil:
		return at, &recordFault{at + max(about.at-len(before), 0), about.message}, nil
	}
	return at, &recordFault{len(text), "the input ends inside the array; expected ']'"}, nil
}

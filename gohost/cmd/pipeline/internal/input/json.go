package input

import (
	"context"
	"errors"
	"fmt"
	"io"

	"example.org/compute-pipeline/gohost"
)

// A jsonReader reads one JSON array of any length. A piece is a sequence of its elements:
// the comma before them becomes '[' and the comma after them ']', in place, so offsets in
// a piece are offsets in the input.
type jsonReader struct {
	buf      *buffer
	validate Validate
	target   int
	points   []gohost.Datapoint
	started  bool
	ended    bool // the closing bracket was seen
	used     int  // bytes of buf that the last piece took
}

func (r *jsonReader) Next(ctx context.Context) ([]gohost.Datapoint, error) {
	if err := r.advance(); err != nil {
		return nil, err
	}
	if r.ended {
		return nil, r.checkRest()
	}
	text, err := r.cut()
	if err != nil {
		return nil, err
	}
	points, about, err := check(ctx, r.validate, r.points[:0], text)
	switch {
	case err != nil:
		return nil, fmt.Errorf("from %s: %w", r.buf.at(0), err)
	case about != nil && about.at < 0 && about.message == "Empty dataset":
		return nil, ErrEmpty
	case about != nil && about.at < 0:
		return nil, badData(r.buf.at(0), "%s", about.message)
	case about != nil:
		return nil, badData(r.buf.at(about.at), "%s", about.message)
	case text[len(text)-1] != ']':
		return nil, badData(r.buf.at(len(text)), "the input ends inside the array; expected ']'")
	}
	r.points = points
	return points, nil
}

// advance drops the last piece and writes the opening bracket of the next one.
func (r *jsonReader) advance() error {
	if !r.started {
		r.started = true
		first, err := skipSpace(r.buf)
		if errors.Is(err, io.EOF) {
			return ErrEmpty
		}
		if err != nil {
			return err
		}
		if first != '[' {
			return badData(r.buf.at(0), "expected a JSON array, which begins with '[', found %q", first)
		}
		return nil
	}
	r.buf.discard(r.used)
	r.used = 0
	if !r.ended {
		r.buf.bytes()[0] = '['
	}
	return nil
}

// cut finds the next piece. It ends at the first border at or after the target, or with
// the array, or with the input.
func (r *jsonReader) cut() ([]byte, error) {
	scanner := newArrayScanner()
	scanned := 0
	for {
		scanned = scanner.scan(r.buf.bytes(), scanned, r.target)
		text := r.buf.bytes()
		switch {
		case scanner.end >= 0:
			r.ended = true
			r.used = scanner.end
			return text[:scanner.end], nil
		case scanner.border >= r.target:
			r.used = scanner.border
			text[scanner.border] = ']'
			return text[:scanner.border+1], nil
		}
		if start := max(scanner.border, 0); scanned-start > MaxRecord {
			return nil, badData(r.buf.at(start), "an element of the array is longer than %d MiB, the max", MaxRecord>>20)
		}
		if err := r.buf.fill(); errors.Is(err, io.EOF) {
			r.ended = true
			r.used = len(r.buf.bytes())
			return r.buf.bytes(), nil
		} else if err != nil {
			return nil, err
		}
	}
}

// checkRest returns io.EOF if only white space follows the array.
func (r *jsonReader) checkRest() error {
	c, err := skipSpace(r.buf)
	if err != nil {
		return err
	}
	return badData(r.buf.at(0), "expected nothing after the array, found %q", c)
}

func (r *jsonReader) Locate(i int) Position {
	text := r.buf.bytes()[:r.used]
	scanner := newArrayScanner()
	at, scanned := 0, 0
	for ; i > 0; i-- {
		scanned = scanner.scan(text, scanned, at+1)
		at = max(scanner.border, 0)
	}
	at++
	for at < len(text) && isSpace(text[at]) {
		at++
	}
	return r.buf.at(at)
}

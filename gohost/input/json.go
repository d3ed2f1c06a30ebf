package input

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
)

// A jsonParser reads one JSON array of any length. A piece is a sequence of its elements:
// the comma before them becomes '[' and the comma after them ']', in place, so offsets in
// a piece are offsets in the input.
type jsonParser struct{ validate Validate }

// jsonBorders are commas between elements.
type jsonBorders struct{ scanner arrayScanner }

func (b *jsonBorders) last(text []byte, from int) (int, bool) {
	if from == 0 {
		b.scanner = newArrayScanner()
	}
	b.scanner.scan(text, from, math.MaxInt)
	if b.scanner.end >= 0 {
		return b.scanner.end, true
	}
	return max(b.scanner.border, 0), false
}

func (*jsonBorders) overlap() int { return 1 }

// beginArray drops white space before the array.
func beginArray(c *cutter) error {
	first, err := c.skipSpace()
	if errors.Is(err, io.EOF) {
		return ErrEmpty
	}
	if err != nil {
		return err
	}
	if first != '[' {
		return badData(c.pos, "expected a JSON array, which begins with '[', found %q", first)
	}
	return nil
}

func (r jsonParser) parse(ctx context.Context, p *Piece) error {
	text := p.text()
	if p.long {
		return badData(p.pos, "an element of the array is longer than %d MiB, the max", MaxRecord>>20)
	}
	text[0] = '['
	if !p.ended && !p.final {
		text[len(text)-1] = ']'
	}
	points, about, err := check(ctx, r.validate, p.Points, text)
	p.Points = points
	switch {
	case err != nil:
		return fmt.Errorf("from %s: %w", p.pos, err)
	case about == nil && text[len(text)-1] != ']':
		return badData(p.at(len(text)), "the input ends inside the array; expected ']'")
	case about == nil:
		return nil
	case about.at < 0 && about.message == "Empty dataset":
		return ErrEmpty
	}
	p.Points, err = checkBefore(ctx, r.validate, p.Points, text, about.at, func(at int) int {
		before := newArrayScanner()
		before.scan(text[:min(at+1, len(text))], 0, math.MaxInt)
		return before.border
	})
	if err != nil {
		return fmt.Errorf("from %s: %w", p.pos, err)
	}
	return badData(p.at(max(about.at, 0)), "%s", about.message)
}

func (jsonParser) locate(p *Piece, i int) Position {
	text := p.text()
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
	return p.at(at)
}

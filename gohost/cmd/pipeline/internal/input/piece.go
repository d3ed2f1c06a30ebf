package input

import (
	"context"
	"errors"
	"sort"
	"strings"

	"example.org/compute-pipeline/gohost"
)

// check validates a piece of JSON and appends its points to dst. It returns a complaint
// about the data, or any other failure as an error.
func check(ctx context.Context, validate Validate, dst []gohost.Datapoint, piece []byte) ([]gohost.Datapoint, *complaint, error) {
	points, err := validate(ctx, dst, piece)
	if err == nil {
		return points, nil, nil
	}
	if about, ok := complaintOf(err, piece); ok {
		return nil, &about, nil
	}
	if errors.Is(err, gohost.ErrInvalidInput) {
		if at := invalidUTF8(piece); at >= 0 {
			// A fault before the invalid byte is reported first, so that the
			// error does not depend on the split.
			_, err := validate(ctx, dst, piece[:at])
			if about, ok := complaintOf(err, piece); ok && !strings.HasPrefix(about.message, "EOF ") && about.at < at {
				return nil, &about, nil
			}
			return nil, &complaint{message: "expected UTF-8 text, found an invalid byte", at: at}, nil
		}
	}
	return nil, nil, err
}

// A piece is a JSON array made of lines of the input, with the position of each.
type piece struct {
	text    []byte
	records []record
}

type record struct {
	at  int      // offset of the record in text
	pos Position // of the record in the input
}

func (p *piece) reset() {
	p.text = p.text[:0]
	p.records = p.records[:0]
}

// begin starts a record. The caller appends its text to p.text.
func (p *piece) begin(pos Position) {
	mark := byte('[')
	if len(p.records) > 0 {
		mark = ','
	}
	p.text = append(p.text, mark)
	p.records = append(p.records, record{at: len(p.text), pos: pos})
}

// close closes the array.
func (p *piece) close() { p.text = append(p.text, ']') }

// recordAt returns the record at an offset of text, or the nearest, and the offset in that
// record.
func (p *piece) recordAt(at int) (record, int) {
	after := sort.Search(len(p.records), func(i int) bool { return p.records[i].at > at })
	r := p.records[max(after-1, 0)]
	return r, max(at-r.at, 0)
}

// skipSpace discards JSON white space and returns the first other byte, or
// io.EOF.
func skipSpace(b *buffer) (byte, error) {
	for {
		held := b.bytes()
		for i, c := range held {
			if !isSpace(c) {
				b.discard(i)
				return c, nil
			}
		}
		b.discard(len(held))
		if err := b.fill(); err != nil {
			return 0, err
		}
	}
}

func isSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\r' || c == '\t' }

package input

import (
	"bytes"
	"unicode/utf8"
)

// A recordFault is what is wrong with a record, and where.
type recordFault struct {
	at      int // offset in the piece
	message string
}

const notUTF8 = "expected UTF-8 text, found an invalid byte"

// A recordCursor reads the records of a piece for a decoder.
type recordCursor struct {
	decoder *decoder
	piece   *Piece
	text    []byte
	invalid int // the first byte from here on that is not UTF-8

	last   Position // found last
	lastAt int
}

func newRecordCursor(d *decoder, p *Piece) recordCursor {
	p.decoded = true
	c := recordCursor{decoder: d, piece: p, text: p.text(), last: p.pos}
	c.invalid = c.nextInvalid(0)
	return c
}

func (c *recordCursor) nextInvalid(from int) int {
	if utf8.Valid(c.text[from:]) {
		return len(c.text)
	}
	return from + invalidUTF8(c.text[from:])
}

// position returns the position of an offset. It is fast for one after the last.
func (c *recordCursor) position(at int) Position {
	if at < c.lastAt {
		c.last, c.lastAt = c.piece.pos, 0
	}
	c.last, c.lastAt = c.last.after(c.text[c.lastAt:at]), at
	return c.last
}

// lines reads a record of each line that is not empty. Those with a fault may be left out.
func (c *recordCursor) lines(read func(start, end int, valid bool) *recordFault) error {
	for at := 0; at < len(c.text); {
		end, next := len(c.text), len(c.text)
		if n := bytes.IndexByte(c.text[at:], '\n'); n >= 0 {
			end, next = at+n, at+n+1
		} else if c.piece.long {
			return badData(c.piece.at(at), "the line is longer than %d MiB, the max", MaxRecord>>20)
		}
		start := spaceEnd(c.text[:end], at)
		if start == end {
			at = next
			continue
		}
		if fault := read(start, end, c.invalid >= end); fault != nil {
			if err := c.decoder.fault(c.piece, bytes.TrimRight(c.text[at:end], "\r"), c.position(fault.at), fault.message); err != nil {
				return err
			}
		}
		if c.invalid < end {
			c.invalid = c.nextInvalid(end)
		}
		at = next
	}
	return nil
}

// validLines is lines for those that are UTF-8. Others are faults.
func (c *recordCursor) validLines(read func(start, end int) *recordFault) error {
	return c.lines(func(start, end int, valid bool) *recordFault {
		if !valid {
			return &recordFault{c.invalid, notUTF8}
		}
		return read(start, end)
	})
}

package input

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"time"

	"example.org/compute-pipeline/gohost"
)

// pause is how long a cutter waits for more text before it makes a piece of what it has:
// what arrives slowly is worked on as it arrives.
const pause = 50 * time.Millisecond

// A cutter reads an input and cuts it into pieces, each a sequence of whole records.
//
// What becomes of a piece must not depend on where the input was cut, since that depends on
// how fast it arrives.
type cutter struct {
	src     io.Reader
	borders borders
	target  int // the size of a piece, unless a record is longer

	slow  bool         // the text may pause after its first record
	held  []byte       // what was read and is in no piece yet
	pos   Position     // of held
	err   error        // the error of src after held, including io.EOF
	ended bool         // the text has ended, and only white space may follow
	tail  func() error // reads what follows instead, and returns io.EOF after it
}

// borders finds the places where a text may be cut.
type borders interface {
	// last returns the last border in text, or 0 if there is none, and whether the text
	// ends there. Calls for one piece pass the same text, with more at its end each time:
	// text[:from] was in the last call. The first call for a piece has from 0.
	last(text []byte, from int) (border int, ended bool)
	// overlap returns how many bytes after a border are in both pieces.
	overlap() int
}

func newCutter(src io.Reader, target int) *cutter {
	return &cutter{src: src, target: target, pos: Position{Line: 1, Column: 1}}
}

// next makes p the next piece. It returns io.EOF after the last, or the source's error
// after all whole records before it.
func (c *cutter) next(p *Piece) error {
	if c.ended {
		return c.rest()
	}
	p.begin(c.pos, c.target)
	border, scanned := 0, 0
	var err error
	for {
		if text := p.text(); len(text) > scanned {
			found, ended := c.borders.last(text, scanned)
			if ended {
				c.ended, p.ended = true, true
				c.cut(p, found, 0)
				return nil
			}
			border, scanned = max(border, found), len(text)
			if b, ok := c.borders.(stopper); ok && b.stop() {
				c.cut(p, found, 0)
				return nil
			}
		}
		switch {
		case border > 0 && (scanned >= c.target || err != nil && !errors.Is(err, io.EOF) || err == nil && !c.soon()):
			c.cut(p, border, c.borders.overlap())
			return nil
		case err != nil && (scanned == 0 || !errors.Is(err, io.EOF)):
			return err
		case err != nil:
			p.final = true
			c.cut(p, scanned, 0)
			return nil
		case scanned > MaxRecord:
			p.long = true
			return nil
		}
		var n int
		n, err = c.read(p.room(c.target))
		p.buf = p.buf[:len(p.buf)+n]
	}
}

// read returns what is held, and then what the source has.
func (c *cutter) read(p []byte) (int, error) {
	if len(c.held) > 0 {
		n := copy(p, c.held)
		c.held = c.held[n:]
		return n, nil
	}
	return c.readSource(p)
}

// readSource reads at least one byte, or returns an error. A reader may return nothing without
// an error, but not forever.
func (c *cutter) readSource(p []byte) (n int, err error) {
	for range 100 {
		if c.err != nil {
			return 0, c.err
		}
		if n, c.err = c.src.Read(p); n > 0 {
			return n, nil
		}
	}
	c.err = io.ErrNoProgress
	return 0, c.err
}

// A stopper is borders that have a piece end where they say.
type stopper interface {
	// stop reports whether the piece ends at the border that last returned.
	stop() bool
	// assign is called for each piece, with its text.
	assign(p *Piece)
}

// cut ends the piece after a border, and holds what follows the border.
func (c *cutter) cut(p *Piece, border, overlap int) {
	text := p.text()
	c.held = slices.Concat(text[border:], c.held)
	c.pos = c.pos.after(text[:border])
	p.buf = p.buf[:spare+border+overlap]
	if b, ok := c.borders.(stopper); ok {
		b.assign(p)
	}
}

// soon reports whether the next read does not wait, or not for long.
func (c *cutter) soon() bool {
	slow, ok := c.src.(interface{ Soon(time.Duration) bool })
	return !ok || len(c.held) > 0 || slow.Soon(pause)
}

// unread gives back the piece that next returned last, from the offset at.
func (c *cutter) unread(p *Piece, at int) {
	text := p.text()
	c.pos = p.pos.after(text[:at])
	c.held = slices.Concat(text[at:], c.held)
}

// fill holds more. It returns io.EOF if there is no more, or the source's error.
func (c *cutter) fill() error {
	c.held = slices.Grow(c.held, sniffLength)
	n, err := c.readSource(c.held[len(c.held):cap(c.held)])
	c.held = c.held[:len(c.held)+n]
	return err
}

// peek returns the first n bytes, or fewer at the end of the input, or where it pauses.
func (c *cutter) peek(n int) ([]byte, error) {
	for len(c.held) < n && !c.pauses() {
		if err := c.fill(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, err
		}
	}
	return c.held[:min(len(c.held), n)], nil
}

// peekUntil calls enough with the first bytes, and more of them each time, until it reports true, the input
// ends or pauses, or they are as many as a record may have. Whole tells that they are all of the input.
func (c *cutter) peekUntil(enough func(head []byte, whole bool) bool) error {
	for size := sniffLength; ; size *= 4 {
		head, err := c.peek(size)
		if err != nil {
			return err
		}
		if enough(head, len(head) < size && !c.slow) || len(head) < size || size >= MaxRecord {
			return nil
		}
	}
}

// pauses reports whether a slow input has had a record, and no more follows soon.
func (c *cutter) pauses() bool {
	if !c.slow {
		return false
	}
	if record := bytes.Contains(c.held, newline) || len(c.held) >= gohost.PackedSize && isBinary(c.held); !record {
		return false
	}
	source, ok := c.src.(interface{ Soon(time.Duration) bool })
	return ok && !source.Soon(pause)
}

// discard drops the first n bytes that are held.
func (c *cutter) discard(n int) {
	c.pos = c.pos.after(c.held[:n])
	c.held = c.held[n:]
}

// skipSpace discards JSON white space and returns the first other byte, or io.EOF.
func (c *cutter) skipSpace() (byte, error) {
	for {
		rest := bytes.TrimLeft(c.held, " \n\r\t")
		c.discard(len(c.held) - len(rest))
		if len(c.held) > 0 {
			return c.held[0], nil
		}
		if err := c.fill(); err != nil {
			return 0, err
		}
	}
}

// rest returns io.EOF if only white space follows.
func (c *cutter) rest() error {
	if c.tail != nil {
		return c.tail()
	}
	found, err := c.skipSpace()
	if err != nil {
		return err
	}
	return badData(c.pos, "expected nothing after the array, found %q", found)
}

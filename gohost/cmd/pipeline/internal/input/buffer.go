package input

import (
	"bytes"
	"errors"
	"io"
)

// A buffer is a window of the input: bytes are added at its end and discarded from its
// start. It knows its position in the whole input.
type buffer struct {
	src  io.Reader
	data []byte // the whole allocation
	lo   int    // data[lo:hi] are the buffered bytes
	hi   int
	err  error // the last error of src, including io.EOF

	offset    int64 // of data[lo] in the input
	line      int64 // of data[lo], counted from 1
	lineStart int64 // offset of that line's first byte
}

func newBuffer(src io.Reader, pieceSize int) *buffer {
	return &buffer{src: src, data: make([]byte, max(2*pieceSize, sniffLength)), line: 1}
}

// bytes returns the buffered bytes, until the next fill.
func (b *buffer) bytes() []byte { return b.data[b.lo:b.hi] }

// fill reads more bytes. It returns io.EOF if there are no more, or the source's error.
func (b *buffer) fill() error {
	if b.err != nil {
		return b.err
	}
	if b.hi == len(b.data) {
		if b.lo > len(b.data)/2 {
			b.hi = copy(b.data, b.bytes())
			b.lo = 0
		} else {
			grown := make([]byte, 2*len(b.data))
			b.hi = copy(grown, b.bytes())
			b.lo = 0
			b.data = grown
		}
	}
	// A reader may return nothing without an error, but not forever.
	for range 100 {
		n, err := b.src.Read(b.data[b.hi:])
		b.hi += n
		if err != nil {
			b.err = err
			if n > 0 {
				return nil
			}
			return err
		}
		if n > 0 {
			return nil
		}
	}
	b.err = io.ErrNoProgress
	return b.err
}

// peek returns the first n bytes, or fewer at the end of the input.
func (b *buffer) peek(n int) ([]byte, error) {
	for b.hi-b.lo < n {
		if err := b.fill(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, err
		}
	}
	return b.data[b.lo:min(b.hi, b.lo+n)], nil
}

// Read implements io.Reader: it returns the buffered bytes, then more of the source's.
func (b *buffer) Read(p []byte) (int, error) {
	if b.lo == b.hi {
		b.lo, b.hi = 0, 0
		if err := b.fill(); err != nil {
			return 0, err
		}
	}
	n := copy(p, b.bytes())
	b.discard(n)
	return n, nil
}

// discard drops the first n buffered bytes.
func (b *buffer) discard(n int) {
	gone := b.data[b.lo : b.lo+n]
	b.line += int64(bytes.Count(gone, newline))
	if last := bytes.LastIndexByte(gone, '\n'); last >= 0 {
		b.lineStart = b.offset + int64(last) + 1
	}
	b.lo += n
	b.offset += int64(n)
}

// discardLine drops the first n buffered bytes, which are a line with its newline (the last
// line of an input may have none). Like inLine it avoids a search for newlines.
func (b *buffer) discardLine(n int) {
	b.lo += n
	b.offset += int64(n)
	b.line++
	b.lineStart = b.offset
}

// inLine returns the position of the i-th buffered byte, which is in the first line. That
// line is buffered completely.
func (b *buffer) inLine(i int) Position {
	return Position{Offset: b.offset + int64(i), Line: b.line, Column: b.offset - b.lineStart + int64(i) + 1}
}

// at returns the position of the i-th buffered byte; i may be one past the last.
func (b *buffer) at(i int) Position {
	before := b.data[b.lo : b.lo+i]
	start := b.lineStart
	if last := bytes.LastIndexByte(before, '\n'); last >= 0 {
		start = b.offset + int64(last) + 1
	}
	offset := b.offset + int64(i)
	return Position{
		Offset: offset,
		Line:   b.line + int64(bytes.Count(before, newline)),
		Column: offset - start + 1,
	}
}

var newline = []byte{'\n'}

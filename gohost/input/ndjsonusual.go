package input

import (
	"bytes"
	"context"
)

// parseUsual parses a piece whose lines are objects without others in them. It makes an array of
// the lines in place, and reports false, without points, if another line is among them or the
// engine rejects the array: then the lines have to be looked at one by one.
//
// The lines are what one line at a time would be if each begins with '{' and ends with '}', there
// are no other '}', and there are as many points. A newline became a comma, so it could hide an
// object or a string that goes on in the next line. But after the '}' of a point, which ends a
// line, the next begins with a '{', so all points are objects. Each has at least one '}', its own,
// and one that goes on in another line has more, which leaves fewer points than lines.
func (r ndjsonParser) parseUsual(ctx context.Context, p *Piece) bool {
	text := p.text()
	if p.long || len(text) == 0 {
		return false
	}
	if text[len(text)-1] != '\n' {
		p.buf = append(p.buf, '\n') // within the spare capacity
		text = p.text()
		defer func() { p.buf = p.buf[:len(p.buf)-1] }()
	}
	if !p.markLines(text) {
		return false
	}
	for _, start := range p.marks[1:] {
		text[start-1] = ','
	}
	text[len(text)-1] = ']'
	p.buf[0] = '['
	points, err := r.validate(ctx, p.Points, p.buf)
	for _, start := range p.marks[1:] {
		text[start-1] = '\n'
	}
	text[len(text)-1] = '\n'
	if err == nil && len(points) == len(p.marks) {
		p.Points = points
		return true
	}
	p.marks = p.marks[:0]
	return false
}

// markLines marks the beginnings of the lines, and reports whether all of them are usual.
func (p *Piece) markLines(text []byte) bool {
	for at := 0; at < len(text); {
		end := bytes.IndexByte(text[at:], '\n')
		line := text[at : at+end]
		if n := len(line); n > 0 && line[n-1] == '\r' {
			line = line[:n-1]
		}
		if len(line) < 2 || line[0] != '{' || line[len(line)-1] != '}' {
			return false
		}
		p.marks = append(p.marks, int32(at))
		at += end + 1
	}
	return bytes.Count(text, closeBrace) == len(p.marks)
}

var closeBrace = []byte{'}'}

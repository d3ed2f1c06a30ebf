package input

import (
	"bytes"
	"context"
	"fmt"
)

// An ndjsonParser reads one JSON object per line. It joins lines to an array for the
// engine. It first checks that each line is one complete value, so that two broken lines
// cannot form a valid one together.
type ndjsonParser struct {
	validate Validate
	keys     []string // the members with the key
}

// lineBorders are ends of lines.
type lineBorders struct{ wholeBorders }

func (lineBorders) last(text []byte, from int) (int, bool) {
	if last := bytes.LastIndexByte(text[from:], '\n'); last >= 0 {
		return from + last + 1, false
	}
	return 0, false
}

func (r ndjsonParser) parse(ctx context.Context, p *Piece) error {
	err := r.parsePoints(ctx, p)
	if len(r.keys) == 0 {
		return err
	}
	var part []byte
	for i := range p.Points {
		begin := len(p.keys.text)
		line := p.text()[p.marks[i]:]
		fault := ""
		for n, name := range r.keys {
			if part, fault = member(part[:0], line, name); fault != "" {
				p.Points = p.Points[:i]
				return badData(p.at(int(p.marks[i])), "%s", fault)
			}
			if len(r.keys) == 1 {
				p.keys.text = append(p.keys.text, part...)
			} else {
				p.keys.text = appendKeyPart(p.keys.text, part, n)
			}
		}
		p.keys.add(1, int32(begin), int32(len(p.keys.text)))
	}
	return err
}

// parsePoints appends the points, and marks the beginnings of their lines.
func (r ndjsonParser) parsePoints(ctx context.Context, p *Piece) error {
	if r.parseUsual(ctx, p) {
		return nil
	}
	j := &p.joined
	fault := p.joinLines()
	if len(j.records) == 0 {
		return fault
	}
	j.close()
	points, about, err := check(ctx, r.validate, p.Points, j.text)
	if about != nil {
		bad := j.recordAt(max(about.at, 0))
		at := j.records[bad].from
		if about.at >= 0 {
			at += max(about.at-j.records[bad].at, 0)
		}
		fault = badData(p.at(at), "%s", about.message)
		points, err = checkBefore(ctx, r.validate, p.Points, j.text, about.at, func(at int) int {
			return j.records[j.recordAt(at)].at - 1
		})
	}
	if err != nil {
		return fmt.Errorf("from %s: %w", p.at(j.records[0].from), err)
	}
	p.Points = points
	p.marks = p.marks[:0]
	for _, record := range j.records[:len(points)] {
		p.marks = append(p.marks, int32(record.from))
	}
	return fault
}

// locate returns the beginning of a point's line.
func (ndjsonParser) locate(p *Piece, i int) Position { return p.at(int(p.marks[i])) }

// joinLines joins the lines before the first that is not a complete value, and returns the
// fault of that one.
func (p *Piece) joinLines() error {
	p.joined.reset()
	text := p.text()
	for at := 0; at < len(text); {
		line := text[at:]
		if end := bytes.IndexByte(line, '\n'); end >= 0 {
			line = line[:end+1]
		} else if p.long {
			return badData(p.at(at), "the line is longer than %d MiB, the max", MaxRecord>>20)
		}
		value := bytes.TrimRight(line, " \t\r\n")
		start := at + len(value)
		value = bytes.TrimLeft(value, " \t\r\n")
		start -= len(value)
		if len(value) > 0 {
			if bad, problem := checkLine(value); problem != "" {
				return badData(p.at(start+bad), "%s", problem)
			}
			p.joined.add(start, value)
		}
		at += len(line)
	}
	return nil
}

// checkLine checks that a line is one bracketed value and nothing else. Otherwise it
// returns where, and what was expected.
func checkLine(value []byte) (at int, problem string) {
	if c := value[0]; c != '{' && c != '[' {
		return 0, fmt.Sprintf("expected an object such as {\"timestamp\": 1262304000, \"value\": 39.4} on each line, found %q", c)
	}
	var n nesting
	end := n.skip(value, 0)
	if !n.ended() {
		return end, "the line ends inside an object; expected a complete one on each line"
	}
	if end < len(value) {
		for isSpace(value[end]) {
			end++
		}
		return end, fmt.Sprintf("expected the end of the line after the object, found %q", value[end])
	}
	return 0, ""
}

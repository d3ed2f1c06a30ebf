package input

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"example.org/compute-pipeline/gohost"
)

// An ndjsonReader reads one JSON object per line. It joins lines to an array for the
// engine. It first checks that each line is one complete value, so that two broken lines
// cannot form a valid one together.
type ndjsonReader struct {
	buf      *buffer
	validate Validate
	target   int // bytes of a piece
	points   []gohost.Datapoint
	piece    piece
	failure  error // the error after the last piece, such as io.EOF
}

func (r *ndjsonReader) Next(ctx context.Context) ([]gohost.Datapoint, error) {
	r.piece.reset()
	for r.failure == nil && len(r.piece.text) < r.target {
		r.failure = r.addLine()
	}
	if len(r.piece.records) == 0 {
		return nil, r.failure
	}
	r.piece.close()
	points, about, err := check(ctx, r.validate, r.points[:0], r.piece.text)
	if err != nil {
		return nil, fmt.Errorf("from %s: %w", r.piece.records[0].pos, err)
	}
	if about != nil {
		return nil, r.locate(*about)
	}
	r.points = points
	return points, nil
}

// Locate returns the beginning of a point's line.
func (r *ndjsonReader) Locate(i int) Position { return r.piece.records[i].pos }

// addLine moves one line from the buffer to the piece, or returns io.EOF.
func (r *ndjsonReader) addLine() error {
	line, err := readLine(r.buf)
	if err != nil {
		return err
	}
	defer r.buf.discardLine(len(line))
	start, end := 0, len(line)
	for start < end && isSpace(line[start]) {
		start++
	}
	for end > start && isSpace(line[end-1]) {
		end--
	}
	if start == end {
		return nil
	}
	value := line[start:end]
	if at, problem := checkLine(value); problem != "" {
		return badData(r.buf.inLine(start+at), "%s", problem)
	}
	r.piece.begin(r.buf.inLine(start))
	r.piece.text = append(r.piece.text, value...)
	return nil
}

// locate converts the engine's complaint about the piece to one about a line.
func (r *ndjsonReader) locate(about complaint) error {
	line, within := r.piece.recordAt(max(about.at, 0))
	pos := line.pos
	if about.at >= 0 {
		pos.Offset += int64(within)
		pos.Column += int64(within)
	}
	return badData(pos, "%s", about.message)
}

// readLine returns the next line with its newline, still in the buffer, or
// io.EOF.
func readLine(b *buffer) ([]byte, error) {
	scanned := 0
	for {
		held := b.bytes()
		if end := bytes.IndexByte(held[scanned:], '\n'); end >= 0 {
			return held[:scanned+end+1], nil
		}
		scanned = len(held)
		if scanned > MaxRecord {
			return nil, badData(b.at(0), "the line is longer than %d MiB, the max", MaxRecord>>20)
		}
		if err := b.fill(); errors.Is(err, io.EOF) && scanned > 0 {
			return held, nil
		} else if err != nil {
			return nil, err
		}
	}
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

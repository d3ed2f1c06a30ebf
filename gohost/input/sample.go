package input

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"

	"example.org/compute-pipeline/gohost"
)

// sample looks at the times in the first bytes of an input that is not CSV.
func (c *cutter) sample(opts Options) (s *sampling, err error) {
	s = newSampling(opts)
	if opts.Unit != AutoUnit {
		return s, nil
	}
	if opts.Format == Packed {
		head, err := c.peek(sniffLength)
		for ; len(head) >= gohost.PackedSize; head = head[gohost.PackedSize:] {
			s.see(fmt.Append(nil, binary.LittleEndian.Uint64(head)))
		}
		return s, err
	}
	tree, fault := newJSONTree([]string{cmp.Or(opts.Time, "timestamp")})
	if fault != nil {
		return s, nil // newJSONRecords has the error
	}
	err = c.peekUntil(func(head []byte, _ bool) bool {
		s = newSampling(opts)
		s.records(newJSONScanner(tree), head, opts.Format == NDJSON)
		return s.enough()
	})
	return s, err
}

// records looks at the times of records of JSON, whose last one may be cut off.
func (s *sampling) records(scanner *jsonScanner, head []byte, byLine bool) {
	at := spaceEnd(head, 0)
	if !byLine && at < len(head) && head[at] == '[' {
		at++
	}
	for s.begin() {
		if at = spaceEnd(head, at); at >= len(head) {
			return
		}
		begin := at
		switch head[at] {
		case '{':
			next, fault := scanner.record(head, at)
			time := scanner.cells[0]
			isTime := time.kind == cellNumber || time.kind == cellText
			if isTime && (fault == nil || fault.at >= len(head) && time.at+len(time.text) < len(head)) {
				s.see(time.text)
			}
			if at = next; fault != nil {
				at = begin
			}
		case '[': // a timestamp and a value
			if at = endOfValue(head, at); at < len(head) {
				number, _, _ := bytes.Cut(head[begin+1:at], []byte{','})
				s.see(number)
			}
		}
		switch {
		case byLine:
			at = endOfLine(head, at)
		case at == begin:
			return
		default:
			if at = spaceEnd(head, at); at >= len(head) || head[at] != ',' {
				return
			}
			at++
		}
	}
}

// sample looks at the first rows of a table, and settles the options by them.
func (r *csvParser) sample(c *cutter, opts *Options) ([]Guess, error) {
	var s *sampling
	var seen *keySample
	err := c.peekUntil(func(head []byte, whole bool) bool {
		if !whole {
			head = head[:bytes.LastIndexByte(head, '\n')+1]
		}
		s, seen = newSampling(*opts), &keySample{}
		r.sampleRows(s, seen, c.pos, head)
		return s.enough()
	})
	if err != nil {
		return nil, err
	}
	guesses := s.settle(opts, false)
	if len(r.keys) == 0 && r.headed {
		guesses = append(guesses, seen.guesses("column", "rows", opts.Names)...)
	}
	return guesses, nil
}

// sampleRows looks at rows, but for those that are at fault.
func (r *csvParser) sampleRows(s *sampling, seen *keySample, at Position, text []byte) {
	var first Piece
	first.begin(at, len(text))
	first.buf = append(first.buf, text...)
	rows := r.rowsFrom(&first, 0, 0)
	for s.begin() {
		row, err := rows.read()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			continue
		}
		s.see([]byte(row[r.time]))
		for i, text := range row {
			if r.columns[i].role == roleNone {
				seen.see(strings.TrimSpace(r.names[i]), []byte(strings.TrimSpace(text)))
			}
		}
	}
}

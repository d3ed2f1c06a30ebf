package input

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"example.org/compute-pipeline/gohost"
)

// sampleHead looks at the times in the first bytes of an input that is not CSV.
func sampleHead(head []byte, opts Options) *sampling {
	s := newSampling(opts)
	if opts.Unit != AutoUnit {
		return s
	}
	if opts.Format == Packed {
		for ; len(head) >= gohost.PackedSize; head = head[gohost.PackedSize:] {
			s.see(fmt.Append(nil, binary.LittleEndian.Uint64(head)))
		}
		return s
	}
	tree, err := newJSONTree([]string{cmp.Or(opts.Time, "timestamp")})
	if err != nil {
		return s // newJSONRecords has its error
	}
	s.records(newJSONScanner(tree), head, opts.Format == NDJSON)
	return s
}

// records looks at the times of records of JSON, whose last one may be cut off.
func (s *sampling) records(scanner *jsonScanner, head []byte, byLine bool) {
	at := spaceEnd(head, 0)
	if !byLine && at < len(head) && head[at] == '[' {
		at++
	}
	for range maxSamples {
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
	head, err := c.peek(sniffLength)
	if err != nil {
		return nil, err
	}
	if len(head) == sniffLength || c.slow {
		head = head[:bytes.LastIndexByte(head, '\n')+1]
	}
	var first Piece
	first.begin(c.pos, len(head))
	first.buf = append(first.buf, head...)
	rows := r.rowsFrom(&first, 0, 0)
	s := newSampling(*opts)
	seen := make([]looks, r.cells)
	for range maxSamples {
		row, err := rows.read()
		if err != nil {
			break
		}
		s.see([]byte(row[r.time]))
		for i, text := range row {
			if r.columns[i].role == roleNone {
				seen[i].see(strings.TrimSpace(text))
			}
		}
	}
	guesses := s.settle(opts, false)
	if len(r.keys) == 0 && r.headed {
		guesses = append(guesses, r.keyGuesses(seen, opts.Names)...)
	}
	return guesses, nil
}

// looks are what the first cells of a column look like.
type looks struct {
	texts map[string]int // how often each was seen
	rows  int
	words int // of them, those that are neither numbers nor times
}

func (l *looks) see(text string) {
	if l.texts == nil {
		l.texts = map[string]int{}
	}
	l.rows++
	l.texts[text]++
	if _, ok := parseDecimal([]byte(text)); ok || text == "" {
		return
	}
	if _, ok := parseRFC3339([]byte(text)); !ok {
		l.words++
	}
}

// keyNames are names of columns that tell series apart even if they have numbers.
var keyNames = []string{"id", "station", "sensor", "device", "host", "name", "key", "site", "location", "tag", "series", "symbol", "city", "country", "region", "meter", "unit"}

// keyGuesses names a column that seems to tell several series apart: one with few texts that come
// again and again.
func (r *csvParser) keyGuesses(seen []looks, names Names) []Guess {
	for i, l := range seen {
		name := plain(r.names[i])
		isKey := slices.ContainsFunc(keyNames, func(key string) bool { return name == key || strings.HasSuffix(name, key+"id") || name == key+"name" })
		const fewest = 4
		if l.rows < fewest || len(l.texts) < 2 || 2*len(l.texts) > l.rows || l.words < l.rows && !isKey {
			continue
		}
		return []Guess{{
			What: "key", Value: strings.TrimSpace(r.names[i]), Notable: true,
			Why: fmt.Sprintf("the column has %d different texts in the first %d rows, which are taken for one series; %s %s keeps them apart",
				len(l.texts), l.rows, names.Keys, clip(strings.TrimSpace(r.names[i]))),
		}}
	}
	return nil
}

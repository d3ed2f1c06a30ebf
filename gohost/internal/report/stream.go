package report

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"example.org/compute-pipeline/gohost/window"
)

// A Stream writes rows as they come, with all digits in JSON and CSV. A row of a window that was written
// before has a revision, and takes the place of the earlier ones.
type Stream struct {
	out     io.Writer
	format  string // table, json or ndjson, csv
	table   *tableWriter
	csv     *csvWriter
	json    *jsonWriter
	started bool
	line    bytes.Buffer
	widths  []int // of the columns of a table
	values  []window.Value
}

// NewStream returns a stream of rows in a format: table, json or ndjson (an object per line) or csv. If it continues
// another one, it has no header.
func NewStream(out io.Writer, format string, head Head, continues bool) *Stream {
	s := &Stream{out: out, format: format, started: continues, table: newTable(nil, head, false), json: newJSON(nil, head, true)}
	s.csv = newCSV(&s.line, head)
	return s
}

// Write writes a row in one call.
func (s *Stream) Write(r *window.Row, revision uint64) error {
	s.line.Reset()
	switch s.format {
	case "json", "ndjson":
		s.line.Write(s.json.object([]byte{'{'}, r, "", ":", ","))
		fmt.Fprintf(&s.line, ",\"revision\":%d}\n", revision)
	case "csv":
		if err := s.csvLine(r, revision); err != nil {
			return err
		}
	default:
		s.tableLine(r, revision)
	}
	s.started = true
	_, err := s.out.Write(s.line.Bytes())
	return err
}

func (s *Stream) csvLine(r *window.Row, revision uint64) error {
	if !s.started {
		if err := s.csv.addHeader("revision"); err != nil {
			return err
		}
	}
	if err := s.csv.addRow(r, strconv.FormatUint(revision, 10)); err != nil {
		return err
	}
	return s.csv.flush()
}

// tableLine writes cells of fixed widths, since the rows that follow are unknown.
func (s *Stream) tableLine(r *window.Row, revision uint64) {
	t := s.table
	t.layout.start = startLayout(t.head.Window, []window.Row{*r})
	s.values = t.head.Statistics.Values(s.values[:0], r)
	t.layout.formats = t.layout.formats[:0]
	for _, v := range s.values {
		format := numberFormat{}
		if v, ok := v.(float64); ok {
			format = formatOf(slices.Values([]float64{v}))
		}
		t.layout.formats = append(t.layout.formats, format)
	}
	if s.widths == nil {
		titles := t.titles()
		s.widths = s.widthsOf(titles)
		if !s.started {
			s.cells(titles)
			s.line.WriteByte('\n')
		}
	}
	s.cells(t.cells(r))
	if revision > 0 {
		fmt.Fprintf(&s.line, "  revision %d", revision)
	}
	s.line.WriteByte('\n')
}

// widthsOf returns the widths of the columns, in characters. A cell may be longer.
func (s *Stream) widthsOf(titles []string) []int {
	const label, count, sum, number = 16, 10, 16, 12
	widths := make([]int, len(titles))
	left := s.table.left()
	for i, title := range titles {
		if i < left-1 {
			widths[i] = label
			continue
		}
		width := len(time.DateTime)
		if i >= left {
			width = number
			switch s.table.columns[i-left].Kind {
			case window.Count:
				width = count
			case window.Sum:
				width = sum
			case window.First, window.Last:
				width = len(time.DateTime) + len(offsetLayout(s.table.head.Window))
			}
		}
		widths[i] = max(width, utf8.RuneCountInString(title))
	}
	return widths
}

// cells writes cells, the first of which are aligned on the left.
func (s *Stream) cells(cells []string) {
	left := s.table.left()
	for i, cell := range cells {
		if i > 0 {
			s.line.WriteString("  ")
		}
		room := s.widths[i] - utf8.RuneCountInString(cell)
		if i < left {
			s.line.WriteString(cell)
		}
		for range room {
			s.line.WriteByte(' ')
		}
		if i >= left {
			s.line.WriteString(cell)
		}
	}
}

package report

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"time"

	"example.org/compute-pipeline/gohost/window"
)

// A Stream writes rows as they come, with all digits in JSON and CSV. A row of a window that was written
// before has a revision, and takes the place of the earlier ones.
type Stream struct {
	out     io.Writer
	format  string // table, json or ndjson, csv
	kind    window.Spec
	by      string // what the keys are the values of; empty without keys
	started bool
	line    bytes.Buffer
}

// NewStream returns a stream of rows in a format: table, json or ndjson (an object per line) or csv. If they
// are of several series, by is what their keys are the values of; else it is empty. If it continues
// another one, it has no header.
func NewStream(out io.Writer, format string, kind window.Spec, by string, continues bool) *Stream {
	return &Stream{out: out, format: format, kind: kind, by: by, started: continues}
}

// Write writes a row in one call.
func (s *Stream) Write(r KeyedRow, revision uint64) error {
	s.line.Reset()
	var err error
	switch s.format {
	case "json", "ndjson":
		err = s.json(r, revision)
	case "csv":
		err = s.csv(r, revision)
	default:
		s.table(r, revision)
	}
	if err != nil {
		return err
	}
	s.started = true
	_, err = s.out.Write(s.line.Bytes())
	return err
}

func (s *Stream) json(r KeyedRow, revision uint64) error {
	out := json.NewEncoder(&s.line)
	if s.by == "" {
		return out.Encode(struct {
			row
			Revision uint64 `json:"revision"`
		}{newRow(r.Row), revision})
	}
	return out.Encode(struct {
		keyedRow
		Revision uint64 `json:"revision"`
	}{keyedRow{r.Key, newRow(r.Row)}, revision})
}

func (s *Stream) csv(r KeyedRow, revision uint64) error {
	out := csv.NewWriter(&s.line)
	var header, cells []string
	if s.by != "" {
		header, cells = append(header, "key"), append(cells, r.Key)
	}
	header, cells = append(header, columns...), append(cells, Cells(r.Row)...)
	if !s.started {
		if err := out.Write(append(header, "revision")); err != nil {
			return err
		}
	}
	if err := out.Write(append(cells, strconv.FormatUint(revision, 10))); err != nil {
		return err
	}
	out.Flush()
	return out.Error()
}

// table writes cells of fixed widths, since the rows that follow are unknown.
func (s *Stream) table(keyed KeyedRow, revision uint64) {
	const key = 16 // characters, unless one is longer
	r := keyed.Row
	layout := startLayout(s.kind, []window.Row{r})
	start := max(len(startTitle(s.kind)), len(time.DateTime))
	if !s.started {
		if s.by != "" {
			fmt.Fprintf(&s.line, "%-*s  ", key, Shown(s.by))
		}
		fmt.Fprintf(&s.line, "%-*s  %10s  %12s  %12s  %12s  %12s  %16s\n", start, startTitle(s.kind), "count", "mean", "stddev", "min", "max", "sum")
	}
	if s.by != "" {
		fmt.Fprintf(&s.line, "%-*s  ", key, Shown(keyed.Key))
	}
	number := func(v float64) string {
		return formatOf(slices.Values([]float64{v})).text(v)
	}
	fmt.Fprintf(&s.line, "%-*s  %10d  %12s  %12s  %12s  %12s  %16s", start, shown(r.Start, layout), r.Stat.Count,
		number(r.Stat.Mean), number(r.StdDev), number(r.Stat.Min), number(r.Stat.Max), number(r.Stat.Sum))
	if revision > 0 {
		fmt.Fprintf(&s.line, "  revision %d", revision)
	}
	s.line.WriteByte('\n')
}

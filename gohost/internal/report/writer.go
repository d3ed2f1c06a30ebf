package report

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"example.org/compute-pipeline/gohost/input"
	"example.org/compute-pipeline/gohost/window"
)

// A Writer writes rows one after the other. What it holds in memory is bounded.
type Writer interface {
	// Write writes a row, which is the caller's again when it returns.
	Write(row *window.Row) error
	// Close writes what follows the last row. It does not close what is written to.
	Close() error
}

// Head says what rows are of.
type Head struct {
	Window     window.Spec
	Statistics window.Set
	// By names the columns of keys; without any, rows have none.
	By []string
	// Columns names the columns of values, if there are several.
	Columns []string
	// Counts are of the records that were read, for JSON. Nil leaves them out.
	Counts *Counts
	// Spark gives a table a last column: the line of [Spark] of the means of the series up to the row, at most sixteen.
	Spark bool
	// Width is that of the terminal in characters; 0 means any.
	Width int
}

// Counts are of what was read, for the head of JSON.
type Counts struct{ Records, Points, Missing, Bad uint64 }

// Formats are those of [New].
var Formats = []string{"table", "json", "ndjson", "csv", "markdown"}

// New returns a writer in one of the [Formats]. JSON and CSV have all digits. The output is not buffered for json and csv beyond a row.
func New(out io.Writer, format string, head Head) (Writer, error) {
	switch format {
	case "table":
		return newTable(out, head, false), nil
	case "markdown":
		return newTable(out, head, true), nil
	case "json":
		return newJSON(out, head, false), nil
	case "ndjson":
		return newJSON(out, head, true), nil
	case "csv":
		return newCSV(out, head), nil
	}
	return nil, fmt.Errorf("%q is no format; expected %s", format, strings.Join(Formats, ", "))
}

// statisticNames returns the names of the columns of statistics.
func (h Head) statisticNames() []string {
	var names []string
	for _, s := range h.Statistics.List() {
		names = append(names, statisticName(h.Statistics, s))
	}
	return names
}

// statisticName returns the name of a column, which says if it is of a sample.
func statisticName(set window.Set, s window.Statistic) string {
	if set.Sample && (s.Kind == window.Variance || s.Kind == window.StdDev) {
		return s.String() + "_sample"
	}
	return s.String()
}

// labelNames returns the names of the columns before the window. One column of keys is "key"; of several, one with
// the name of another column begins with "key_", as often as that takes.
func (h Head) labelNames() []string {
	others := append(h.statisticNames(), "start", "end", "column")
	var names []string
	for _, by := range h.By {
		name := by
		if len(h.By) == 1 {
			name = "key"
		}
		for slices.Contains(others, name) || slices.Contains(names, name) || len(h.By) > 1 && name != by && slices.Contains(h.By, name) {
			name = "key_" + name
		}
		names = append(names, name)
	}
	if len(h.Columns) > 1 {
		names = append(names, "column")
	}
	return names
}

// keys returns the parts of a key.
func (h Head) keys(row *window.Row) []string {
	parts, ok := input.SplitKey(row.Key, len(h.By))
	if !ok {
		parts = make([]string, len(h.By))
		parts[0] = row.Key
	}
	return parts
}

// labels returns the cells of the columns before the window.
func (h Head) labels(row *window.Row) []string {
	var labels []string
	if len(h.By) > 0 {
		labels = h.keys(row)
	}
	if len(h.Columns) > 1 {
		labels = append(labels, h.Columns[row.Column])
	}
	return labels
}

package report

import (
	"encoding/csv"
	"io"
	"strconv"
	"time"

	"example.org/compute-pipeline/gohost/window"
)

// csvWriter writes a header and rows. What there is not is an empty cell.
type csvWriter struct {
	out    *csv.Writer
	head   Head
	begun  bool
	values []window.Value
	cells  []string
}

func newCSV(out io.Writer, head Head) *csvWriter {
	return &csvWriter{out: csv.NewWriter(out), head: head}
}

func (w *csvWriter) begin() error {
	if w.begun {
		return nil
	}
	w.begun = true
	return w.out.Write(w.names())
}

// names are the cells of the header.
func (w *csvWriter) names() []string {
	return append(append(w.head.labelNames(), "start", "end"), w.head.statisticNames()...)
}

func (w *csvWriter) Write(row *window.Row) error {
	if err := w.begin(); err != nil {
		return err
	}
	return w.out.Write(w.row(row))
}

// row returns the cells of a row, which are valid until the next one.
func (w *csvWriter) row(row *window.Row) []string {
	w.cells = append(append(w.cells[:0], w.head.labels(row)...), instant(row.Start).String(), instant(row.End).String())
	w.values = w.head.Statistics.Values(w.values[:0], row)
	for _, v := range w.values {
		w.cells = append(w.cells, plain(v))
	}
	return w.cells
}

func (w *csvWriter) Close() error {
	if err := w.begin(); err != nil {
		return err
	}
	w.out.Flush()
	return w.out.Error()
}

// plain returns a value with all digits.
func plain(v window.Value) string {
	switch v := v.(type) {
	case uint64:
		return strconv.FormatUint(v, 10)
	case float64:
		return shortest(v)
	case time.Time:
		return instant(v).String()
	}
	return ""
}

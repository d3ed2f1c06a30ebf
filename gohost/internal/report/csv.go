package report

import (
	"bytes"
	"encoding/csv"
	"io"
	"strconv"
	"time"

	"example.org/compute-pipeline/gohost/window"
)

// csvWriter writes a header and rows. What there is not is an empty cell.
type csvWriter struct {
	out    io.Writer
	head   Head
	begun  bool
	values []window.Value
	lines  []byte // that were not written yet

	quoter *csv.Writer // to quoted
	quoted bytes.Buffer
}

// csvBuffer is from how many bytes on lines are written.
const csvBuffer = 4096

func newCSV(out io.Writer, head Head) *csvWriter {
	w := &csvWriter{out: out, head: head}
	w.quoter = csv.NewWriter(&w.quoted)
	return w
}

func (w *csvWriter) begin() error {
	if w.begun {
		return nil
	}
	w.begun = true
	return w.addHeader()
}

// addHeader adds the header, with more names.
func (w *csvWriter) addHeader(more ...string) error {
	names := append(w.head.labelNames(), "start", "end")
	for _, name := range append(append(names, w.head.statisticNames()...), more...) {
		if err := w.text(name); err != nil {
			return err
		}
	}
	w.endLine()
	return nil
}

func (w *csvWriter) Write(row *window.Row) error {
	if err := w.begin(); err != nil {
		return err
	}
	if err := w.addRow(row); err != nil || len(w.lines) < csvBuffer {
		return err
	}
	return w.flush()
}

// addRow adds a row, with more cells.
func (w *csvWriter) addRow(row *window.Row, more ...string) error {
	for _, label := range w.head.labels(row) {
		if err := w.text(label); err != nil {
			return err
		}
	}
	w.lines = append(appendTime(w.lines, row.Start), ',')
	w.lines = append(appendTime(w.lines, row.End), ',')
	w.values = w.head.Statistics.Values(w.values[:0], row)
	for _, v := range w.values {
		w.lines = append(appendPlain(w.lines, v), ',')
	}
	for _, cell := range more {
		if err := w.text(cell); err != nil {
			return err
		}
	}
	w.endLine()
	return nil
}

// text appends a cell of any text and a comma.
func (w *csvWriter) text(cell string) error {
	for i := range len(cell) {
		if c := cell[i]; c <= ' ' || c == '"' || c == ',' || c == '\\' || c >= 0x80 {
			w.quoted.Reset()
			err := w.quoter.Write([]string{cell}) // quotes it if it has to
			w.quoter.Flush()
			w.lines = append(append(w.lines, bytes.TrimSuffix(w.quoted.Bytes(), []byte("\n"))...), ',')
			return err
		}
	}
	w.lines = append(append(w.lines, cell...), ',')
	return nil
}

// endLine ends a line of cells, each with a comma after it.
func (w *csvWriter) endLine() { w.lines[len(w.lines)-1] = '\n' }

func (w *csvWriter) flush() error {
	_, err := w.out.Write(w.lines)
	w.lines = w.lines[:0]
	return err
}

func (w *csvWriter) Close() error {
	if err := w.begin(); err != nil {
		return err
	}
	return w.flush()
}

// appendPlain appends a value with all digits.
func appendPlain(dst []byte, v window.Value) []byte {
	switch v := v.(type) {
	case uint64:
		return strconv.AppendUint(dst, v, 10)
	case float64:
		return appendShortest(dst, v)
	case time.Time:
		return appendTime(dst, v)
	}
	return dst
}

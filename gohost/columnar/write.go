package columnar

import (
	"errors"
	"fmt"
	"io"

	"example.org/compute-pipeline/gohost/input"
)

// A Field is a column to write. Its kind is one of Integers, Floats, Texts and Instants.
type Field struct {
	Name     string
	Kind     input.ColumnKind
	Unit     input.Unit // of Instants; Parquet has no seconds
	Unsigned bool       // the Integers are of 64 bits without a sign
	Optional bool       // values may be missing
}

// A Writer writes rows to a file of columns. [Writer.Close] must be called, or the file has no end.
type Writer struct {
	format fileWriter
	fields []Field
	group  input.Batch // rows that are not written yet
	err    error
}

// A fileWriter writes a group of rows.
type fileWriter interface {
	write(*input.Batch) error
	close() error
}

// groupRows is how many rows are written at a time, and held until then: as many as DuckDB has in a group.
const groupRows = 122_880

// NewParquetWriter returns a writer of a Parquet file, compressed with Zstandard. Metadata are keys and
// values that the file has beside its rows.
func NewParquetWriter(w io.Writer, fields []Field, metadata map[string]string) (*Writer, error) {
	return newWriter(fields, func() (fileWriter, error) { return newParquetFile(w, fields, metadata) })
}

// NewArrowWriter returns a writer of a file in Arrow's file format (Feather, version 2), not compressed.
func NewArrowWriter(w io.Writer, fields []Field, metadata map[string]string) (*Writer, error) {
	return newWriter(fields, func() (fileWriter, error) { return newArrowFile(w, fields, metadata) })
}

func newWriter(fields []Field, open func() (fileWriter, error)) (*Writer, error) {
	names := map[string]bool{}
	for _, f := range fields {
		if names[f.Name] {
			return nil, fmt.Errorf("two columns are named %q", f.Name)
		}
		names[f.Name] = true
	}
	format, err := open()
	if err != nil {
		return nil, err
	}
	w := &Writer{format: format, fields: fields}
	w.begin()
	return w, nil
}

// begin empties the group.
func (w *Writer) begin() {
	if w.group.Columns == nil {
		w.group.Columns = make([]input.Column, len(w.fields))
	}
	w.group.Rows = 0
	for i, f := range w.fields {
		c := &w.group.Columns[i]
		missing := c.Missing[:0]
		c.Reset(f.Kind, f.Unit)
		if f.Optional {
			c.Missing = missing
		}
	}
}

// A Row takes the values of a row, in the order of the fields.
type Row struct {
	w    *Writer
	next int
	err  error
}

// Row adds a row, with the values that f gives it.
func (w *Writer) Row(f func(*Row)) error {
	if w.err != nil {
		return w.err
	}
	r := Row{w: w}
	f(&r)
	if r.err == nil && r.next != len(w.fields) {
		r.err = fmt.Errorf("a row has %d values; expected %d", r.next, len(w.fields))
	}
	if w.err = r.err; w.err != nil {
		return w.err
	}
	const most = 64 << 20 // of the keys
	w.group.Rows++
	if w.group.Rows >= groupRows || w.texts() > most {
		w.err = w.flush()
	}
	return w.err
}

// texts returns the size of the texts in the group.
func (w *Writer) texts() int {
	size := 0
	for i := range w.group.Columns {
		size += len(w.group.Columns[i].Text)
	}
	return size
}

// column returns the column of the next value, which has a kind.
func (r *Row) column(kind input.ColumnKind, missing bool) *input.Column {
	if r.next >= len(r.w.fields) {
		r.err = errors.New("a row has too many values")
		return &input.Column{}
	}
	f, c := r.w.fields[r.next], &r.w.group.Columns[r.next]
	r.next++
	switch {
	case f.Kind != kind && !missing:
		r.err = fmt.Errorf("column %q has another type of values", f.Name)
	case missing && !f.Optional:
		r.err = fmt.Errorf("column %q has no value in row %d", f.Name, r.w.group.Rows+1)
	case f.Optional:
		c.Missing = append(c.Missing, missing)
	}
	return c
}

// Integer gives the next value, of Integers. One without a sign is converted.
func (r *Row) Integer(v int64) {
	c := r.column(input.Integers, false)
	c.Integers = append(c.Integers, v)
}

// Instant gives the next value, of Instants.
func (r *Row) Instant(v int64) {
	c := r.column(input.Instants, false)
	c.Integers = append(c.Integers, v)
}

// Float gives the next value, of Floats.
func (r *Row) Float(v float64) {
	c := r.column(input.Floats, false)
	c.Floats = append(c.Floats, v)
}

// Text gives the next value, of Texts.
func (r *Row) Text(v string) {
	c := r.column(input.Texts, false)
	c.Text = append(c.Text, v...)
	c.Ends = append(c.Ends, int32(len(c.Text)))
}

// Missing is instead of the next value.
func (r *Row) Missing() { r.column(0, true) }

func (w *Writer) flush() error {
	if w.group.Rows == 0 {
		return nil
	}
	err := guarded(func() error { return w.format.write(&w.group) })
	w.begin()
	return err
}

// Close writes the rows that are not written yet, and the end of the file. It does not close what the file
// is written to.
func (w *Writer) Close() error {
	if w.err == nil {
		w.err = w.flush()
	}
	if w.err != nil {
		return w.err
	}
	w.err = errClosed
	return guarded(w.format.close)
}

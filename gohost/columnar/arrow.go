package columnar

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/ipc"

	"example.org/compute-pipeline/gohost/input"
)

// ArrowMagic are the first bytes of a file in Arrow's file format. A stream begins with [StreamMagic].
const (
	ArrowMagic  = "ARROW1"
	StreamMagic = "\xff\xff\xff\xff"
)

// An Arrow is a file or stream of Arrow IPC whose columns can be read: it is an [input.Batches]. It reads
// all columns of a batch, since they are one message.
type Arrow struct {
	source  *bufio.Reader
	file    bool // with the magic bytes before and after
	limits  Limits
	reader  *ipc.Reader
	fields  []field
	names   []string
	chosen  []field
	record  arrow.RecordBatch
	columns []arrow.Array // of record, those that were chosen
	at      int           // rows of record that were given
	rows    int64         // rows that were given
	most    int           // rows of a batch
}

// NewArrow returns a reader of Arrow's stream format or file format. It reads the first message. A file is
// read as the stream that is in it, from front to back, and its end is checked.
func NewArrow(r io.Reader, limits Limits) (*Arrow, error) {
	a := &Arrow{most: batchRows, source: bufio.NewReaderSize(r, 64<<10), limits: limits.withDefaults()}
	const magicSize = 8 // with two bytes that are zero
	head, err := a.source.Peek(magicSize)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if a.file = bytes.HasPrefix(head, []byte(ArrowMagic)); a.file {
		if _, err := a.source.Discard(magicSize); err != nil {
			return nil, damaged(err)
		}
	}
	err = guarded(func() error {
		messages := ipc.NewMessageReader(&messageGate{src: a.source, limits: a.limits},
			ipc.WithAllocator(newAllocator(a.limits.Message)), ipc.WithMetadataSizeLimit(a.limits.Footer), ipc.WithBodySizeLimit(a.limits.Message))
		reader, err := ipc.NewReaderFromMessageReader(messages, ipc.WithAllocator(newAllocator(a.limits.Message)))
		if err != nil {
			return damaged(err)
		}
		a.reader = reader
		a.fields = fields(nil, "", nil, reader.Schema().Fields(), 0)
		return nil
	})
	if err != nil {
		return nil, err
	}
	for _, f := range a.fields {
		a.names = append(a.names, f.name)
	}
	return a, nil
}

func damaged(err error) error {
	if errors.Is(err, ErrLimit) || errors.Is(err, errRead) {
		return err
	}
	return fmt.Errorf("the Arrow data is damaged or cut off: %w", err)
}

// Names implements [input.Batches], with paths as for [Parquet.Names].
func (a *Arrow) Names() []string { return a.names }

// Select implements [input.Batches].
func (a *Arrow) Select(columns []int) error {
	for _, i := range columns {
		if err := a.fields[i].err; err != nil {
			return fmt.Errorf("column %q: %w", a.fields[i].name, err)
		}
		a.chosen = append(a.chosen, a.fields[i])
	}
	return nil
}

// Close implements [input.Batches].
func (a *Arrow) Close() error { return nil }

// Next implements [input.Batches].
func (a *Arrow) Next(ctx context.Context, b *input.Batch) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return guarded(func() error {
		for a.record == nil || a.at == int(a.record.NumRows()) {
			if err := a.nextRecord(); err != nil {
				return err
			}
		}
		err := a.read(b)
		for errors.Is(err, errTexts) && a.most > 1 {
			a.most /= 2
			err = a.read(b)
		}
		if err == nil {
			a.at += b.Rows
			a.rows += int64(b.Rows)
		}
		return err
	})
}

// read makes b the next rows of the record.
func (a *Arrow) read(b *input.Batch) error {
	b.Rows, b.First = min(int(a.record.NumRows())-a.at, a.most), a.rows+1
	for len(b.Columns) < len(a.chosen) {
		b.Columns = append(b.Columns, input.Column{})
	}
	for i, f := range a.chosen {
		if err := f.read(a.columns[i], a.at, b.Rows, &b.Columns[i]); err != nil {
			return fmt.Errorf("rows %d to %d, column %q: %w", b.First, b.First+int64(b.Rows)-1, f.name, err)
		}
	}
	return nil
}

func (a *Arrow) nextRecord() error {
	if !a.reader.Next() {
		if err := a.reader.Err(); err != nil {
			return damaged(err)
		}
		if err := a.checkEnd(); err != nil {
			return err
		}
		return io.EOF
	}
	a.record, a.at = a.reader.RecordBatch(), 0
	a.columns = a.columns[:0]
	for _, f := range a.chosen {
		column, err := f.find(a.record)
		if err != nil {
			return fmt.Errorf("column %q: %w", f.name, err)
		}
		a.columns = append(a.columns, column)
	}
	return nil
}

// checkEnd checks that a file has not been cut off: a stream may just end.
func (a *Arrow) checkEnd() error {
	if !a.file {
		return nil
	}
	var last []byte
	buf := make([]byte, 4096)
	for {
		n, err := a.source.Read(buf)
		last = append(last, buf[:n]...)
		last = last[max(len(last)-len(ArrowMagic), 0):]
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
	}
	if string(last) != ArrowMagic {
		return errors.New("the Arrow file is cut off: it does not end as one")
	}
	return nil
}

// find returns the values of a field in a record.
func (f *field) find(record arrow.RecordBatch) (arrow.Array, error) {
	column := record.Column(f.path[0])
	for _, i := range f.path[1:] {
		nested, ok := column.(*array.Struct)
		if !ok || nested.NumField() <= i {
			return nil, errors.New("the batch has another type than the schema says")
		}
		column = nested.Field(i)
	}
	if int64(column.Len()) < record.NumRows() {
		return nil, fmt.Errorf("the file is damaged: the column has %d rows, the batch %d", column.Len(), record.NumRows())
	}
	return column, nil
}

// A field is a column of an Arrow file, or a field of one.
type field struct {
	name string
	path []int // its index among the fields, and in the structs
	kind input.ColumnKind
	unit input.Unit
	typ  arrow.DataType
	err  error // why it cannot be read
}

func fields(dst []field, prefix string, path []int, from []arrow.Field, depth int) []field {
	for i, f := range from {
		here := field{name: prefix + strings.ReplaceAll(f.Name, ".", `\.`), path: append(path[:len(path):len(path)], i), typ: f.Type}
		if nested, ok := f.Type.(*arrow.StructType); ok {
			dst = fields(dst, here.name+".", here.path, nested.Fields(), depth+1)
			continue
		}
		here.classify(f.Type)
		dst = append(dst, here)
	}
	return dst
}

// classify finds out what the values are.
func (f *field) classify(t arrow.DataType) {
	switch t := t.(type) {
	case *arrow.DictionaryType:
		f.classify(t.ValueType)
		return
	case *arrow.TimestampType:
		if f.kind = input.Instants; t.TimeZone == "" {
			f.kind = input.LocalTimes
		}
		f.unit = units[t.Unit]
		return
	case *arrow.ListType, *arrow.LargeListType, *arrow.FixedSizeListType, *arrow.ListViewType, *arrow.LargeListViewType, *arrow.MapType:
		f.err = errList
		return
	}
	switch t.ID() {
	case arrow.DATE32, arrow.DATE64:
		f.kind = input.Dates
	case arrow.INT8, arrow.INT16, arrow.INT32, arrow.INT64, arrow.UINT8, arrow.UINT16, arrow.UINT32:
		f.kind = input.Integers
	case arrow.UINT64, arrow.DECIMAL32, arrow.DECIMAL64, arrow.DECIMAL128, arrow.DECIMAL256:
		f.kind = input.Decimals
	case arrow.FLOAT16, arrow.FLOAT32, arrow.FLOAT64:
		f.kind = input.Floats
	case arrow.BOOL:
		f.kind = input.Booleans
	case arrow.STRING, arrow.LARGE_STRING, arrow.STRING_VIEW, arrow.BINARY, arrow.LARGE_BINARY, arrow.BINARY_VIEW:
		f.kind = input.Texts
	default:
		f.err = fmt.Errorf("its type %s has neither times nor numbers nor text", t)
	}
}

var units = map[arrow.TimeUnit]input.Unit{
	arrow.Second: input.Second, arrow.Millisecond: input.Millisecond,
	arrow.Microsecond: input.Microsecond, arrow.Nanosecond: input.Nanosecond,
}

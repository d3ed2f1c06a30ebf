package columnar

import (
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"example.org/compute-pipeline/gohost/input"
)

// An arrowFile is an Arrow file that is written.
type arrowFile struct {
	w      *ipc.FileWriter
	schema *arrow.Schema
}

func newArrowFile(w io.Writer, fields []Field, more map[string]string) (fileWriter, error) {
	columns := make([]arrow.Field, len(fields))
	for i, f := range fields {
		t, err := f.arrowType()
		if err != nil {
			return nil, err
		}
		columns[i] = arrow.Field{Name: f.Name, Type: t, Nullable: f.Optional}
	}
	keys := slices.Sorted(maps.Keys(more))
	values := make([]string, len(keys))
	for i, key := range keys {
		values[i] = more[key]
	}
	metadata := arrow.NewMetadata(keys, values)
	s := arrow.NewSchema(columns, &metadata)
	out, err := ipc.NewFileWriter(w, ipc.WithSchema(s))
	return arrowFile{out, s}, err
}

func (f Field) arrowType() (arrow.DataType, error) {
	switch f.Kind {
	case input.Integers:
		if f.Unsigned {
			return arrow.PrimitiveTypes.Uint64, nil
		}
		return arrow.PrimitiveTypes.Int64, nil
	case input.Floats:
		return arrow.PrimitiveTypes.Float64, nil
	case input.Texts:
		return arrow.BinaryTypes.String, nil
	case input.Instants:
		for unit, of := range units {
			if of == f.Unit {
				return &arrow.TimestampType{Unit: unit, TimeZone: "UTC"}, nil
			}
		}
	}
	return nil, fmt.Errorf("column %q: no type for such values", f.Name)
}

func (a arrowFile) write(b *input.Batch) error {
	builder := array.NewRecordBuilder(memory.DefaultAllocator, a.schema)
	defer builder.Release()
	for i := range b.Columns {
		c := &b.Columns[i]
		builder.Field(i).Reserve(b.Rows)
		next := 0
		for row := range b.Rows {
			if c.Missing != nil && c.Missing[row] {
				builder.Field(i).AppendNull()
				continue
			}
			switch to := builder.Field(i).(type) {
			case *array.Int64Builder:
				to.Append(c.Integers[next])
			case *array.Uint64Builder:
				to.Append(uint64(c.Integers[next]))
			case *array.TimestampBuilder:
				to.Append(arrow.Timestamp(c.Integers[next]))
			case *array.Float64Builder:
				to.Append(c.Floats[next])
			case *array.StringBuilder:
				begin := int32(0)
				if next > 0 {
					begin = c.Ends[next-1]
				}
				to.BinaryBuilder.Append(c.Text[begin:c.Ends[next]])
			}
			next++
		}
	}
	record := builder.NewRecordBatch()
	defer record.Release()
	return a.w.Write(record)
}

func (a arrowFile) close() error { return a.w.Close() }

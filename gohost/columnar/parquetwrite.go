package columnar

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/compress"
	"github.com/apache/arrow-go/v18/parquet/file"
	"github.com/apache/arrow-go/v18/parquet/metadata"
	"github.com/apache/arrow-go/v18/parquet/schema"

	"example.org/compute-pipeline/gohost/input"
)

// A parquetFile is a Parquet file that is written.
type parquetFile struct{ w *file.Writer }

// noClose hides Close, which the library below would call.
type noClose struct{ io.Writer }

func newParquetFile(w io.Writer, fields []Field, more map[string]string) (fileWriter, error) {
	nodes := make(schema.FieldList, len(fields))
	for i, f := range fields {
		var err error
		if nodes[i], err = f.node(); err != nil {
			return nil, err
		}
	}
	root, err := schema.NewGroupNode("schema", parquet.Repetitions.Required, nodes, -1)
	if err != nil {
		return nil, err
	}
	keyed := metadata.NewKeyValueMetadata()
	for _, key := range slices.Sorted(maps.Keys(more)) {
		if err := keyed.Append(key, more[key]); err != nil {
			return nil, err
		}
	}
	props := parquet.NewWriterProperties(parquet.WithCompression(compress.Codecs.Zstd), parquet.WithCreatedBy("compute-pipeline"), parquet.WithMaxRowGroupLength(groupRows))
	out, err := file.NewParquetWriterWithError(noClose{w}, root, file.WithWriterProps(props), file.WithWriteMetadata(keyed))
	return parquetFile{out}, err
}

// node describes a field.
func (f Field) node() (schema.Node, error) {
	repetition := parquet.Repetitions.Required
	if f.Optional {
		repetition = parquet.Repetitions.Optional
	}
	leaf := func(logical schema.LogicalType, physical parquet.Type) (schema.Node, error) {
		return schema.NewPrimitiveNodeLogical(f.Name, repetition, logical, physical, 0, -1)
	}
	switch {
	case f.Kind == input.Integers:
		return leaf(schema.NewIntLogicalType(64, !f.Unsigned), parquet.Types.Int64)
	case f.Kind == input.Floats:
		return leaf(schema.NoLogicalType{}, parquet.Types.Double)
	case f.Kind == input.Texts:
		return leaf(schema.StringLogicalType{}, parquet.Types.ByteArray)
	case f.Kind == input.Instants && f.Unit == input.Millisecond:
		return leaf(schema.NewTimestampLogicalType(true, schema.TimeUnitMillis), parquet.Types.Int64)
	case f.Kind == input.Instants && f.Unit == input.Microsecond:
		return leaf(schema.NewTimestampLogicalType(true, schema.TimeUnitMicros), parquet.Types.Int64)
	case f.Kind == input.Instants && f.Unit == input.Nanosecond:
		return leaf(schema.NewTimestampLogicalType(true, schema.TimeUnitNanos), parquet.Types.Int64)
	}
	return nil, fmt.Errorf("column %q: Parquet cannot have such values", f.Name)
}

func (p parquetFile) write(b *input.Batch) error {
	group, err := p.w.AppendRowGroupChecked()
	if err != nil {
		return err
	}
	for i := range b.Columns {
		column, err := group.NextColumn()
		if err != nil {
			return err
		}
		if err := errors.Join(writeColumn(column, &b.Columns[i]), column.Close()); err != nil {
			return err
		}
	}
	return group.Close()
}

func writeColumn(w file.ColumnChunkWriter, c *input.Column) error {
	var levels []int16 // 1 for a value that is there
	if c.Missing != nil {
		levels = make([]int16, len(c.Missing))
		for i, missing := range c.Missing {
			if !missing {
				levels[i] = 1
			}
		}
	}
	var err error
	switch w := w.(type) {
	case *file.Int64ColumnChunkWriter:
		_, err = w.WriteBatch(c.Integers, levels, nil)
	case *file.Float64ColumnChunkWriter:
		_, err = w.WriteBatch(c.Floats, levels, nil)
	case *file.ByteArrayColumnChunkWriter:
		values := make([]parquet.ByteArray, len(c.Ends))
		at := int32(0)
		for i, end := range c.Ends {
			values[i], at = c.Text[at:end], end
		}
		_, err = w.WriteBatch(values, levels, nil)
	}
	return err
}

func (p parquetFile) close() error { return p.w.Close() }

package columnar

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/big"

	"github.com/apache/arrow-go/v18/arrow/float16"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/file"

	"example.org/compute-pipeline/gohost/input"
)

// A columnReader reads a column of a row group.
type columnReader interface {
	// read replaces the values of c by those of the next n rows.
	read(n int, c *input.Column) error
	close()
}

// open returns a reader of the leaf in a row group.
func (l *leaf) open(p *Parquet, group *file.RowGroupReader) (columnReader, error) {
	pages, err := p.pages(group, l.index)
	if err != nil {
		return nil, err
	}
	checked := &checkedPages{PageReader: pages, width: l.width()}
	//lint:ignore SA1019 RowGroupReader.Column, which is to be used instead, takes no pages that are checked
	reader := file.NewColumnReader(l.column, checked, newAllocator(64<<20), nil)
	switch r := reader.(type) {
	case *file.BooleanColumnChunkReader:
		return newChunk(l, r, r.ReadBatch, func(c *input.Column, values []bool) error {
			for _, v := range values {
				c.Integers = append(c.Integers, 0)
				if v {
					c.Integers[len(c.Integers)-1] = 1
				}
			}
			return nil
		}), nil
	case *file.Int32ColumnChunkReader:
		return newChunk(l, r, r.ReadBatch, l.put32), nil
	case *file.Int64ColumnChunkReader:
		return newChunk(l, r, r.ReadBatch, l.put64), nil
	case *file.Int96ColumnChunkReader:
		return newChunk(l, r, r.ReadBatch, put96), nil
	case *file.Float32ColumnChunkReader:
		return newChunk(l, r, r.ReadBatch, func(c *input.Column, values []float32) error {
			for _, v := range values {
				c.Floats = append(c.Floats, float64(v))
			}
			return nil
		}), nil
	case *file.Float64ColumnChunkReader:
		return newChunk(l, r, r.ReadBatch, func(c *input.Column, values []float64) error {
			c.Floats = append(c.Floats, values...)
			return nil
		}), nil
	// ReadBatch copies each text, also the entry of a dictionary for each row that has it.
	case *file.ByteArrayColumnChunkReader:
		seen := &entries{}
		return newChunk(l, r, r.ReadBatchInPage, func(c *input.Column, values []parquet.ByteArray) error {
			for _, v := range values {
				if err := seen.putNamed(l, c, v, checked.named); err != nil {
					return err
				}
			}
			return nil
		}), nil
	case *file.FixedLenByteArrayColumnChunkReader:
		return newChunk(l, r, r.ReadBatchInPage, func(c *input.Column, values []parquet.FixedLenByteArray) error {
			for _, v := range values {
				if err := l.putBytes(c, v); err != nil {
					return err
				}
			}
			return nil
		}), nil
	}
	return nil, fmt.Errorf("unknown type %s", l.column.PhysicalType())
}

// width returns the least size of a value in a dictionary.
func (l *leaf) width() int {
	switch l.column.PhysicalType() {
	case parquet.Types.Int64, parquet.Types.Double:
		return 8
	case parquet.Types.Int96:
		return 12
	case parquet.Types.FixedLenByteArray:
		return max(l.column.TypeLength(), 1)
	}
	return 4
}

// stepRows is how many rows are decoded at a time, into memory that is small beside that of a batch.
const stepRows = 2 << 10

// A chunk is a column of a row group with values of T.
type chunk[T any] struct {
	reader file.ColumnChunkReader
	batch  func(n int64, values []T, defs, reps []int16) (int64, int, error)
	put    func(c *input.Column, values []T) error
	leaf   *leaf
	values []T
	levels []int16
}

func newChunk[T any](l *leaf, r file.ColumnChunkReader, batch func(int64, []T, []int16, []int16) (int64, int, error), put func(*input.Column, []T) error) columnReader {
	return &chunk[T]{reader: r, batch: batch, put: put, leaf: l}
}

func (k *chunk[T]) close() { _ = k.reader.Close() }

func (k *chunk[T]) read(n int, c *input.Column) error {
	c.Reset(k.leaf.kind, k.leaf.unit)
	if k.values == nil {
		k.values = make([]T, stepRows)
	}
	most := k.leaf.column.MaxDefinitionLevel()
	if most > 0 && k.levels == nil {
		k.levels = make([]int16, stepRows)
	}
	// A page at a time: values may be parts of a page, which are valid until the next.
	for done := 0; done < n; {
		step := min(n-done, stepRows)
		var levels []int16
		if most > 0 {
			levels = k.levels[:step]
		}
		rows, values, err := k.onePage(int64(step), levels)
		if err != nil {
			return err
		}
		if rows == 0 {
			return fmt.Errorf("the file is damaged: the column ends after %d of these rows", done)
		}
		if err := k.put(c, values); err != nil {
			return err
		}
		if most > 0 {
			markMissing(c, done, n, levels[:rows], most)
		}
		done += int(rows)
	}
	return nil
}

// markMissing says which of rows have no value.
func markMissing(c *input.Column, done, n int, levels []int16, most int16) {
	for i, level := range levels {
		if level != most {
			if c.Missing == nil {
				c.Missing = make([]bool, n)
			}
			c.Missing[done+i] = true
		}
	}
}

// onePage reads up to n rows.
func (k *chunk[T]) onePage(n int64, levels []int16) (int64, []T, error) {
	rows, values, err := k.batch(n, k.values, levels, nil)
	if err == nil {
		err = k.reader.Err()
	}
	if err == nil && (rows < 0 || rows > n || values < 0 || int64(values) > rows) {
		err = errors.New("the file is damaged: a page has another number of values than it says")
	}
	return rows, k.values[:max(values, 0)], err
}

// put32 puts integers, dates, decimals and times of 32 bits.
func (l *leaf) put32(c *input.Column, values []int32) error {
	for _, v := range values {
		switch {
		case l.kind == input.Decimals:
			c.Text = appendDecimal(c.Text, big.NewInt(int64(v)), l.scale)
			c.Ends = append(c.Ends, int32(len(c.Text)))
		case l.unsign:
			c.Integers = append(c.Integers, int64(uint32(v)))
		default:
			c.Integers = append(c.Integers, int64(v))
		}
	}
	return nil
}

func (l *leaf) put64(c *input.Column, values []int64) error {
	if l.kind != input.Decimals {
		c.Integers = append(c.Integers, values...)
		return nil
	}
	var whole big.Int
	for _, v := range values {
		if whole.SetInt64(v); l.unsign {
			whole.SetUint64(uint64(v))
		}
		c.Text = appendDecimal(c.Text, &whole, l.scale)
		c.Ends = append(c.Ends, int32(len(c.Text)))
	}
	return nil
}

// put96 puts times of Impala and Spark: nanoseconds of the day, and the day.
func put96(c *input.Column, values []parquet.Int96) error {
	for _, v := range values {
		t, err := v.ToTimestamp()
		if err != nil {
			return err
		}
		c.Integers = append(c.Integers, int64(t))
	}
	return nil
}

func (l *leaf) putBytes(c *input.Column, v []byte) error {
	switch {
	case l.float16:
		if len(v) != 2 {
			return fmt.Errorf("the file is damaged: a float16 has %d bytes", len(v))
		}
		c.Floats = append(c.Floats, float64(float16.FromBits(binary.LittleEndian.Uint16(v)).Float32()))
		return nil
	case l.kind == input.Decimals:
		if len(v) > maxScale {
			return fmt.Errorf("the file is damaged: a number has %d bytes", len(v))
		}
		return appendText(c, appendDecimal(nil, signed(v), l.scale))
	case l.uuid:
		if len(v) != 16 {
			return fmt.Errorf("the file is damaged: a UUID has %d bytes", len(v))
		}
		return appendText(c, fmt.Appendf(nil, "%x-%x-%x-%x-%x", v[:4], v[4:6], v[6:8], v[8:10], v[10:]))
	}
	return appendText(c, v)
}

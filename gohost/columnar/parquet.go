package columnar

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync/atomic"

	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/file"

	"example.org/compute-pipeline/gohost/input"
)

// Magic are the first bytes, and the last, of a Parquet file.
const Magic = "PAR1"

// A Parquet is a file whose columns can be read: it is an [input.Batches].
type Parquet struct {
	file     *file.Reader
	section  *io.SectionReader
	props    *parquet.ReaderProperties
	memory   *recycler
	limits   Limits
	parallel int
	leaves   []leaf
	names    []string
	chosen   []leaf
	starts   []int64      // the number of rows before each row group
	queue    *queue       // once Next was called
	most     atomic.Int64 // rows of a batch
}

// OpenParquet opens a Parquet file of a size in bytes. It reads its description, the end of the file. Up
// to parallel row groups are decoded at the same time. The file must stay open until Close.
func OpenParquet(r io.ReaderAt, size int64, parallel int, limits Limits) (*Parquet, error) {
	p := &Parquet{limits: limits.withDefaults(), parallel: max(parallel, 1)}
	p.most.Store(batchRows)
	if p.limits.Ahead == 0 {
		p.limits.Ahead = aheadEach * int64(max(p.parallel-1, 1))
	}
	p.section = io.NewSectionReader(r, 0, size)
	if err := p.checkEnd(p.section, size); err != nil {
		return nil, err
	}
	err := guarded(func() (err error) {
		p.memory = newRecycler(p.limits.Page, p.parallel*freePages)
		p.props = parquet.NewReaderProperties(p.memory)
		p.props.BufferedStreamEnabled = true
		p.props.BufferSize = 16 << 10 // there are two for each column: one for this package
		p.props.MaxCompressedPageSize, p.props.MaxUncompressedPageSize = p.limits.Page, p.limits.Page
		if p.file, err = file.NewParquetReader(p.section, file.WithReadProps(p.props)); err != nil {
			return fmt.Errorf("the Parquet file is damaged: %w", err)
		}
		p.leaves = leaves(p.file.MetaData().Schema)
		return p.countRows()
	})
	if err != nil {
		return nil, err
	}
	p.names = make([]string, len(p.leaves))
	for i, l := range p.leaves {
		p.names[i] = l.name
	}
	return p, nil
}

// aheadEach is the default of Limits.Ahead for a goroutine whose row group is not the next.
const aheadEach = 4 << 20

// freePages is how much memory of pages is kept for the next, for each decoder.
const freePages = 4 << 20

// checkEnd checks the end of the file, which says how long its description is, and that.
func (p *Parquet) checkEnd(r io.ReaderAt, size int64) error {
	const tail = 8 // the size of the description, and the magic bytes
	if size < int64(len(Magic)+tail) {
		return fmt.Errorf("the Parquet file is cut off: it has %d bytes", size)
	}
	end := make([]byte, tail)
	if _, err := r.ReadAt(end, size-tail); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	switch string(end[4:]) {
	case Magic:
	case "PARE":
		return errors.New("the Parquet file is encrypted; decrypt it before")
	default:
		return errors.New("the Parquet file does not end as one; it is cut off or damaged")
	}
	length := int64(binary.LittleEndian.Uint32(end))
	if length > size-tail {
		return fmt.Errorf("the Parquet file is damaged: its description has %d bytes, more than the file", length)
	}
	if length > p.limits.Footer {
		return fmt.Errorf("%w: the description of the Parquet file has %d bytes, of at most %d", ErrLimit, length, p.limits.Footer)
	}
	footer := make([]byte, length)
	if _, err := r.ReadAt(footer, size-tail-length); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	return checkFooter(footer)
}

// countRows finds where the row groups begin.
func (p *Parquet) countRows() error {
	rows := int64(0)
	for _, group := range p.file.MetaData().RowGroups {
		p.starts = append(p.starts, rows)
		if group.NumRows < 0 || rows+group.NumRows < rows {
			return errors.New("the Parquet file is damaged: a row group has a negative number of rows")
		}
		rows += group.NumRows
	}
	return nil
}

// Rows returns the number of rows, as the file says.
func (p *Parquet) Rows() int64 { return p.file.NumRows() }

// Names implements [input.Batches]. The name of a field of a struct is its path: "a.b"; a dot in a name is
// "\.".
func (p *Parquet) Names() []string { return p.names }

// Select implements [input.Batches].
func (p *Parquet) Select(columns []int) error {
	for _, i := range columns {
		if err := p.leaves[i].err; err != nil {
			return fmt.Errorf("column %q: %w", p.leaves[i].name, err)
		}
		p.chosen = append(p.chosen, p.leaves[i])
	}
	return nil
}

// Next implements [input.Batches].
func (p *Parquet) Next(ctx context.Context, b *input.Batch) error {
	if p.queue == nil {
		p.queue = newQueue(p.limits.Ahead, len(p.starts), p.parallel, p.readGroup)
	}
	return p.queue.next(ctx, b)
}

// Close ends the goroutines that decode. It does not close the file.
func (p *Parquet) Close() error {
	if p.queue != nil {
		p.queue.close()
	}
	p.memory.drop()
	return nil
}

// batchRows is the max number of rows of a batch: their columns fit in a core's cache.
const batchRows = 16 << 10

// readGroup decodes a row group, and gives batches of its rows to put. Where texts are too long for a batch,
// it begins again with smaller ones, and skips what was put.
func (p *Parquet) readGroup(i int, spare func() input.Batch, put func(input.Batch) error) error {
	return guarded(func() error {
		for done := int64(0); ; {
			most := p.most.Load()
			err := p.readRows(i, &done, most, spare, put)
			if most == 1 || !errors.Is(err, errTexts) {
				return err
			}
			p.most.CompareAndSwap(most, most/2)
		}
	})
}

// readRows reads the rows of a row group from done on, in batches of at most most.
func (p *Parquet) readRows(i int, done *int64, most int64, spare func() input.Batch, put func(input.Batch) error) error {
	group := p.file.RowGroup(i)
	columns := make([]columnReader, len(p.chosen))
	for j, l := range p.chosen {
		var err error
		if columns[j], err = l.open(p, group); err != nil {
			return fmt.Errorf("row group %d, column %q: %w", i+1, l.name, err)
		}
		defer columns[j].close()
	}
	var skipped input.Batch
	for at := int64(0); at < group.NumRows(); {
		skip := at < *done
		b, rows := skipped, min(*done-at, most)
		if !skip {
			b, rows = spare(), min(group.NumRows()-at, most)
		}
		b.First, b.Rows = p.starts[i]+at+1, int(rows)
		for len(b.Columns) < len(columns) {
			b.Columns = append(b.Columns, input.Column{})
		}
		for j, c := range columns {
			if err := c.read(b.Rows, &b.Columns[j]); err != nil {
				return fmt.Errorf("rows %d to %d, column %q: %w", b.First, b.First+rows-1, p.chosen[j].name, err)
			}
		}
		at += rows
		if skip {
			skipped = b
			continue
		}
		if err := put(b); err != nil {
			return err
		}
		*done = at
	}
	return nil
}

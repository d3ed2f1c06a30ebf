package sources

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"time"

	"example.org/compute-pipeline/gohost/columnar"
	"example.org/compute-pipeline/gohost/input"
)

// openColumns opens a file of columns, by its format or its first bytes. It returns nil for others.
func (e *eachFile) openColumns(ctx context.Context, f file) (*opened, error) {
	format := e.how.Options.Format
	if format == "" || format == input.Auto {
		format = columnsFormat(ctx, f, e.how.Compression)
	}
	switch format {
	case input.Parquet:
		return e.openParquet(ctx, f)
	case input.Arrow:
		source, err := e.set.openSized(ctx, f, e.how.Stdin, e.how.Compression)
		if err != nil {
			return nil, &OpenError{err}
		}
		batches, err := columnar.NewArrow(source, columnar.Limits{})
		if err != nil {
			return nil, errors.Join(err, source.Close())
		}
		return e.begun(ctx, f, source, batches)
	}
	return nil, nil
}

// columnsFormat returns the format of a file that begins as one of columns. It looks at nothing that
// can be read only once.
func columnsFormat(ctx context.Context, f file, compression input.Compression) input.Format {
	if f.size < 0 || compression != "" && compression != input.AnyCompression && compression != input.NoCompression {
		return ""
	}
	opened, _, err := openFile(ctx, f.name)
	if err != nil {
		return "" // opening it again says so
	}
	defer opened.Close()
	head := make([]byte, 8)
	n, _ := io.ReadFull(opened, head)
	switch begin := string(head[:n]); {
	case strings.HasPrefix(begin, columnar.Magic):
		return input.Parquet
	case strings.HasPrefix(begin, columnar.ArrowMagic), strings.HasPrefix(begin, columnar.StreamMagic) && n == len(head) && head[7] == 0:
		return input.Arrow
	}
	return ""
}

func (e *eachFile) openParquet(ctx context.Context, f file) (*opened, error) {
	if f.size < 0 {
		return nil, errors.New("a Parquet file is read from its end, so it must be a file, not a pipe")
	}
	opened, info, err := openFile(ctx, f.name)
	if err != nil {
		return nil, &OpenError{err}
	}
	raw := &countingReader{total: &e.set.done}
	parquet, err := columnar.OpenParquet(countingReaderAt{opened, raw}, info.Size(), e.how.Parallel, columnar.Limits{})
	if err != nil {
		return nil, errors.Join(err, opened.Close())
	}
	closeBoth := func() error {
		raw.add(max(info.Size()-raw.count.Load(), 0)) // other columns were not read
		return errors.Join(parquet.Close(), opened.Close())
	}
	source := &Source{size: info.Size(), raw: raw, close: closeBoth, ahead: noText{func() { _ = parquet.Close() }}}
	return e.begun(ctx, f, source, parquet)
}

// begun makes the reader of columns.
func (e *eachFile) begun(ctx context.Context, f file, source *Source, batches input.Batches) (*opened, error) {
	opts := e.how.Options
	if e.how.Bad != nil {
		opts.Bad.Record = func(b input.BadRecord) error { return e.how.Bad(Named(f.name), b) }
	}
	reader, err := input.NewBatchReader(ctx, batches, opts)
	if err != nil {
		return nil, errors.Join(err, batches.Close(), source.Close())
	}
	return &opened{source, reader}, nil
}

// countingReaderAt counts the bytes that are read.
type countingReaderAt struct {
	*os.File
	raw *countingReader
}

func (r countingReaderAt) ReadAt(p []byte, at int64) (int, error) {
	n, err := r.File.ReadAt(p, at)
	r.raw.add(int64(n))
	return n, err
}

// noText is a source that is read by its batches. Its cancel ends them.
type noText struct{ stop func() }

func (noText) Read([]byte) (int, error) { return 0, io.EOF }
func (noText) soon(time.Duration) bool  { return true }
func (n noText) cancel()                { n.stop() }
func (noText) wait()                    {}

package transform

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/apache/beam/sdks/v2/go/pkg/beam/io/fileio"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/io/filesystem"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/input"
	"example.org/compute-pipeline/gohost/input/decoders"
)

// compressedNames are the ends of the names of compressed files.
var compressedNames = []string{".gz", ".zst", ".zstd", ".xz", ".bz2"}

// compressionOf returns the compression of a file. By its name alone it may be AnyCompression, which
// the first bytes decide.
func (f *ReadFn) compressionOf(path string) input.Compression {
	if f.Compression != "" && f.Compression != input.AnyCompression {
		return f.Compression
	}
	for _, end := range compressedNames {
		if strings.HasSuffix(path, end) {
			return input.AnyCompression
		}
	}
	return input.NoCompression
}

// An openFile is a file of a file system, decompressed.
type openFile struct {
	io.Reader
	closers []io.Closer
}

func (f *openFile) Close() error {
	var failed error
	for _, c := range f.closers {
		failed = errors.Join(failed, c.Close())
	}
	return failed
}

// open opens a file. A plain one can seek if the file system can.
func (f *ReadFn) open(ctx context.Context, path string) (*openFile, error) {
	fs, err := filesystem.New(ctx, path)
	if err != nil {
		return nil, err
	}
	raw, err := fs.OpenRead(ctx, path)
	if err != nil {
		return nil, errors.Join(err, fs.Close())
	}
	file := &openFile{raw, []io.Closer{raw, fs}}
	if kind := f.compressionOf(path); kind != input.NoCompression {
		d := input.NewDecompressor(raw, kind, decoders.All())
		file.Reader, file.closers = d, []io.Closer{d, raw, fs}
	}
	return file, nil
}

// firstRow returns the first row of a file of CSV, or all of one that has no end of a line.
func (f *ReadFn) firstRow(ctx context.Context, path string) (_ []byte, err error) {
	file, err := f.open(ctx, path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	head := make([]byte, 0, 4096)
	for {
		n, err := io.ReadFull(file, head[len(head):cap(head)])
		head = head[:len(head)+n]
		if end, ok := input.FirstRow(head); ok {
			return head[:end], nil
		}
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return head, nil
		}
		if err != nil {
			return nil, err
		}
		if len(head) > maxRecord {
			return nil, fmt.Errorf("%w: the first row is longer than %d MiB, the max; is a quote not closed?", gohost.ErrInvalidInput, maxRecord>>20)
		}
		head = append(make([]byte, 0, 2*cap(head)), head...)
	}
}

// checkKind rejects a compressed file that nothing names as one, since it may be divided.
func (f *ReadFn) checkKind(head []byte) error {
	if f.Compression != "" || f.Format == Packed {
		return nil
	}
	if kind := input.SniffCompression(head); kind != input.NoCompression {
		return fmt.Errorf("%w: the file is compressed with %s, which its name does not say; expected .gz, .zst, .zstd, .xz or .bz2, or the compression for all files", gohost.ErrInvalidInput, kind)
	}
	return nil
}

// checkUnchanged returns an error if a file is not what it was when the pipeline began: its parts
// would not fit together.
func checkUnchanged(ctx context.Context, file fileio.ReadableFile) (err error) {
	path := file.Metadata.Path
	fs, err := filesystem.New(ctx, path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, fs.Close()) }()
	size, err := fs.Size(ctx, path)
	if err != nil {
		return err
	}
	if size != file.Metadata.Size {
		return fmt.Errorf("the file had %d bytes when the pipeline began, and has %d now; its results would not be those of one file", file.Metadata.Size, size)
	}
	timed, ok := fs.(filesystem.LastModifiedGetter)
	if !ok || file.Metadata.LastModified.IsZero() {
		return nil
	}
	modified, err := timed.LastModified(ctx, path)
	if err == nil && !modified.Equal(file.Metadata.LastModified) {
		err = fmt.Errorf("the file was changed at %s, while the pipeline read it; its results would not be those of one file", modified)
	}
	return err
}

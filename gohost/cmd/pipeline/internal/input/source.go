package input

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync/atomic"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// A Compression is the compression of an input.
type Compression string

// Compressions.
const (
	AnyCompression Compression = "auto" // decided by the first bytes
	NoCompression  Compression = "none"
	Gzip           Compression = "gzip"
	Zstandard      Compression = "zstd"
)

// maxZstdWindow is the max window that the zstd program accepts by default. It bounds the
// decoder's memory.
const maxZstdWindow = 128 << 20

// A Source is a decompressed input. It reads ahead in a goroutine that ends with Close.
type Source struct {
	ahead *readAhead
	raw   *rawReader
	close func() error
	size  int64
}

// newSource returns a source of a reader. If mayBlock is set, Close does not wait for a running read.
func newSource(ctx context.Context, src io.Reader, closer func() error, compression Compression, mayBlock bool) *Source {
	raw := &rawReader{src: src}
	return &Source{size: -1, raw: raw, close: closer, ahead: newReadAhead(ctx, &decompressor{raw: raw, kind: compression}, mayBlock)}
}

// Open opens the named file, or stdin for "-". The context bounds every read.
func Open(ctx context.Context, name string, stdin io.Reader, compression Compression) (*Source, error) {
	if name == "-" {
		return newSource(ctx, stdin, func() error { return nil }, compression, true), nil
	}
	file, info, err := openFile(name)
	if err != nil {
		return nil, err
	}
	s := newSource(ctx, file, file.Close, compression, false)
	if info.Mode().IsRegular() {
		s.size = info.Size()
	}
	return s, nil
}

// openFile opens what is no directory.
func openFile(name string) (*os.File, os.FileInfo, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, nil, err
	}
	info, err := file.Stat()
	if err == nil && info.IsDir() {
		err = fmt.Errorf("%s is a directory; expected a file", name)
	}
	if err != nil {
		return nil, nil, errors.Join(err, file.Close())
	}
	return file, info, nil
}

// Read returns decompressed bytes.
func (s *Source) Read(p []byte) (int, error) { return s.ahead.Read(p) }

// Soon reports whether the next Read does not wait, or no longer than d.
func (s *Source) Soon(d time.Duration) bool { return s.ahead.soon(d) }

// Stop makes reads fail, those that wait as well.
func (s *Source) Stop() { s.ahead.cancel() }

// Done returns the number of bytes of the input read so far, before decompression.
func (s *Source) Done() int64 { return s.raw.count.Load() }

// Size returns the size of the input before decompression, or -1 if it is unknown.
func (s *Source) Size() int64 { return s.size }

// Close closes the source. It does not wait for a running read of standard input, since
// nothing can end it.
func (s *Source) Close() error {
	s.ahead.cancel()
	err := s.close()
	s.ahead.wait()
	return err
}

// A rawReader counts bytes, and keeps the error of the file, so that it is not mistaken for
// damaged data.
type rawReader struct {
	src   io.Reader
	count atomic.Int64
	err   error
}

func (r *rawReader) Read(p []byte) (int, error) {
	n, err := r.src.Read(p)
	r.count.Add(int64(n))
	if err != nil && !errors.Is(err, io.EOF) {
		r.err = err
	}
	return n, err
}

// A decompressor detects the compression at its first read.
type decompressor struct {
	raw  *rawReader
	kind Compression
	out  io.Reader
	free func()
}

func (d *decompressor) Read(p []byte) (int, error) {
	if d.out == nil {
		if err := d.start(); err != nil {
			return 0, err
		}
	}
	n, err := d.out.Read(p)
	if err != nil {
		err = d.explain(err)
	}
	return n, err
}

func (d *decompressor) start() error {
	buffered := bufio.NewReaderSize(d.raw, 64<<10)
	if d.kind == AnyCompression || d.kind == "" {
		head, err := buffered.Peek(4)
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		d.kind = sniffCompression(head)
	}
	switch d.kind {
	case Gzip:
		r, err := gzip.NewReader(buffered)
		if err != nil {
			return d.explain(err)
		}
		d.out = r
	case Zstandard:
		r, err := zstd.NewReader(buffered, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxZstdWindow))
		if err != nil {
			return d.explain(err)
		}
		d.out, d.free = r, r.Close
	default:
		d.out = buffered
	}
	return nil
}

// explain returns an error for damaged data, with its approximate position.
func (d *decompressor) explain(err error) error {
	plainEnd := errors.Is(err, io.EOF) && d.out != nil
	if plainEnd || d.raw.err != nil || d.kind == NoCompression {
		return err
	}
	at := Position{Offset: d.raw.count.Load()}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return badData(at, "the %s data ends too early; is the file complete?", d.kind)
	}
	return badData(at, "the %s data is damaged at or before here: %s", d.kind, err)
}

func (d *decompressor) release() {
	if d.free != nil {
		d.free()
	}
}

// sniffCompression detects the compression by the magic numbers of RFC 1952 and RFC 8878
// (frames and skippable frames).
func sniffCompression(head []byte) Compression {
	switch {
	case bytes.HasPrefix(head, []byte{0x1f, 0x8b, 0x08}):
		return Gzip
	case bytes.HasPrefix(head, []byte{0x28, 0xb5, 0x2f, 0xfd}),
		len(head) == 4 && head[0]&0xf0 == 0x50 && bytes.Equal(head[1:], []byte{0x2a, 0x4d, 0x18}):
		return Zstandard
	default:
		return NoCompression
	}
}

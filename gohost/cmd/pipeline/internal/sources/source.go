package sources

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync/atomic"
	"time"

	"example.org/compute-pipeline/gohost/input"
	"example.org/compute-pipeline/gohost/input/decoders"
)

// A Source is a decompressed input. It reads ahead in a goroutine that ends with Close, unless it is a
// small file.
type Source struct {
	ahead decompressed
	raw   *countingReader
	close func() error
	size  int64
}

// decompressed is what a source has, decompressed.
type decompressed interface {
	io.Reader
	soon(d time.Duration) bool
	cancel()
	wait()
}

// newSource returns a source of a reader. If mayBlock is set, Close does not wait for a running read.
// Reading begins at once.
func newSource(ctx context.Context, raw *countingReader, closer func() error, compression input.Compression, mayBlock bool) *Source {
	return &Source{size: -1, raw: raw, close: closer, ahead: newReadAhead(ctx, input.NewDecompressor(raw, compression, decoders.All()), mayBlock)}
}

// Open opens the named file, or stdin for "-". The context bounds every read.
func Open(ctx context.Context, name string, stdin io.Reader, compression input.Compression) (*Source, error) {
	return open(ctx, name, stdin, compression, nil)
}

// open is [Open], and adds what is read to total, unless that is nil.
func open(ctx context.Context, name string, stdin io.Reader, compression input.Compression, total *atomic.Int64) (*Source, error) {
	if name == "-" {
		return newSource(ctx, &countingReader{src: stdin, total: total}, func() error { return nil }, compression, true), nil
	}
	file, info, err := openFile(ctx, name)
	if err != nil {
		return nil, err
	}
	s := newSource(ctx, &countingReader{src: file, total: total}, file.Close, compression, false)
	if info.Mode().IsRegular() {
		s.size = info.Size()
	}
	return s, nil
}

// smallFile is the max size of a file that is read without a goroutine: its blocks would cost more than
// the file.
const smallFile = 256 << 10

// openSized opens a file of a set, which counts what is read.
func (s *Set) openSized(ctx context.Context, f file, stdin io.Reader, compression input.Compression) (*Source, error) {
	if f.size < 0 || f.size > smallFile {
		return open(ctx, f.name, stdin, compression, &s.done)
	}
	opened, info, err := openFile(ctx, f.name)
	if err != nil {
		return nil, err
	}
	raw := &countingReader{src: opened, total: &s.done}
	now := &inPlace{d: input.NewDecompressor(raw, compression, decoders.All())}
	now.ctx, now.stop = context.WithCancel(ctx)
	return &Source{size: info.Size(), raw: raw, close: opened.Close, ahead: now}, nil
}

// inPlace reads a file when it is asked for.
type inPlace struct {
	ctx  context.Context
	stop context.CancelFunc
	d    *input.Decompressor
}

func (r *inPlace) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.d.Read(p)
}

func (*inPlace) soon(time.Duration) bool { return true }
func (r *inPlace) cancel()               { r.stop() }
func (r *inPlace) wait()                 { _ = r.d.Close() }

// openFile opens what is no directory. The context ends the wait for the writer of a pipe.
func openFile(ctx context.Context, name string) (*os.File, os.FileInfo, error) {
	return notDirectory(openWaiting(ctx, name))
}

func notDirectory(file *os.File, err error) (*os.File, os.FileInfo, error) {
	if err != nil {
		return nil, nil, err
	}
	info, err := file.Stat()
	if err == nil && info.IsDir() {
		err = fmt.Errorf("%s is a directory; expected a file", file.Name())
	}
	if err != nil {
		return nil, nil, errors.Join(err, file.Close())
	}
	return file, info, nil
}

// openWaiting is os.Open that a context ends. If it does, a goroutine stays until the pipe has a writer,
// since nothing can end it.
func openWaiting(ctx context.Context, name string) (*os.File, error) {
	if info, err := os.Stat(name); err != nil || info.Mode().IsRegular() {
		return os.Open(name)
	}
	type result struct {
		file *os.File
		err  error
	}
	opened := make(chan result)
	go func() {
		file, err := os.Open(name)
		select {
		case opened <- result{file, err}:
		case <-ctx.Done():
			_ = file.Close() // of nil, too
		}
	}()
	select {
	case r := <-opened:
		return r.file, r.err
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
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

// A countingReader counts bytes, for a progress bar in another goroutine.
type countingReader struct {
	src   io.Reader
	count atomic.Int64
	total *atomic.Int64 // of all files of a set
}

func (r *countingReader) Read(p []byte) (int, error) {
	n, err := r.src.Read(p)
	r.add(int64(n))
	return n, err
}

func (r *countingReader) add(n int64) {
	r.count.Add(n)
	if r.total != nil {
		r.total.Add(n)
	}
}

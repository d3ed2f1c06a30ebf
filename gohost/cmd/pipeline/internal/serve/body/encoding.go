package body

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// Encodings are the supported content codings, in the form of a header.
const Encodings = "gzip, zstd"

// An EncodingError is the error of an unknown content coding, or of several.
type EncodingError struct{ Given string }

func (e *EncodingError) Error() string {
	return fmt.Sprintf("Content-Encoding is %q; expected one of %s, or none", e.Given, Encodings)
}

const (
	// maxWindow is the max window of a zstd decoder for HTTP (RFC 9659).
	maxWindow = 8 << 20
	minWindow = 64 << 10
	// gzipMemory and zstdMemory are the memory of a decoder besides its window: the
	// buffer of its input, blocks and tables.
	gzipMemory = 128 << 10
	zstdMemory = 1 << 20
	readBuffer = 16 << 10
)

// A decoder returns the decoded bytes of a body.
type decoder struct {
	io.Reader
	memory int64 // that it takes
	free   func()
	err    error // of the encoding; not io.EOF
}

func (d *decoder) Read(p []byte) (int, error) {
	n, err := d.Reader.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		d.err = err
	}
	return n, err
}

func (d *decoder) close() {
	if d.free != nil {
		d.free()
	}
}

// decoded returns a decoder. It counts the decoder's memory before it is allocated.
func decoded(src io.Reader, options Options) (*decoder, error) {
	switch strings.ToLower(strings.TrimSpace(options.Encoding)) {
	case "", "identity":
		return &decoder{Reader: src}, nil
	case "gzip", "x-gzip":
		if err := options.Arrived(gzipMemory); err != nil {
			return nil, err
		}
		r, err := gzip.NewReader(bufio.NewReaderSize(src, readBuffer))
		if err != nil {
			return nil, whole(err)
		}
		return &decoder{Reader: r, memory: gzipMemory}, nil
	case "zstd":
		return zstdDecoder(bufio.NewReaderSize(src, readBuffer), options)
	default:
		return nil, &EncodingError{options.Encoding}
	}
}

// zstdDecoder returns a decoder with the memory that the first frame declares. A frame with
// a larger window cannot follow.
func zstdDecoder(src *bufio.Reader, options Options) (*decoder, error) {
	head, err := src.Peek(zstd.HeaderMaxSize)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	var header zstd.Header
	if err := header.Decode(head); err != nil {
		return nil, whole(err)
	}
	window := header.WindowSize
	switch {
	case header.SingleSegment:
		window = header.FrameContentSize
	case header.Skippable: // it does not declare a window
		window = maxWindow
	}
	if window > maxWindow {
		return nil, fmt.Errorf("the zstd window has %d bytes, more than %d", window, maxWindow)
	}
	window = max(window, minWindow)
	memory := 2*int64(window) + zstdMemory
	if err := options.Arrived(memory); err != nil {
		return nil, err
	}
	r, err := zstd.NewReader(src, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(window))
	if err != nil {
		return nil, err
	}
	return &decoder{Reader: r, memory: memory, free: r.Close}, nil
}

// whole turns io.EOF into io.ErrUnexpectedEOF, for the end inside a header.
func whole(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// Package body reads the bodies of requests: it decodes them, counts the bytes that have
// arrived, and keeps them until they are read.
package body

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
)

// Sizes of the pieces that a body is kept in, first and max.
const (
	firstChunk = 16 << 10
	chunkSize  = 256 << 10
)

// A Body is a body that has arrived. It does not keep the parts that were read.
type Body struct {
	chunks [][]byte
	length int64 // of the rest
}

// Options say how a body is read.
type Options struct {
	// Encoding is the header Content-Encoding.
	Encoding string
	// Length is the number of bytes that are sent, or -1.
	Length int64
	// Limit is the max number of bytes, sent or decoded.
	Limit int64
	// Arrived is called with the bytes of memory that the body uses, before it uses
	// more. Its error ends the reading.
	Arrived func(bytes int64) error
}

// Read reads the whole body from src. It returns an *http.MaxBytesError for a body above
// the limit, an *EncodingError for an unknown encoding, a *DataError for damaged data, and
// ErrGone for a client that has disconnected.
func Read(src io.Reader, options Options) (*Body, error) {
	raw := &source{src: src}
	in, err := decoded(raw, options)
	if err != nil {
		return nil, raw.explain(err)
	}
	defer in.close()
	b := &Body{}
	memory := in.memory
	for size := firstChunk; ; size = min(2*size, chunkSize) {
		if options.Length >= 0 && in.memory == 0 { // one more byte, to see the end
			size = int(min(options.Length-b.length+1, chunkSize))
		}
		memory += int64(size)
		if err := options.Arrived(memory); err != nil {
			return nil, err
		}
		chunk := make([]byte, size)
		n, err := io.ReadFull(in, chunk)
		if n > 0 {
			b.chunks = append(b.chunks, chunk[:n])
			b.length += int64(n)
		}
		if b.length > options.Limit {
			return nil, &http.MaxBytesError{Limit: options.Limit}
		}
		switch {
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF) && raw.err == nil && in.err == nil:
			return b, nil
		case err != nil:
			return nil, raw.explain(err)
		}
	}
}

// Len returns the number of bytes left.
func (b *Body) Len() int64 { return b.length }

// Read implements io.Reader.
func (b *Body) Read(p []byte) (int, error) {
	if len(b.chunks) == 0 {
		return 0, io.EOF
	}
	n := copy(p, b.chunks[0])
	b.length -= int64(n)
	if b.chunks[0] = b.chunks[0][n:]; len(b.chunks[0]) == 0 {
		b.chunks[0] = nil // otherwise the array keeps it
		b.chunks = b.chunks[1:]
	}
	return n, nil
}

// Close implements io.Closer.
func (b *Body) Close() error { return nil }

// Bytes returns the rest in one piece.
func (b *Body) Bytes() []byte {
	if len(b.chunks) == 1 {
		only := b.chunks[0]
		*b = Body{}
		return only
	}
	all := make([]byte, 0, b.length)
	for i, chunk := range b.chunks {
		all = append(all, chunk...)
		b.chunks[i] = nil
	}
	*b = Body{}
	return all
}

// Count returns how many of the bytes left are in set.
func (b *Body) Count(set ...byte) (n int64) {
	for _, chunk := range b.chunks {
		for _, c := range set {
			n += int64(bytes.Count(chunk, []byte{c}))
		}
	}
	return n
}

// A DataError is the error of a body that does not match its header.
type DataError struct{ cause error }

func (e *DataError) Error() string { return fmt.Sprintf("the body cannot be read: %v", e.cause) }

// Unwrap returns the cause.
func (e *DataError) Unwrap() error { return e.cause }

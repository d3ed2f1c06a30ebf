// Package body reads the bodies of requests: it undoes their encoding, counts
// what has arrived, and keeps it until it is read.
package body

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
)

// What is kept in one piece, at first and at the most.
const (
	firstChunk = 16 << 10
	chunkSize  = 256 << 10
)

// A Body is a body that has arrived. What is read of it is not kept any longer.
type Body struct {
	chunks [][]byte
	length int64 // of what is left
}

// Options say how a body is read.
type Options struct {
	// Encoding is the header Content-Encoding.
	Encoding string
	// Length is how many bytes are sent, or -1.
	Length int64
	// Limit is how many may come, sent or decoded.
	Limit int64
	// Arrived is told how many bytes of memory the body takes, before it takes
	// more, and may refuse.
	Arrived func(bytes int64) error
}

// Read reads the body that src sends, whole. One that is longer than the limit
// is an *http.MaxBytesError, an encoding that is not known an *EncodingError,
// what is wrong with the data a *DataError, and a client that has gone ErrGone.
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
		if options.Length >= 0 && in.memory == 0 { // no more than that comes; the one is to see the end
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

// Len returns how many bytes are left.
func (b *Body) Len() int64 { return b.length }

// Read implements io.Reader.
func (b *Body) Read(p []byte) (int, error) {
	if len(b.chunks) == 0 {
		return 0, io.EOF
	}
	n := copy(p, b.chunks[0])
	b.length -= int64(n)
	if b.chunks[0] = b.chunks[0][n:]; len(b.chunks[0]) == 0 {
		b.chunks[0] = nil // else the array keeps it
		b.chunks = b.chunks[1:]
	}
	return n, nil
}

// Close implements io.Closer.
func (b *Body) Close() error { return nil }

// Bytes returns what is left in one piece.
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

// Count returns how many of the bytes that are left are one of set.
func (b *Body) Count(set ...byte) (n int64) {
	for _, chunk := range b.chunks {
		for _, c := range set {
			n += int64(bytes.Count(chunk, []byte{c}))
		}
	}
	return n
}

// A DataError is a body that is not what its head says it is.
type DataError struct{ cause error }

func (e *DataError) Error() string { return fmt.Sprintf("the body cannot be read: %v", e.cause) }

// Unwrap returns what was wrong.
func (e *DataError) Unwrap() error { return e.cause }

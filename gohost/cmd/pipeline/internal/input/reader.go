package input

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/epoch"
)

const (
	// DefaultPieceSize is how much text is validated by one call, or how many bytes
	// the points of one Next take where none is: small enough to stay in a core's
	// cache, large enough that the call costs nothing.
	DefaultPieceSize = 256 << 10

	// MaxRecord is the largest single element, line or row, in bytes. It bounds
	// the memory that a hostile or mistaken input can take.
	MaxRecord = 16 << 20
)

// Validate appends the datapoints of a JSON array to dst: validate-stream of
// the engine in use.
type Validate func(ctx context.Context, dst []gohost.Datapoint, raw []byte) ([]gohost.Datapoint, error)

// A Reader hands out the datapoints of one input, in their order.
type Reader interface {
	// Next returns the next points, at least one, or io.EOF after the last. The
	// slice is the reader's and holds until the next call.
	Next(ctx context.Context) ([]gohost.Datapoint, error)

	// Locate says where the i-th point of the last Next stands.
	Locate(i int) Position
}

// Options say how an input is read.
type Options struct {
	Format      Format
	Validate    Validate
	PieceSize   int // 0 means DefaultPieceSize
	TimeColumn  string
	ValueColumn string
	Unit        epoch.Unit
}

// NewReader returns a reader of r, which must not be compressed any more. With
// the format Auto it decides by the first bytes.
func NewReader(r io.Reader, opts Options) (Reader, error) {
	if opts.PieceSize <= 0 {
		opts.PieceSize = DefaultPieceSize
	}
	w := newBuffer(r, opts.PieceSize)
	head, err := w.peek(sniffLength)
	for err == nil && len(head) == sniffLength && len(bytes.TrimLeft(head, " \t\r\n")) == 0 {
		// A page of white space is not packed points: text may begin behind it.
		w.discard(len(head))
		head, err = w.peek(sniffLength)
	}
	if err != nil {
		return nil, err
	}
	if len(head) == 0 {
		return nil, ErrEmpty
	}
	if opts.Format == Auto || opts.Format == "" {
		if opts.Format, err = Sniff(head); err != nil {
			return nil, err
		}
	}
	if opts.Format != Packed {
		if bytes.HasPrefix(head, []byte("\xff\xfe")) || bytes.HasPrefix(head, []byte("\xfe\xff")) {
			return nil, badData(Position{Line: 1}, "the text is UTF-16; expected UTF-8")
		}
		if bytes.HasPrefix(head, []byte(byteOrderMark)) {
			w.discard(len(byteOrderMark))
		}
	}
	switch opts.Format {
	case JSON:
		return &jsonReader{buf: w, validate: opts.Validate, target: opts.PieceSize}, nil
	case NDJSON:
		return &ndjsonReader{buf: w, validate: opts.Validate, target: opts.PieceSize}, nil
	case CSV:
		return newCSVReader(w, opts)
	case Packed:
		return &packedReader{buf: w, target: opts.PieceSize}, nil
	default:
		return nil, fmt.Errorf("unknown format %q", opts.Format)
	}
}

// Each calls f with all points of a reader, in their order. An input without
// any is ErrEmpty.
func Each(ctx context.Context, r Reader, f func(points []gohost.Datapoint) error) error {
	for empty := true; ; empty = false {
		points, err := r.Next(ctx)
		if errors.Is(err, io.EOF) {
			if empty {
				return ErrEmpty
			}
			return nil
		}
		if err != nil {
			return err
		}
		if err := f(points); err != nil {
			return err
		}
	}
}

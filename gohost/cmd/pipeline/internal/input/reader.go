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
	// DefaultPieceSize is the size of the text that one call validates, or of the
	// points of one Next if none is validated: small enough for a core's cache, large
	// enough that the cost of the call does not matter.
	DefaultPieceSize = 256 << 10

	// MaxRecord is the max size of a single element, line or row, in bytes. It bounds
	// the memory that a hostile or invalid input can use.
	MaxRecord = 16 << 20
)

// Validate appends the datapoints of a JSON array to dst, with validate-stream of an
// engine.
type Validate func(ctx context.Context, dst []gohost.Datapoint, raw []byte) ([]gohost.Datapoint, error)

// A Reader returns the datapoints of one input in order.
type Reader interface {
	// Next returns the next points, at least one, or io.EOF after the last. The slice
	// is valid until the next call.
	Next(ctx context.Context) ([]gohost.Datapoint, error)

	// Locate returns the position of the i-th point of the last Next.
	Locate(i int) Position
}

// Options configure a Reader.
type Options struct {
	Format      Format
	Validate    Validate
	PieceSize   int // 0 means DefaultPieceSize
	TimeColumn  string
	ValueColumn string
	Unit        epoch.Unit
}

// NewReader returns a reader of r, which must not be compressed. The format Auto means that
// the first bytes decide.
func NewReader(r io.Reader, opts Options) (Reader, error) {
	if opts.PieceSize <= 0 {
		opts.PieceSize = DefaultPieceSize
	}
	w := newBuffer(r, opts.PieceSize)
	head, err := w.peek(sniffLength)
	for err == nil && len(head) == sniffLength && len(bytes.TrimLeft(head, " \t\r\n")) == 0 {
		// White space is not packed points: text may follow.
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

// Each calls f with all points of a reader, in order. It returns ErrEmpty if there are
// none.
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

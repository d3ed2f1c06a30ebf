package input

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"slices"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/internal/epoch"
)

const (
	// DefaultPieceSize is the size of a piece, in bytes: small enough for a core's cache,
	// large enough that the cost of a call of the engine does not matter.
	DefaultPieceSize = 256 << 10

	// MaxRecord is the max size of a single element, line or row, in bytes. It bounds
	// the memory that a hostile or invalid input can use.
	MaxRecord = 16 << 20
)

// Validate appends the datapoints of a JSON array to dst, with validate-stream of an
// engine. It may be called from several goroutines at the same time.
type Validate func(ctx context.Context, dst []gohost.Datapoint, raw []byte) ([]gohost.Datapoint, error)

// A Reader reads one input in pieces. See [Each].
type Reader struct {
	Format Format // never Auto

	opts    Options
	cut     *cutter
	batches *batchSource // instead
	parser  parser
	decoder *decoder
	guesses []Guess
	counts  Counts

	typedTimes bool
}

// A parser finds the points in pieces. Its methods may be called for several pieces at the
// same time.
type parser interface {
	// parse appends the points before the first fault to p.Points, and returns the fault.
	parse(ctx context.Context, p *Piece) error
	// locate returns the position of the i-th point.
	locate(p *Piece, i int) Position
}

// Unit is the unit of timestamps since 1970-01-01T00:00:00Z.
type Unit = epoch.Unit

// Units.
const (
	Second      = epoch.Second
	Millisecond = epoch.Millisecond
	Microsecond = epoch.Microsecond
	Nanosecond  = epoch.Nanosecond
)

// NewReader returns a reader of r, which must not be compressed. The format Auto means that
// the first bytes decide.
func NewReader(r io.Reader, opts Options) (*Reader, error) {
	opts.Names = opts.Names.withDefaults()
	unit := opts.Unit
	if err := opts.check(); err != nil {
		return nil, err
	}
	if opts.PieceSize <= 0 {
		opts.PieceSize = DefaultPieceSize
	}
	c := newCutter(r, opts.PieceSize)
	c.slow = opts.Slow
	head, err := c.peek(sniffLength)
	for err == nil && len(head) == sniffLength && len(bytes.TrimLeft(head, " \t\r\n")) == 0 {
		// White space is not packed points: text may follow.
		c.discard(len(head))
		head, err = c.peek(sniffLength)
	}
	if err == nil && opts.Comment != 0 {
		head, err = c.peekComments(opts.Comment)
	}
	if err != nil {
		return nil, err
	}
	if len(head) == 0 {
		return nil, ErrEmpty
	}
	if opts.Format == Auto || opts.Format == "" {
		if opts.Format, err = sniff(head, opts); err != nil {
			return nil, err
		}
	}
	if opts.Format != Packed {
		if err := checkEncoding(head); err != nil {
			return nil, err
		}
		if bytes.HasPrefix(head, []byte(byteOrderMark)) {
			c.discard(len(byteOrderMark))
		}
	}
	if opts.Records != "" && opts.Format == NDJSON {
		opts.Format = JSON // a document that begins with '{'
	}
	if opts.Format == NDJSON && beginsArray(bytes.TrimPrefix(head, []byte(byteOrderMark))) {
		return nil, badData(c.pos, "this is a JSON array; use %s json", opts.Names.Format)
	}
	if err := opts.checkFormat(); err != nil {
		return nil, err
	}
	reader := &Reader{cut: c, Format: opts.Format}
	switch opts.Format {
	case JSON, NDJSON:
		err = reader.beginJSON(&opts)
	case CSV:
		err = reader.beginCSV(&opts)
	case LineProtocol:
		err = reader.beginLines(&opts, unit)
	case Packed:
		c.borders, reader.parser = packedBorders{}, packedParser{}
		err = reader.beginNumbers(&opts)
	case Parquet, Arrow, Columns:
		err = fmt.Errorf("%w: %s %s is not read here: it has columns with types", gohost.ErrInvalidInput, opts.Names.Format, opts.Format)
	default:
		err = fmt.Errorf("unknown format %q", opts.Format)
	}
	if err != nil {
		return nil, err
	}
	reader.opts = opts
	return reader, nil
}

// next makes p the next piece.
func (r *Reader) next(ctx context.Context, p *Piece) error {
	if r.batches != nil {
		return r.batches.next(ctx, p)
	}
	return r.cut.next(p)
}

// stop makes a read fail that waits.
func (r *Reader) stop() {
	if r.batches != nil {
		return // it has the context
	}
	if source, ok := r.cut.src.(interface{ Stop() }); ok {
		source.Stop()
	}
}

// beginNumbers prepares for timestamps that are integers, as the engine and packed points have them: all of them, or
// in JSON those of the usual records.
func (r *Reader) beginNumbers(opts *Options) error {
	s, err := r.cut.sample(*opts)
	if err != nil {
		return err
	}
	r.guesses = s.settle(opts, opts.Strict || opts.Format == Packed)
	r.decoder, err = newDecoder(*opts, max(len(opts.Values), 1), len(opts.Keys))
	return err
}

// beginCSV reads the header.
func (r *Reader) beginCSV(opts *Options) error {
	borders := &csvBorders{comment: opts.Comment}
	r.cut.borders = borders
	parser, guesses, err := newCSVParser(r.cut, opts)
	if err != nil {
		return err
	}
	borders.follow(parser)
	r.parser, r.decoder, r.guesses = parser, parser.decoder, guesses
	return nil
}

// beginsArray reports whether text begins with an array of points: no line of NDJSON does.
func beginsArray(text []byte) bool {
	rest, ok := bytes.CutPrefix(bytes.TrimLeft(text, " \t\r\n"), []byte("["))
	rest = bytes.TrimLeft(rest, " \t\r\n")
	return ok && len(rest) > 0 && (rest[0] == '{' || rest[0] == '[')
}

// Records returns how many records the input has, or -1 if its beginning does not say so. That of Parquet does.
func (r *Reader) Records() int64 {
	if r.batches != nil {
		if counted, ok := r.batches.src.(interface{ Rows() int64 }); ok {
			return counted.Rows()
		}
	}
	return -1
}

// TimeName returns the name of the column or field of times, or "" for formats without names.
func (r *Reader) TimeName() string {
	switch named := r.parser.(type) {
	case interface{ timeName() string }:
		return named.timeName()
	case *batchParser:
		return named.names[0]
	}
	return ""
}

// ValueNames returns the names of the columns of values, in the order of [Piece.Column], or nothing
// for formats without columns.
func (r *Reader) ValueNames() []string {
	switch named := r.parser.(type) {
	case interface{ valueNames() []string }:
		return named.valueNames()
	case *batchParser:
		return slices.Clone(named.names[1 : 1+named.decoder.values])
	}
	return nil
}

// Unit returns the unit of the timestamps.
func (r *Reader) Unit() Unit { return r.opts.Unit }

// TypedTimes reports whether the times are instants, local times or dates by the type of their column. Then
// [Options.Unit] says only how finely timestamps count.
func (r *Reader) TypedTimes() bool { return r.typedTimes }

// Origin returns the time that the timestamps count from, in units since 1970-01-01T00:00:00Z: 0, or
// with [Options.Early] a time long before.
func (r *Reader) Origin() int64 {
	if r.opts.Early {
		return r.Unit().Origin()
	}
	return 0
}

// Guesses returns what the reader took for granted.
func (r *Reader) Guesses() []Guess { return r.guesses }

// Options returns the options of the reader, with what was guessed from the first records: those for
// another input with the same unit.
func (r *Reader) Options() Options { return r.opts }

// Continue makes the reader go on with src, which is what follows a position in the input. It is not for
// JSON arrays.
func (r *Reader) Continue(src io.Reader, at Position) {
	before := r.cut
	r.cut = newCutter(src, before.target)
	r.cut.borders, r.cut.pos, r.cut.slow = before.borders, at, before.slow
}

// wholeBorders are borders between pieces that share no bytes.
type wholeBorders struct{}

func (wholeBorders) overlap() int { return 0 }

package input

import (
	"bufio"
	"bytes"
	"errors"
	"io"
)

// A Compression is the compression of an input.
type Compression string

// Compressions.
const (
	AnyCompression Compression = "auto" // decided by the first bytes
	NoCompression  Compression = "none"
	Gzip           Compression = "gzip"
	Zstandard      Compression = "zstd"
	XZ             Compression = "xz"
	Bzip2          Compression = "bzip2"
)

// Decoders open a stream of each compression. The library has none of its own, so that its users
// choose the packages that decompress; package decoders, a module of its own, has one of each. A
// decoder reads all members, frames or streams of an input.
type Decoders map[Compression]func(io.Reader) (io.ReadCloser, error)

// A Decompressor decompresses an input. It reads nothing before the first Read. Its errors about
// damaged data are *DataError, with the approximate position in the compressed input.
type Decompressor struct {
	raw      rawReader
	kind     Compression
	decoders Decoders
	out      io.Reader
	decoder  io.Closer
	failed   error // of start
}

// NewDecompressor returns a reader of what src has. A compression without a decoder is an error of
// Read.
func NewDecompressor(src io.Reader, kind Compression, decoders Decoders) *Decompressor {
	return &Decompressor{raw: rawReader{src: src}, kind: kind, decoders: decoders}
}

// Read returns decompressed bytes.
func (d *Decompressor) Read(p []byte) (int, error) {
	if d.out == nil && d.failed == nil {
		d.failed = d.start()
	}
	if d.failed != nil {
		return 0, d.failed
	}
	n, err := d.out.Read(p)
	if err != nil {
		err = d.explain(err)
	}
	return n, err
}

// Close frees the decoder. It does not close the source, and returns no error of the data: Read
// does.
func (d *Decompressor) Close() error {
	if d.decoder != nil {
		_ = d.decoder.Close()
	}
	return nil
}

func (d *Decompressor) start() error {
	buffered := bufio.NewReaderSize(&d.raw, 64<<10)
	if d.kind == AnyCompression || d.kind == "" {
		head, err := buffered.Peek(magicSize)
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		d.kind = SniffCompression(head)
	}
	if d.kind == NoCompression {
		d.out = buffered
		return nil
	}
	open := d.decoders[d.kind]
	if open == nil {
		return badData(Position{}, "the input is compressed with %s, which this program does not decompress", d.kind)
	}
	decoder, err := open(buffered)
	if err != nil {
		return d.explain(err)
	}
	d.out, d.decoder = decoder, decoder
	return nil
}

// ErrDecoderMemory is the error of a decoder whose data needs more memory than it may have.
var ErrDecoderMemory = errors.New("it needs more memory than the max")

// explain returns an error for damaged data, with its approximate position.
func (d *Decompressor) explain(err error) error {
	plainEnd := errors.Is(err, io.EOF) && d.out != nil
	if plainEnd || d.raw.err != nil || d.kind == NoCompression {
		return err
	}
	at := Position{Offset: d.raw.count}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return badData(at, "the %s data ends too early; is the file complete?", d.kind)
	}
	if errors.Is(err, ErrDecoderMemory) {
		return badData(at, "the %s data cannot be read: %s", d.kind, err)
	}
	return badData(at, "the %s data is damaged at or before here: %s", d.kind, err)
}

// A rawReader counts bytes, and keeps the error of the source, so that it is not mistaken for
// damaged data.
type rawReader struct {
	src   io.Reader
	count int64
	err   error
}

func (r *rawReader) Read(p []byte) (int, error) {
	n, err := r.src.Read(p)
	r.count += int64(n)
	if err != nil && !errors.Is(err, io.EOF) {
		r.err = err
	}
	return n, err
}

// magicSize is how many bytes SniffCompression looks at.
const magicSize = 10

// SniffCompression returns the compression of an input by its first ten bytes: the magic numbers of
// gzip (RFC 1952), Zstandard (RFC 8878: frames and skippable frames), xz, and bzip2 with the mark
// of its first block or of its end.
func SniffCompression(head []byte) Compression {
	switch {
	case bytes.HasPrefix(head, []byte{0x1f, 0x8b, 0x08}):
		return Gzip
	case bytes.HasPrefix(head, []byte{0x28, 0xb5, 0x2f, 0xfd}),
		len(head) >= 4 && head[0]&0xf0 == 0x50 && bytes.Equal(head[1:4], []byte{0x2a, 0x4d, 0x18}):
		return Zstandard
	case bytes.HasPrefix(head, []byte("\xfd7zXZ\x00")):
		return XZ
	case isBzip2(head):
		return Bzip2
	default:
		return NoCompression
	}
}

// isBzip2 looks at the mark after "BZh9" as well: a text may begin like that.
func isBzip2(head []byte) bool {
	if len(head) < magicSize || string(head[:3]) != "BZh" || head[3] < '1' || head[3] > '9' {
		return false
	}
	mark := string(head[4:magicSize])
	return mark == "1AY&SY" || mark == "\x17rE8P\x90"
}

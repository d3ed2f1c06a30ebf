package transform

import (
	"context"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/core/sdf"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/io/fileio"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/io/rtrackers/offsetrange"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/input"
)

func init() {
	beam.RegisterType(reflect.TypeFor[Text]())
	register.DoFn4x1[context.Context, *sdf.LockRTracker, fileio.ReadableFile, func(Text), error](&ReadFn{})
	register.Emitter1[Text]()
}

// Format is the format of files.
type Format = input.Format

// Formats.
const (
	// JSONLines has one object on each line. A file that is not compressed is split.
	JSONLines = input.NDJSON
	// CSV has rows of cells, with a header in each file. A file that is not compressed is split,
	// unless cells may have newlines.
	CSV = input.CSV
	// Packed has 16 bytes for each point. A file that is not compressed is split.
	Packed = input.Packed
	// JSON is one array of objects, of less than 256 MiB.
	JSON = input.JSON
)

func checkFormat(f Format) error {
	if !slices.Contains([]Format{JSONLines, CSV, Packed, JSON}, f) {
		return fmt.Errorf("%w: the format %q; expected %s, %s, %s or %s", gohost.ErrInvalidInput, f, JSONLines, CSV, Packed, JSON)
	}
	return nil
}

// Text is a piece of a file: some whole records, or an array.
type Text struct {
	File   string
	Offset int64  // of Data in the file, in bytes, after decompression
	Header []byte // the first row of the file, if it is CSV
	// CellNewlines is that of ReadFn.
	CellNewlines bool
	Data         []byte
}

// Sizes in bytes.
const (
	// pieceSize is the size of a Text, unless one record is longer. It is a multiple of the size of
	// a packed point.
	pieceSize = 256 << 10
	// maxRecord is the max length of a line or row, as of `pipeline run`.
	maxRecord = input.MaxRecord
	// maxArray is the max length of an array: one string of the component model.
	maxArray = 1<<28 - 1
	// splitSize is the default of [ReadFn.SplitSize].
	splitSize = 64 << 20
)

// Read reads the files that match a pattern, in any of Beam's file systems that the program
// imports, and returns PCollection<Text>. If no file matches, the pipeline fails. Read panics if f is
// invalid.
func Read(s beam.Scope, pattern string, f ReadFn) beam.PCollection {
	s = s.Scope("transform.Read")
	must(f.Check())
	files := fileio.ReadMatches(s, fileio.MatchFiles(s, pattern, fileio.MatchEmptyDisallow()), fileio.ReadUncompressed())
	return beam.ParDo(s, &f, files)
}

// ReadFn is a splittable DoFn that reads files: fileio.ReadableFile to [Text]. Each record is in
// the part of a file in which it begins. A part can be split again while it is read. A file that
// changes while the pipeline runs is an error. It does not look at the compression of the
// fileio.ReadableFile.
type ReadFn struct {
	Format Format `json:"format"`
	// Compression is that of the files. The default is by name: those that end in .gz, .zst,
	// .zstd, .xz or .bz2 are decompressed, if their first bytes say so too.
	Compression input.Compression `json:"compression,omitempty"`
	// CellNewlines says that cells of CSV may have newlines, in quotes. Then files are not split,
	// since nothing in the middle of a file tells a newline in quotes from another. Else a row with
	// one is a fault.
	CellNewlines bool `json:"cell_newlines,omitempty"`
	// SplitSize is the size of the parts that a file is divided into at first, in bytes; 0 means
	// 64 MiB. A file system that cannot seek, as Google Cloud Storage's, reads a file from the
	// beginning for each part: there, files of up to a few hundred MB serve better.
	SplitSize int64 `json:"split_size,omitempty"`
}

// Check returns an error that wraps gohost.ErrInvalidInput if a field is invalid.
func (f *ReadFn) Check() error {
	kinds := []input.Compression{"", input.AnyCompression, input.NoCompression, input.Gzip, input.Zstandard, input.XZ, input.Bzip2}
	if !slices.Contains(kinds, f.Compression) {
		return fmt.Errorf("%w: the compression %q; expected auto, none, gzip, zstd, xz or bzip2", gohost.ErrInvalidInput, f.Compression)
	}
	return checkFormat(f.Format)
}

// isSplittable reports whether positions in a file are offsets in what it contains, and records
// can be found from any of them.
func (f *ReadFn) isSplittable(file fileio.ReadableFile) bool {
	return f.Format != JSON && !f.CellNewlines && f.compressionOf(file.Metadata.Path) == input.NoCompression
}

// CreateInitialRestriction returns the offsets of the file, or one position for a file that
// cannot be split.
func (f *ReadFn) CreateInitialRestriction(file fileio.ReadableFile) offsetrange.Restriction {
	if !f.isSplittable(file) {
		return offsetrange.Restriction{Start: 0, End: 1}
	}
	return offsetrange.Restriction{Start: 0, End: file.Metadata.Size}
}

// SplitRestriction divides a file into parts of SplitSize.
func (f *ReadFn) SplitRestriction(_ fileio.ReadableFile, rest offsetrange.Restriction) []offsetrange.Restriction {
	size := f.SplitSize
	if size <= 0 {
		size = splitSize
	}
	return rest.SizedSplits(size)
}

// RestrictionSize returns the number of bytes of a part.
func (f *ReadFn) RestrictionSize(file fileio.ReadableFile, rest offsetrange.Restriction) float64 {
	if !f.isSplittable(file) {
		return float64(file.Metadata.Size)
	}
	return rest.Size()
}

// CreateTracker returns the tracker of a part.
func (f *ReadFn) CreateTracker(rest offsetrange.Restriction) *sdf.LockRTracker {
	return sdf.NewLockRTracker(offsetrange.NewTracker(rest))
}

// ProcessElement emits the texts of a part.
func (f *ReadFn) ProcessElement(ctx context.Context, rt *sdf.LockRTracker, file fileio.ReadableFile, emit func(Text)) (err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("%s: %w", file.Metadata.Path, err)
		}
	}()
	part := &part{
		tracker: rt, whole: !f.isSplittable(file), emit: emit,
		text:    Text{File: file.Metadata.Path, CellNewlines: f.CellNewlines},
		records: records{quoted: f.Format == CSV && f.CellNewlines},
	}
	switch f.Format {
	case CSV:
		if part.text.Header, err = f.firstRow(ctx, file.Metadata.Path); err != nil {
			return err
		}
	case Packed:
		part.records.size = gohost.PackedSize
	}
	if err := f.readPart(ctx, part, file.Metadata.Path); err != nil {
		return err
	}
	return checkUnchanged(ctx, file)
}

func (f *ReadFn) readPart(ctx context.Context, part *part, path string) (err error) {
	reader, err := f.open(ctx, path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, reader.Close()) }()
	if f.Format == JSON {
		return part.array(reader)
	}
	return part.all(ctx, reader, f.checkKind)
}

// part is a part of a file that is being read.
type part struct {
	tracker *sdf.LockRTracker
	whole   bool // the part is a file of which the tracker knows no offsets
	records records
	text    Text // without an offset and data
	emit    func(Text)
}

func (p *part) rest() offsetrange.Restriction {
	return p.tracker.GetRestriction().(offsetrange.Restriction)
}

// array emits the whole file.
func (p *part) array(reader io.Reader) error {
	if !p.tracker.TryClaim(int64(0)) {
		return nil
	}
	data, err := io.ReadAll(io.LimitReader(reader, maxArray+1))
	if err != nil {
		return err
	}
	if len(data) > maxArray {
		return fmt.Errorf("%w: an array of more than %d bytes; use JSON lines", gohost.ErrInvalidInput, maxArray)
	}
	p.emitAt(0, data)
	return nil
}

func (p *part) emitAt(offset int64, data []byte) {
	text := p.text
	text.Offset, text.Data = offset, data
	p.emit(text)
}

// all emits the records that begin in the part. The first bytes of a file that may be divided are
// checked.
func (p *part) all(ctx context.Context, reader *openFile, check func([]byte) error) error {
	source, err := p.begin(reader)
	if err != nil {
		return err
	}
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		at := source.at
		data, err := source.piece(pieceSize)
		if err != nil {
			return err
		}
		if at == 0 && !p.whole {
			if err := check(data); err != nil {
				return err
			}
		}
		mine, more := p.claim(at, data)
		if len(mine) > 0 {
			// The piece is the next one's buffer.
			p.emitAt(at, slices.Clone(mine))
		}
		if !more {
			return nil
		}
	}
}

// begin skips what is before the first record that begins in the part.
func (p *part) begin(file *openFile) (*recordSource, error) {
	source := &recordSource{reader: file.Reader, records: p.records}
	if p.whole {
		if !p.tracker.TryClaim(int64(0)) {
			source.ended = true
		}
		return source, nil
	}
	start := p.rest().Start
	if start == 0 {
		return source, nil
	}
	return source, source.skipTo(start)
}

// claim returns the records of a piece at an offset that begin in the part, and whether there may
// be more. The runner may have shortened the part since it was asked last.
func (p *part) claim(at int64, data []byte) (mine []byte, more bool) {
	if p.whole {
		return data, len(data) > 0
	}
	if len(data) == 0 { // the end of the file
		if rest := p.rest(); rest.End > rest.Start {
			p.tracker.TryClaim(rest.End)
		}
		return nil, false
	}
	if p.tracker.TryClaim(at + int64(p.records.last(data))) {
		return data, true
	}
	// A claim that failed ends the splits of the part: its end is final.
	end := p.rest().End - at
	if end <= 0 {
		return nil, false
	}
	// end is an offset in data, since the last record begins there or after it.
	return data[:p.records.before(data, int(end))], false
}

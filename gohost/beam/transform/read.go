package transform

import (
	"context"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/core/sdf"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/io/fileio"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/io/rtrackers/offsetrange"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"

	"example.org/compute-pipeline/gohost"
)

func init() {
	beam.RegisterType(reflect.TypeFor[Text]())
	register.DoFn4x1[context.Context, *sdf.LockRTracker, fileio.ReadableFile, func(Text), error](&ReadFn{})
	register.Emitter1[Text]()
}

// Format is the format of files.
type Format string

// Formats.
const (
	// JSONLines has one object on each line. A file that is not compressed is split.
	JSONLines Format = "ndjson"
	// JSON is one array of objects, of less than 256 MiB.
	JSON Format = "json"
)

// Check returns an error that wraps gohost.ErrInvalidInput for another format.
func (f Format) Check() error {
	if f != JSONLines && f != JSON {
		return fmt.Errorf("%w: the format %q; expected %q or %q", gohost.ErrInvalidInput, f, JSONLines, JSON)
	}
	return nil
}

// Text is a piece of a file: some whole lines, or an array.
type Text struct {
	File   string
	Offset int64 // of Data in the file, in bytes, after decompression
	Data   []byte
}

// Sizes in bytes.
const (
	// pieceSize is the size of a Text of lines, unless one line is longer.
	pieceSize = 256 << 10
	// maxLine is the max length of a line, as of `pipeline run`.
	maxLine = 16 << 20
	// maxArray is the max length of an array: one string of the component model.
	maxArray = 1<<28 - 1
	// splitSize is the default of [ReadFn.SplitSize].
	splitSize = 64 << 20
)

// Read reads the files that match a pattern, in any of Beam's file systems that the program
// imports, and returns PCollection<Text>. Files whose names end in .gz are decompressed. If no
// file matches, the pipeline fails. Read panics if f is invalid.
func Read(s beam.Scope, pattern string, f ReadFn) beam.PCollection {
	s = s.Scope("transform.Read")
	must(f.Format.Check())
	files := fileio.ReadMatches(s, fileio.MatchFiles(s, pattern, fileio.MatchEmptyDisallow()))
	return beam.ParDo(s, &f, files)
}

// ReadFn is a splittable DoFn that reads files: fileio.ReadableFile to [Text]. Each line is in
// the part of a file in which it begins. A part can be split again while it is read.
type ReadFn struct {
	Format Format `json:"format"`
	// SplitSize is the size of the parts that a file is divided into at first, in bytes; 0 means
	// 64 MiB. A file system that cannot seek, as Google Cloud Storage's, reads a file from the
	// beginning for each part: there, files of up to a few hundred MB serve better.
	SplitSize int64 `json:"split_size,omitempty"`
}

// isSplittable reports whether positions in a file are offsets in what it contains. Only of a
// file whose compression is left to its name is it known.
func (f *ReadFn) isSplittable(file fileio.ReadableFile) bool {
	byName := file.Compression == fileio.ReadableFile{}.Compression
	return f.Format == JSONLines && byName && !strings.HasSuffix(file.Metadata.Path, ".gz")
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
	reader, err := file.Open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, reader.Close()) }()
	part := &part{tracker: rt, whole: !f.isSplittable(file), file: file.Metadata.Path, emit: emit}
	if f.Format == JSON {
		return part.array(reader)
	}
	return part.lines(ctx, reader)
}

// part is a part of a file that is being read.
type part struct {
	tracker *sdf.LockRTracker
	whole   bool // the part is a file of which the tracker knows no offsets
	file    string
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
	p.emit(Text{File: p.file, Data: data})
	return nil
}

// lines emits the lines that begin in the part.
func (p *part) lines(ctx context.Context, reader io.Reader) error {
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
		mine, more := p.claim(at, data)
		if len(mine) > 0 {
			// The piece is the next one's buffer.
			p.emit(Text{File: p.file, Offset: at, Data: slices.Clone(mine)})
		}
		if !more {
			return nil
		}
	}
}

// begin skips what is before the first line that begins in the part: what follows the first
// newline from the byte before the part.
func (p *part) begin(reader io.Reader) (*lineSource, error) {
	source := &lineSource{reader: reader}
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
	return source, source.skipTo(start - 1)
}

// claim returns the lines of a piece at an offset that begin in the part, and whether there may
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
	if p.tracker.TryClaim(at + int64(lastLine(data))) {
		return data, true
	}
	// A claim that failed ends the splits of the part: its end is final.
	end := p.rest().End - at
	if end <= 0 {
		return nil, false
	}
	// end is an offset in data, since the last line begins there or after it. The lines that
	// begin before it end with the first newline from the byte before it on.
	return data[:endOfLine(data, int(end)-1)], false
}

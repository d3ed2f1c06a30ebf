package input

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"example.org/compute-pipeline/gohost"
)

// A Parser parses texts that are whole records of an input: the parts of a file that several
// machines read. It judges each record by itself, so the points and faults of an input are the same
// however it is divided, and a record with a fault costs no other. It is not for concurrent use.
type Parser struct {
	// RowsAreLines makes a quote of CSV that is still open at the end of a line a fault of that line.
	// Then every line is a record; else a row may have newlines in quotes.
	RowsAreLines bool

	opts   Options
	parser parser
	begin  int64 // offset of the first row
	piece  Piece
}

// NewParser returns a parser of inputs in a named format. For CSV, head is the first row of the
// input, whole (see [FirstRow]); the other formats need none.
func NewParser(head []byte, opts Options) (*Parser, error) {
	opts.Names = opts.Names.withDefaults()
	opts.Strict = true // lines and arrays are the engine's
	p := &Parser{opts: opts}
	if opts.Unit == AutoUnit || opts.Early || opts.Bad.Max > 0 {
		return nil, fmt.Errorf("%w: a Parser takes no guessed unit, no times before 1970 and no policy for bad records", gohost.ErrInvalidInput)
	}
	switch opts.Format {
	case CSV:
		reader, err := NewReader(bytes.NewReader(head), opts)
		if err != nil {
			return nil, err
		}
		p.parser, p.begin = reader.parser, reader.cut.pos.Offset
		return p, nil
	case NDJSON:
		p.parser = ndjsonParser{opts.Validate, opts.Keys}
	case JSON:
		p.parser = jsonParser{opts.Validate}
	case Packed:
		p.parser = packedParser{}
	default:
		return nil, fmt.Errorf("%w: a Parser needs the name of a format, not %q", gohost.ErrInvalidInput, opts.Format)
	}
	return p, opts.checkFormat()
}

// Skip returns how many bytes of a text, which begins at an offset of the input, are before the
// first record: a byte order mark, a header.
func (p *Parser) Skip(text []byte, offset int64) int {
	if offset == 0 && p.opts.Format != CSV && p.opts.Format != Packed && bytes.HasPrefix(text, []byte(byteOrderMark)) {
		return len(byteOrderMark)
	}
	return int(max(0, min(p.begin-offset, int64(len(text)))))
}

// FirstRow returns the length of the first row of CSV that is not empty, with the end of its line, or
// reports false if it does not end in text.
func FirstRow(text []byte) (int, bool) {
	inside, used := false, false
	for i, c := range text {
		switch {
		case c == '\n' && !inside && used:
			return i + 1, true
		case c == '"':
			inside, used = !inside, true
		case c != '\n' && c != '\r':
			used = true
		}
	}
	return 0, false
}

// Parse calls point with each point of a text and its key, and fault with each record that is not one,
// with an offset in the text. Faults come in no order. The key is valid until point returns. It returns an error if the
// engine fails or the context ends. An array of JSON is one record.
func (p *Parser) Parse(ctx context.Context, text []byte, point func(gohost.Datapoint, []byte), fault func(at int, message string)) error {
	out := output{unit: p.opts.Unit, point: point, fault: fault}
	switch r := p.parser.(type) {
	case *csvParser:
		p.rows(r, text, out)
		return nil
	case ndjsonParser:
		return p.lines(ctx, r, text, out)
	case packedParser:
		p.packed(text, out)
		return nil
	default:
		return p.array(ctx, text, out)
	}
}

// output is where points and faults go.
type output struct {
	unit  Unit
	point func(gohost.Datapoint, []byte)
	fault func(at int, message string)
}

// points puts out the points of a piece. A function returns the offset of a point, and is called
// for later ones each time.
func (o output) points(p *Piece, offset func(i int) int) {
	for i, point := range p.Points {
		if !o.unit.Valid(point.Timestamp) {
			o.fault(offset(i), o.unit.Explain(point.Timestamp))
			continue
		}
		o.point(point, p.Key(i))
	}
}

// set makes the piece one of a text.
func (p *Parser) set(text []byte) *Piece {
	p.piece.begin(Position{Line: 1, Column: 1}, len(text))
	p.piece.buf = append(p.piece.buf, text...)
	p.piece.buf = append(p.piece.buf, make([]byte, spare)...)[:len(p.piece.buf)]
	p.piece.final = true
	return &p.piece
}

// lines parses lines of JSON: all in one call, and after a fault few at first, so that a text of
// faults takes no longer than its length allows.
func (p *Parser) lines(ctx context.Context, r ndjsonParser, text []byte, out output) error {
	size := len(text)
	for at := 0; at < len(text); {
		end := endOfLine(text, min(at+size, len(text))-1)
		piece := p.set(text[at:end])
		err := r.parse(ctx, piece)
		var data *DataError
		if err != nil && !errors.As(err, &data) {
			return err
		}
		if data != nil {
			// The points before the fault are those of the lines before its line, or the lines are
			// parsed again, one by one.
			begin := bytes.LastIndexByte(text[at:at+int(data.Position.Offset)], '\n') + 1
			single := endOfLine(text, at) == end
			if !single && len(piece.Points) != countLines(text[at:at+begin]) {
				size = 1
				continue
			}
			end = endOfLine(text, at+begin)
		}
		out.points(piece, func(i int) int { return at + int(piece.marks[i]) })
		size *= 2
		if data != nil {
			out.fault(at+int(data.Position.Offset), data.Message)
			size = 1
		}
		at = end
	}
	return nil
}

// endOfLine returns the offset after the first newline from an offset on, or the end.
func endOfLine(text []byte, from int) int {
	if n := bytes.IndexByte(text[from:], '\n'); n >= 0 {
		return from + n + 1
	}
	return len(text)
}

// countLines returns the number of lines that are not empty.
func countLines(text []byte) int {
	count := 0
	for line := range bytes.SplitSeq(text, newline) {
		if len(bytes.TrimLeft(line, " \t\r\n")) > 0 {
			count++
		}
	}
	return count
}

// rows parses rows of CSV.
func (p *Parser) rows(r *csvParser, text []byte, out output) {
	piece := p.set(text)
	c := r.cursor(piece)
	faults := lineFinder{text: c.text}
	for c.at < len(c.text) {
		if c.usualRow() {
			continue
		}
		if p.RowsAreLines {
			end := endOfLine(c.text, c.at)
			line, unclosed := c.line, odd(c.text[c.at:end])
			c.someRows(end, 1, func(at Position, message string) {
				if unclosed {
					out.fault(c.at, "a quote is not closed on this line")
					return
				}
				out.fault(faults.find(at), message)
			})
			c.at, c.line = end, line+1
			continue
		}
		c.someRows(len(c.text), someRows, func(at Position, message string) { out.fault(faults.find(at), message) })
	}
	points := lineFinder{text: c.text}
	out.points(piece, func(i int) int { return points.offset(int(piece.marks[i])) })
}

// someRows reads up to n rows of any kind before an offset, those with faults too.
func (c *csvCursor) someRows(end, n int, fault func(Position, string)) {
	rows := c.rowsIn(c.piece, c.at, end, c.line)
	used := end - c.at
	for range n {
		err := rows.addPoint(c.piece)
		var data *DataError
		if errors.As(err, &data) {
			fault(data.Position, data.Message)
		} else if err != nil { // the end
			break
		}
		used = rows.offset()
	}
	c.line += bytes.Count(c.text[c.at:c.at+used], newline)
	c.at += used
}

// A lineFinder finds the beginnings of lines, each time of the same line or a later one.
type lineFinder struct {
	text     []byte
	line, at int
}

func (f *lineFinder) offset(line int) int {
	for ; f.line < line; f.line++ {
		f.at = endOfLine(f.text, f.at)
	}
	return f.at
}

// find returns the offset of a position that has none. The column may be after the end of the line.
func (f *lineFinder) find(at Position) int {
	begin := f.offset(int(at.Line) - 1)
	end := endOfLine(f.text, begin)
	if end > begin && f.text[end-1] == '\n' {
		end--
	}
	return min(begin+max(int(at.Column)-1, 0), end)
}

func (p *Parser) packed(text []byte, out output) {
	rest := len(text) % gohost.PackedSize
	piece := p.set(text[:len(text)-rest])
	_ = packedParser{}.parse(context.Background(), piece) // of whole points
	out.points(piece, func(i int) int { return i * gohost.PackedSize })
	if rest != 0 {
		out.fault(len(text)-rest, halfPoint(rest))
	}
}

// array parses a text that is one array: its points, or one fault.
func (p *Parser) array(ctx context.Context, text []byte, out output) error {
	piece := p.set(text)
	points, about, err := check(ctx, p.opts.Validate, piece.Points, piece.text())
	switch {
	case err != nil:
		return err
	case about != nil:
		out.fault(max(about.at, 0), about.message)
		return nil
	}
	piece.Points = points
	scanner, element, scanned := newArrayScanner(), 0, 0
	begin := len(text) - len(bytes.TrimLeft(text, " \t\r\n")) // where the scanner begins
	out.points(piece, func(i int) int {
		for ; element < i; element++ {
			scanned = scanner.scan(text[begin:], scanned, max(scanner.border, 0)+1)
		}
		at := begin + max(scanner.border, 0) + 1
		for isSpace(text[at]) {
			at++
		}
		return at
	})
	return nil
}

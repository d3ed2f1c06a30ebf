package input

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/internal/epoch"
)

// A csvParser reads rows of cells, as encoding/csv does. A timestamp may be an integer or a time
// of RFC 3339; a value is a number that [parseNumber] accepts.
type csvParser struct {
	comma byte
	unit  epoch.Unit
	cells int // of each row
	time  int // column of the timestamp
	names []string

	values, keys []int    // columns
	columns      []column // all
}

// A column says what the cells of a column are.
type column struct {
	role role
	slot int // which of several values or keys
}

type role uint8

const (
	roleNone role = iota
	roleTime
	roleValue
	roleKey
)

// setColumns sets what each column has.
func (r *csvParser) setColumns() {
	r.columns = make([]column, r.cells)
	r.columns[r.time].role = roleTime
	for n, i := range r.values {
		r.columns[i] = column{roleValue, n}
	}
	for n, i := range r.keys {
		r.columns[i] = column{roleKey, n}
	}
}

// csvBorders are ends of lines outside of quotes. After a quote where none may be, they are at the
// wrong places, but the row with that quote is a fault, before all of them.
type csvBorders struct {
	wholeBorders
	odd bool // the number of quotes up to where the last call ended
}

func (b *csvBorders) last(text []byte, from int) (int, bool) {
	before := from > 0 && b.odd
	b.odd = before != odd(text[from:])
	inside := b.odd
	for end := len(text); ; {
		last := bytes.LastIndexByte(text[from:end], '\n')
		if last < 0 {
			return 0, false
		}
		last += from
		if inside = inside != odd(text[last:end]); !inside {
			return last + 1, false
		}
		end = last
	}
}

// odd reports whether the number of quotes in text is odd.
func odd(text []byte) bool { return bytes.Count(text, quoteMark)%2 != 0 }

var quoteMark = []byte{'"'}

// newCSVParser reads the header, if there is one.
func newCSVParser(c *cutter, opts Options) (*csvParser, error) {
	head, err := c.peek(sniffLength)
	if err != nil {
		return nil, err
	}
	line, _, _ := bytes.Cut(head, newline)
	r := &csvParser{comma: ',', unit: opts.Unit}
	if mark := separator(line); mark != 0 {
		r.comma = byte(mark)
	}
	var first Piece
	for {
		if err := c.next(&first); errors.Is(err, io.EOF) {
			return nil, ErrEmpty
		} else if err != nil {
			return nil, err
		}
		rows := r.rowsFrom(&first, 0, 0)
		header, err := rows.read()
		if errors.Is(err, io.EOF) {
			continue // lines without cells
		}
		if err != nil {
			return nil, err
		}
		used, err := r.chooseColumns(header, rows, opts)
		if err != nil {
			return nil, err
		}
		r.setColumns()
		c.unread(&first, used)
		return r, nil
	}
}

// chooseColumns decides by the first row which columns have the points. It returns how long the
// header is, or 0 if the first row is a point.
func (r *csvParser) chooseColumns(header []string, rows *csvRows, opts Options) (int, error) {
	r.cells = len(header)
	if opts.Time == "" && len(opts.Values) == 0 && len(opts.Keys) == 0 && r.isData(header) {
		if len(header) != 2 {
			return 0, badData(rows.position(0), "the first row is data and has %d cells; expected a header with the names of the columns, or exactly two cells: timestamp and value", len(header))
		}
		r.time, r.values, r.names = 0, []int{1}, []string{"timestamp", "value"}
		return 0, nil
	}
	r.names = slices.Clone(header)
	if err := r.findColumns(opts); err != nil {
		return 0, badData(rows.position(0), "%s", err)
	}
	return int(rows.csv.InputOffset()), nil
}

// isData reports whether the first row looks like points rather than names.
func (r *csvParser) isData(row []string) bool {
	if len(row) < 2 {
		return false
	}
	_, errTime := r.unit.Parse(strings.TrimSpace(row[0]))
	_, errValue := strconv.ParseFloat(strings.TrimSpace(row[1]), 64)
	return errTime == nil && errValue == nil
}

// valueNames returns the names of the columns of values.
func (r *csvParser) valueNames() []string {
	names := make([]string, len(r.values))
	for n, i := range r.values {
		names[n] = strings.TrimSpace(r.names[i])
	}
	return names
}

// someRows is how many rows are read by encoding/csv when there is an unusual one: enough that
// its buffers do not matter where all are.
const someRows = 64

func (r *csvParser) parse(_ context.Context, p *Piece) error {
	c := r.cursor(p)
	for c.at < len(c.text) {
		if !p.long && c.usualRow() {
			continue
		}
		if err := c.anyRows(); err != nil {
			return err
		}
	}
	return nil
}

// anyRows reads a few rows of any kind.
func (c *csvCursor) anyRows() error {
	rows := c.rowsFrom(c.piece, c.at, c.line)
	for range someRows {
		err := rows.addPoint(c.piece)
		if errors.Is(err, io.EOF) {
			c.at = len(c.text)
			return nil
		}
		if err != nil {
			return err
		}
	}
	used := int(rows.csv.InputOffset())
	c.line += bytes.Count(c.text[c.at:c.at+used], newline)
	c.at += used
	return nil
}

// locate returns the line of a point.
func (*csvParser) locate(p *Piece, i int) Position {
	return Position{Line: p.pos.Line + int64(p.marks[i]), Offset: -1}
}

// csvRows reads rows with encoding/csv, which knows all that a row can be.
type csvRows struct {
	*csvParser
	csv  *csv.Reader
	base Position // where it began
	line int      // and the number of lines before it in the piece
}

// rowsFrom returns the rows of a piece from an offset, which has some lines before it.
func (r *csvParser) rowsFrom(p *Piece, at, line int) *csvRows {
	return r.rowsIn(p, at, len(p.text()), line)
}

// rowsIn returns the rows of a piece between two offsets.
func (r *csvParser) rowsIn(p *Piece, at, end, line int) *csvRows {
	var src io.Reader = bytes.NewReader(p.text()[at:end])
	if p.long {
		src = io.MultiReader(src, tooLong{})
	}
	rows := &csvRows{csvParser: r, csv: csv.NewReader(src), line: line, base: p.pos}
	rows.base.Offset += int64(at)
	rows.base.Line += int64(line)
	rows.csv.ReuseRecord, rows.csv.Comma, rows.csv.FieldsPerRecord = true, rune(r.comma), r.cells
	return rows
}

var errRecordTooLong = errors.New("record too long")

// tooLong is what follows the beginning of a row that is too long.
type tooLong struct{}

func (tooLong) Read([]byte) (int, error) { return 0, errRecordTooLong }

// read returns the next row, or io.EOF.
func (r *csvRows) read() ([]string, error) {
	start := r.base.Offset + r.csv.InputOffset()
	row, err := r.csv.Read()
	var syntax *csv.ParseError
	switch {
	case err == nil:
		return row, nil
	case errors.Is(err, errRecordTooLong):
		return nil, badData(Position{Offset: start}, "the row that begins here is longer than %d MiB, the max; is a quote not closed?", MaxRecord>>20)
	case errors.Is(err, csv.ErrFieldCount):
		return nil, badData(r.position(0), "expected %d cells as in the first row, found %d", r.csv.FieldsPerRecord, len(row))
	case errors.As(err, &syntax):
		return nil, badData(r.lineColumn(syntax.Line, syntax.Column), "%s", strings.TrimPrefix(syntax.Err.Error(), "csv: "))
	default:
		return nil, err
	}
}

// addPoint reads a row and appends its point, or returns io.EOF.
func (r *csvRows) addPoint(p *Piece) error {
	row, err := r.read()
	if err != nil {
		return err
	}
	timestamp, err := r.unit.Parse(strings.TrimSpace(row[r.time]))
	if err != nil {
		return badData(r.position(r.time), "column %q: %s", r.names[r.time], err)
	}
	before := len(p.Points)
	for _, i := range r.values {
		value, err := parseNumber(strings.TrimSpace(row[i]))
		if err != nil {
			p.Points = p.Points[:before]
			return badData(r.position(i), "column %q: %s", r.names[i], err)
		}
		p.Points = append(p.Points, gohost.Datapoint{Timestamp: timestamp, Value: value})
	}
	line, _ := r.csv.FieldPos(r.values[0])
	for n, i := range r.keys {
		if len(r.keys) == 1 {
			p.keys.text = append(p.keys.text, row[i]...)
		} else {
			p.keys.text = appendKeyPart(p.keys.text, []byte(row[i]), n)
		}
	}
	p.endRecord(len(r.values), len(r.keys) > 0, int32(r.line+line-1))
	return nil
}

func (r *csvRows) position(cell int) Position { return r.lineColumn(r.csv.FieldPos(cell)) }

// lineColumn is a position by encoding/csv's count.
func (r *csvRows) lineColumn(line, column int) Position {
	return Position{Line: r.base.Line + int64(line) - 1, Column: int64(column), Offset: -1}
}

func clip(s string) string {
	const most = 40
	if len(s) > most {
		return strings.ToValidUTF8(s[:most], "") + "…"
	}
	return s
}

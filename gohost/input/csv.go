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
)

// A csvParser reads rows of cells, as encoding/csv does: a \r\n within quotes is a \n.
type csvParser struct {
	*decoder
	comma   byte
	comment byte // begins lines that are left out, or 0
	cells   int  // of each row
	names   []string

	time         int // column of the timestamp
	values, keys []int
	columns      []column // what each column is
	headed       bool     // the names are those of a header
	sameOrder    bool     // a header with another order of the columns is a fault
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

// newCSVParser reads the header, if there is one, and settles the options by the first rows.
func newCSVParser(c *cutter, opts *Options) (*csvParser, []Guess, error) {
	head, err := c.peekComments(opts.Comment)
	if err != nil {
		return nil, nil, err
	}
	r := &csvParser{comma: ',', comment: opts.Comment, sameOrder: opts.Slow}
	if mark, length := namedSeparator(head); length > 0 {
		c.discard(length)
		r.comma = mark
	} else if mark := separator(firstLine(head, opts.Comment), opts.Decimal); mark != 0 {
		r.comma = byte(mark)
	}
	if endsByReturns(head) {
		return nil, nil, badData(Position{Line: 1}, `the lines end with \r alone; expected \n or \r\n: convert them, such as with tr '\r' '\n'`)
	}
	var first Piece
	for {
		if err := c.next(&first); errors.Is(err, io.EOF) {
			return nil, nil, ErrEmpty
		} else if err != nil {
			return nil, nil, err
		}
		rows := r.rowsFrom(&first, 0, 0)
		header, err := rows.read()
		if errors.Is(err, io.EOF) {
			continue // lines without cells
		}
		if err != nil {
			return nil, nil, err
		}
		used, err := r.chooseColumns(header, rows, *opts)
		if err != nil {
			return nil, nil, err
		}
		r.setColumns()
		c.unread(&first, used)
		guesses, err := r.sample(c, opts)
		if err != nil {
			return nil, nil, err
		}
		r.decoder, err = newDecoder(*opts, len(r.values), len(r.keys))
		return r, guesses, err
	}
}

// peekComments returns the first bytes of a text, up to some after the comments before its first row.
func (c *cutter) peekComments(comment byte) (text []byte, err error) {
	err = c.peekUntil(func(head []byte, _ bool) bool {
		text = head
		return firstLine(bytes.TrimPrefix(head, []byte(byteOrderMark)), comment) != nil
	})
	return text, err
}

// firstLine returns the first line that is neither empty nor a comment.
func firstLine(text []byte, comment byte) []byte {
	for line := range bytes.SplitSeq(text, newline) {
		if len(bytes.TrimRight(line, "\r")) > 0 && (comment == 0 || line[0] != comment) {
			return line
		}
	}
	return nil
}

// chooseColumns decides by the first row which columns have the points. It returns how long the
// header is, or 0 if the first row is a point.
func (r *csvParser) chooseColumns(header []string, rows *csvRows, opts Options) (int, error) {
	r.cells = len(header)
	if opts.Time == "" && len(opts.Values) == 0 && len(opts.Keys) == 0 && r.isData(header, opts) {
		if len(header) != 2 {
			return 0, badData(rows.position(0), "the first row is data and has %d cells; expected a header with the names of the columns, or exactly two cells: timestamp and value", len(header))
		}
		r.time, r.values, r.names = 0, []int{1}, []string{"timestamp", "value"}
		return 0, nil
	}
	r.names, r.headed = slices.Clone(header), true
	if err := r.findColumns(opts); err != nil {
		return 0, badData(rows.position(0), "%s", err)
	}
	return rows.offset(), nil
}

// isData reports whether the first row looks like points rather than names.
func (r *csvParser) isData(row []string, opts Options) bool {
	if len(row) < 2 {
		return false
	}
	time := []byte(strings.TrimSpace(row[0]))
	_, isTime := parseRFC3339(time)
	if !isTime {
		_, isTime = parseDecimal(time)
	}
	if layout, err := parseStrftime(opts.TimeFormat); err == nil && opts.TimeFormat != "" {
		_, fault := layout.parse(time)
		isTime = fault == ""
	}
	value := strings.TrimSpace(row[1])
	numbers := newNumberParser(opts)
	_, fault := numbers.parse([]byte(value))
	_, err := strconv.ParseFloat(value, 64) // NaN is no name, either
	return isTime && (fault == "" || err == nil)
}

// timeName returns the name of the column of times.
func (r *csvParser) timeName() string { return strings.TrimSpace(r.names[r.time]) }

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
	if p.table != nil {
		r = p.table
	}
	p.decoded = true
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
	used := 0
	for range someRows {
		err := rows.addPoint(c.piece)
		end := rows.offset()
		if errors.Is(err, io.EOF) {
			used = len(c.text) - c.at
			break
		}
		if err != nil {
			if err = c.leaveOut(c.text[c.at+used:c.at+end], err); err != nil {
				return err
			}
		}
		used = end
	}
	c.line += bytes.Count(c.text[c.at:c.at+used], newline)
	c.at += used
	return nil
}

// isOdd reports whether the number of quotes in rows is odd, without those of comments before them.
func (c *csvCursor) isOdd(row []byte) bool {
	for c.comment != 0 && len(row) > 0 && (row[0] == c.comment || row[0] == '\r' || row[0] == '\n') {
		row = row[endOfLine(row, 0):]
	}
	return odd(row)
}

// leaveOut applies the policy for bad records to a row.
func (c *csvCursor) leaveOut(row []byte, err error) error {
	var data *DataError
	if !errors.As(err, &data) || c.bad.Max <= 0 {
		return err
	}
	if c.piece.long || c.isOdd(row) {
		return badData(data.Position, "%s; a quote is not closed, so the rows after it cannot be told apart, and %s cannot leave it out", data.Message, c.decoder.names.Bad)
	}
	for { // encoding/csv skips what is before the row
		end := endOfLine(row, 0)
		if empty := lineEnd(row, 0) == end; end == len(row) || !empty && (c.comment == 0 || row[0] != c.comment) {
			return c.fault(c.piece, row, data.Position, data.Message)
		}
		row = row[end:]
	}
}

// locate returns the line of a point.
func (*csvParser) locate(p *Piece, i int) Position {
	return Position{Line: p.pos.Line + int64(p.marks[i]), Offset: -1}
}

// csvRows reads rows with encoding/csv, which knows all that a row can be.
type csvRows struct {
	*csvParser
	csv  *csv.Reader
	text []byte   // what csv reads
	long bool     // something follows it that is not in memory
	base Position // where it began
	line int      // and the number of lines before it in the piece

	skipped int // bytes before text that were skipped

	fields []cell
	buffer []byte // of the fields
}

// rowsFrom returns the rows of a piece from an offset, which has some lines before it.
func (r *csvParser) rowsFrom(p *Piece, at, line int) *csvRows {
	return r.rowsIn(p, at, len(p.text()), line)
}

// rowsIn returns the rows of a piece between two offsets.
func (r *csvParser) rowsIn(p *Piece, at, end, line int) *csvRows {
	rows := &csvRows{csvParser: r, text: p.text()[at:end], long: p.long, line: line, base: p.pos}
	rows.base.Offset += int64(at)
	rows.base.Line += int64(line)
	rows.open()
	return rows
}

// open begins to read the text.
func (r *csvRows) open() {
	var src io.Reader = bytes.NewReader(r.text)
	if r.long {
		src = io.MultiReader(src, tooLong{})
	}
	r.csv = csv.NewReader(src)
	r.csv.ReuseRecord, r.csv.Comma, r.csv.FieldsPerRecord = true, rune(r.comma), r.cells
	r.csv.Comment = rune(r.comment)
}

// offset returns how much was read, from where the rows began.
func (r *csvRows) offset() int { return r.skipped + int(r.csv.InputOffset()) }

var errRecordTooLong = errors.New("record too long")

// tooLong is what follows the beginning of a row that is too long.
type tooLong struct{}

func (tooLong) Read([]byte) (int, error) { return 0, errRecordTooLong }

// read returns the next row, or io.EOF.
func (r *csvRows) read() ([]string, error) {
	if err := r.crowded(); err != nil {
		return nil, err
	}
	start := r.base.Offset + r.csv.InputOffset()
	row, err := r.csv.Read()
	var syntax *csv.ParseError
	switch {
	case err == nil:
		row[0] = strings.TrimPrefix(row[0], byteOrderMark) // of a file that was appended
		return row, nil
	case errors.Is(err, errRecordTooLong):
		return nil, badData(Position{Offset: start}, "the row that begins here is longer than %d MiB, the max; is a quote not closed?", MaxRecord>>20)
	case errors.Is(err, csv.ErrFieldCount):
		return nil, badData(r.position(0), "expected %d cells as in the first row, found %d", r.csv.FieldsPerRecord, len(row))
	case errors.Is(err, csv.ErrBareQuote) && errors.As(err, &syntax):
		return nil, badData(r.lineColumn(syntax.Line, syntax.Column), `a quote (") in a cell without quotes; expected the cell in quotes, and "" for each quote within it`)
	case errors.Is(err, csv.ErrQuote) && errors.As(err, &syntax):
		return nil, badData(r.lineColumn(syntax.Line, syntax.Column), `expected a separator or the end of the line after a quote ("), or the quote is not closed; "" is a quote within quotes`)
	case errors.As(err, &syntax):
		return nil, badData(r.lineColumn(syntax.Line, syntax.Column), "%s", strings.TrimPrefix(syntax.Err.Error(), "csv: "))
	default:
		return nil, err
	}
}

// addPoint reads a row and appends its points, or returns io.EOF.
func (r *csvRows) addPoint(p *Piece) error {
	row, err := r.read()
	if err != nil {
		return err
	}
	r.fields, r.buffer = r.fields[:0], r.buffer[:0]
	r.field(row[r.time])
	for _, i := range r.values {
		r.field(row[i])
	}
	for _, i := range r.keys {
		r.field(row[i])
	}
	line, _ := r.csv.FieldPos(r.values[0])
	bad, message := r.record(p, int32(r.line+line-1), r.fields)
	if message == "" {
		return nil
	}
	i := slices.Concat([]int{r.time}, r.values, r.keys)[bad]
	if bad == 0 && r.isHeader(row) {
		if slices.Equal(row, r.csvParser.names) || p.final && r.base.Offset+r.csv.InputOffset() == p.pos.Offset+int64(len(p.text())) {
			return nil
		}
		return badData(r.position(0), "the header comes again, with its columns in another order, in a stream")
	}
	return badData(r.position(i), "column %q: %s", r.csvParser.names[i], message)
}

// field appends a cell of the row.
func (r *csvRows) field(text string) {
	before := len(r.buffer)
	r.buffer = append(r.buffer, text...)
	r.fields = append(r.fields, cell{kind: cellText, text: r.buffer[before:]})
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

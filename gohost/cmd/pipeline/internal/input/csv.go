package input

import (
	"context"
	"encoding/csv"
	"errors"
	"io"
	"strconv"
	"strings"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/epoch"
)

// A csvReader reads rows of cells. A timestamp may be an integer or a time of RFC 3339; a
// value is a number that [parseNumber] accepts.
type csvReader struct {
	rows    *csv.Reader
	limit   *recordLimit
	base    int64 // offset of the first row in the input
	unit    epoch.Unit
	time    int // column of the timestamp
	value   int // column of the value
	names   []string
	first   []string // a first row that was data, not a header
	target  int      // points that Next returns
	points  []gohost.Datapoint
	lines   []int64 // of the points
	failure error   // the error after the last points, such as io.EOF
}

func newCSVReader(b *buffer, opts Options) (*csvReader, error) {
	head, err := b.peek(sniffLength)
	if err != nil {
		return nil, err
	}
	line, _, _ := strings.Cut(string(head), "\n")
	limit := &recordLimit{src: b}
	rows := csv.NewReader(limit)
	rows.ReuseRecord = true
	if mark := separator([]byte(line)); mark != 0 {
		rows.Comma = mark
	}
	r := &csvReader{rows: rows, limit: limit, base: b.offset, unit: opts.Unit, target: max(opts.PieceSize/PointSize, 1)}
	header, err := r.read()
	if errors.Is(err, io.EOF) {
		return nil, ErrEmpty
	}
	if err != nil {
		return nil, err
	}
	if opts.TimeColumn == "" && opts.ValueColumn == "" && r.isData(header) {
		if len(header) != 2 {
			return nil, badData(r.position(0), "the first row is data and has %d cells; expected a header with the names of the columns, or exactly two cells: timestamp and value", len(header))
		}
		r.time, r.value, r.names = 0, 1, []string{"timestamp", "value"}
		r.first = append([]string(nil), header...)
		return r, nil
	}
	r.names = append([]string(nil), header...)
	r.time, r.value, err = columns(r.names, opts.TimeColumn, opts.ValueColumn)
	if err != nil {
		return nil, badData(r.position(0), "%s", err)
	}
	return r, nil
}

// isData reports whether the first row looks like points rather than names.
func (r *csvReader) isData(row []string) bool {
	if len(row) < 2 {
		return false
	}
	_, errTime := r.unit.Parse(strings.TrimSpace(row[0]))
	_, errValue := strconv.ParseFloat(strings.TrimSpace(row[1]), 64)
	return errTime == nil && errValue == nil
}

func (r *csvReader) Next(context.Context) ([]gohost.Datapoint, error) {
	r.points, r.lines = r.points[:0], r.lines[:0]
	for r.failure == nil && len(r.points) < r.target {
		r.failure = r.addRow()
	}
	if len(r.points) == 0 {
		return nil, r.failure
	}
	return r.points, nil
}

// addRow reads a row and adds its point, or returns io.EOF.
func (r *csvReader) addRow() error {
	row := r.first
	r.first = nil
	if row == nil {
		var err error
		if row, err = r.read(); err != nil {
			return err
		}
	}
	timestamp, err := r.unit.Parse(strings.TrimSpace(row[r.time]))
	if err != nil {
		return badData(r.position(r.time), "column %q: %s", r.names[r.time], err)
	}
	value, err := parseNumber(strings.TrimSpace(row[r.value]))
	if err != nil {
		return badData(r.position(r.value), "column %q: %s", r.names[r.value], err)
	}
	line, _ := r.rows.FieldPos(r.value)
	r.points = append(r.points, gohost.Datapoint{Timestamp: timestamp, Value: value})
	r.lines = append(r.lines, int64(line))
	return nil
}

// read returns the next row. All errors except the source's own have a position.
func (r *csvReader) read() ([]string, error) {
	r.limit.reset()
	start := r.base + r.rows.InputOffset()
	row, err := r.rows.Read()
	var syntax *csv.ParseError
	switch {
	case err == nil:
		return row, nil
	case errors.Is(err, errRecordTooLong):
		return nil, badData(Position{Offset: start}, "the row that begins here is longer than %d MiB, the max; is a quote not closed?", MaxRecord>>20)
	case errors.Is(err, csv.ErrFieldCount):
		return nil, badData(r.position(0), "expected %d cells as in the first row, found %d", r.rows.FieldsPerRecord, len(row))
	case errors.As(err, &syntax):
		return nil, badData(Position{Line: int64(syntax.Line), Column: int64(syntax.Column), Offset: -1}, "%s", strings.TrimPrefix(syntax.Err.Error(), "csv: "))
	default:
		return nil, err
	}
}

func (r *csvReader) position(cell int) Position {
	line, column := r.rows.FieldPos(cell)
	return Position{Line: int64(line), Column: int64(column), Offset: -1}
}

// ValueName returns the name of the column of values.
func (r *csvReader) ValueName() string { return strings.TrimSpace(r.names[r.value]) }

// Locate returns the line of a point.
func (r *csvReader) Locate(i int) Position {
	return Position{Line: r.lines[i], Offset: -1}
}

var errRecordTooLong = errors.New("record too long")

// A recordLimit fails if one row needs more than MaxRecord bytes: encoding/csv has no limit
// of its own, and with a quote that is never closed it would read the whole input into
// memory.
type recordLimit struct {
	src  io.Reader
	left int
}

func (l *recordLimit) reset() { l.left = MaxRecord }

func (l *recordLimit) Read(p []byte) (int, error) {
	if l.left <= 0 {
		return 0, errRecordTooLong
	}
	n, err := l.src.Read(p)
	l.left -= n
	return n, err
}

func clip(s string) string {
	const most = 40
	if len(s) > most {
		return strings.ToValidUTF8(s[:most], "") + "…"
	}
	return s
}

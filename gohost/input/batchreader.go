package input

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"time"

	"example.org/compute-pipeline/gohost"
)

// NewBatchReader returns a reader of rows that have types. Options choose the columns as in CSV, and
// say what becomes of missing values and bad rows. What the types say needs no option: times that are
// instants have a unit, and with AutoUnit timestamps count microseconds, or nanoseconds if the column
// does. Times without a zone need Options.Location; dates are those of UTC, or of Options.Location. NaN
// is a missing value. The caller closes the batches.
func NewBatchReader(ctx context.Context, b Batches, opts Options) (*Reader, error) {
	opts.Names = opts.Names.withDefaults()
	opts.Format = Columns
	if err := opts.check(); err != nil {
		return nil, err
	}
	if err := opts.checkFormat(); err != nil {
		return nil, err
	}
	table := csvParser{names: b.Names()}
	if err := table.findColumns(opts); err != nil {
		return nil, badData(Position{Offset: -1}, "%s", err)
	}
	chosen := slices.Concat([]int{table.time}, table.values, table.keys)
	if err := b.Select(chosen); err != nil {
		return nil, badData(Position{Offset: -1}, "%s", err)
	}
	r := &Reader{Format: opts.Format, batches: &batchSource{src: b}}
	p := &batchParser{}
	for _, i := range chosen {
		p.names = append(p.names, table.names[i])
	}
	first := &r.batches.first
	if err := b.Next(ctx, first); errors.Is(err, io.EOF) {
		return nil, ErrEmpty
	} else if err != nil {
		return nil, err
	}
	r.batches.peeked = true
	times := &first.Columns[0]
	if opts.TimeFormat != "" && times.Kind != Texts && times.Kind != Integers {
		return nil, &OptionError{Option: opts.Names.TimeFormat, Format: opts.Format, Needs: fmt.Sprintf("times that are texts or integers, which column %q has not", p.names[0])}
	}
	r.typedTimes = times.isTime()
	r.guesses = sampleColumn(times).settle(&opts, false)
	var err error
	if r.decoder, err = newDecoder(opts, len(table.values), len(table.keys)); err != nil {
		return nil, err
	}
	p.decoder, p.typed = r.decoder, opts.TimeFormat == ""
	r.parser, r.opts = p, opts
	return r, nil
}

// sampleColumn looks at the first times.
func sampleColumn(c *Column) *sampling {
	s := &sampling{}
	switch c.Kind {
	case Instants, LocalTimes:
		s.decimals = decimals(c.Unit)
	case Integers:
		for _, v := range c.Integers[:min(len(c.Integers), maxSamples)] {
			s.see(strconv.AppendInt(nil, v, 10))
		}
	case Floats:
		for _, v := range c.Floats[:min(len(c.Floats), maxSamples)] {
			s.see(strconv.AppendFloat(nil, v, 'f', -1, 64))
		}
	case Texts, Decimals:
		for i := range c.Ends[:min(len(c.Ends), maxSamples)] {
			s.see(c.TextAt(i))
		}
	}
	return s
}

// A batchSource gives the batches of a reader, the first of which was looked at.
type batchSource struct {
	src    Batches
	first  Batch
	peeked bool
}

// next makes p a piece of the next batch.
func (s *batchSource) next(ctx context.Context, p *Piece) error {
	p.begin(Position{Offset: -1}, 0)
	if s.peeked {
		s.peeked = false
		p.batch, s.first = s.first, p.batch
		return nil
	}
	return s.src.Next(ctx, &p.batch)
}

// A batchParser makes points of rows that have types.
type batchParser struct {
	decoder *decoder
	names   []string // of the columns in batches
	typed   bool     // integers are times as they are, not by a format
}

func (b *batchParser) locate(p *Piece, i int) Position {
	return Position{Offset: -1, Row: p.batch.First + int64(p.marks[i])}
}

func (b *batchParser) parse(ctx context.Context, p *Piece) error {
	p.decoded = true
	rows := b.rows(p)
	for i := range p.batch.Rows {
		if i%1024 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if !rows.usual(i) {
			if err := rows.any(i); err != nil {
				return err
			}
		}
		rows.step(i)
	}
	return nil
}

// batchRows goes through the rows of a piece.
type batchRows struct {
	*batchParser
	piece   *Piece
	columns []Column
	lent    *Column // of the keys, if they are its texts
	next    []int   // of each column, which of its values comes next
	cells   []cell
	text    []byte // of the cells
}

func (b *batchParser) rows(p *Piece) *batchRows {
	r := &batchRows{batchParser: b, piece: p, columns: p.batch.Columns[:len(b.names)], next: make([]int, len(b.names)), cells: make([]cell, len(b.names))}
	if last := &r.columns[len(r.columns)-1]; b.decoder.keys == 1 && last.Kind == Texts {
		r.lent = last
		p.keys.lend(last)
	}
	return r
}

// step goes to the next row.
func (r *batchRows) step(row int) {
	for i := range r.columns {
		if !r.missing(i, row) {
			r.next[i]++
		}
	}
}

func (r *batchRows) missing(column, row int) bool {
	c := &r.columns[column]
	return c.Missing != nil && c.Missing[row]
}

// usual appends the points of a row whose time and values are numbers, or reports false.
func (r *batchRows) usual(row int) bool {
	for i := range r.columns {
		if r.missing(i, row) {
			return false
		}
	}
	timestamp, ok := r.timestamp()
	if !ok {
		return false
	}
	d, p := r.decoder, r.piece
	before := len(p.Points)
	for i := range d.values {
		value := 0.0
		switch c := &r.columns[1+i]; c.Kind {
		case Floats:
			value = c.Floats[r.next[1+i]]
		case Integers:
			value = float64(c.Integers[r.next[1+i]])
		default:
			ok = false
		}
		if !ok || math.IsNaN(value) || math.IsInf(value, 0) {
			p.Points, p.columns = p.Points[:before], p.columns[:min(before, len(p.columns))]
			return false
		}
		p.addPoint(gohost.Datapoint{Timestamp: timestamp, Value: value}, i, d.values)
	}
	if r.lent != nil {
		begin, end := r.lent.span(r.next[len(r.next)-1])
		d.count(p, d.values, int32(row))
		p.keys.add(d.values, begin, end)
		return true
	}
	key := len(p.keys.text)
	for i := range d.keys {
		part := 1 + d.values + i
		switch {
		case d.keys == 1:
			p.keys.text = r.appendText(p.keys.text, part)
		default:
			r.text = r.appendText(r.text[:0], part)
			p.keys.text = appendKeyPart(p.keys.text, r.text, i)
		}
	}
	d.endRecord(p, d.values, key, int32(row))
	return true
}

// timestamp returns the timestamp of a row whose time is a number, or reports false.
func (r *batchRows) timestamp() (uint64, bool) {
	c, clock := &r.columns[0], &r.decoder.times.clock
	switch {
	case c.Kind == Integers && r.typed:
		if v := c.Integers[r.next[0]]; v >= 0 {
			t, fault := clock.count(uint64(v))
			return t, fault == ""
		}
	case c.Kind == Instants:
		v := c.Integers[r.next[0]]
		per := int64(c.Unit.PerSecond())
		seconds, parts := v/per, v%per
		if parts < 0 {
			seconds, parts = seconds-1, parts+per
		}
		t, fault := clock.at(seconds, uint64(parts)*uint64(1e9/per))
		return t, fault == ""
	}
	return 0, false
}

// any appends the points of a row of any kind, by way of text.
func (r *batchRows) any(row int) error {
	r.text = r.text[:0]
	for i := range r.columns {
		r.cells[i] = cell{kind: cellNull, text: []byte("null")}
		if r.missing(i, row) {
			continue
		}
		begin := len(r.text)
		r.text = r.appendText(r.text, i)
		r.cells[i] = cell{kind: r.columns[i].cellKind(r.next[i]), text: r.text[begin:len(r.text):len(r.text)]}
	}
	bad, message := r.decoder.record(r.piece, int32(row), r.cells)
	if message == "" {
		return nil
	}
	at := Position{Offset: -1, Row: r.piece.batch.First + int64(row)}
	return r.decoder.fault(r.piece, r.raw(), at, fmt.Sprintf("column %q: %s", r.names[bad], message))
}

// cellKind says what the text of the i-th value is to a decoder.
func (c *Column) cellKind(i int) cellKind {
	switch {
	case c.Kind == Floats && math.IsNaN(c.Floats[i]) || c.Kind == Decimals && string(c.TextAt(i)) == "NaN":
		return cellText // one that is missing
	case c.Kind == Integers || c.Kind == Decimals || c.Kind == Floats:
		return cellNumber
	case c.Kind == Booleans:
		return cellBool
	}
	return cellText
}

// raw returns the row as a line, for a person.
func (r *batchRows) raw() []byte {
	var line []byte
	for i, c := range r.cells {
		line = fmt.Appendf(line, "%s=%q ", r.names[i], c.text)
	}
	return append(line[:max(len(line)-1, 0)], '\n')
}

// appendText appends the next value of a column as a text.
func (r *batchRows) appendText(dst []byte, column int) []byte {
	c, i := &r.columns[column], r.next[column]
	if c.isTime() && c.Integers[i] == math.MaxInt64 {
		return append(dst, "infinity"...)
	} else if c.isTime() && c.Integers[i] == math.MinInt64 {
		return append(dst, "-infinity"...)
	}
	switch c.Kind {
	case Integers:
		return strconv.AppendInt(dst, c.Integers[i], 10)
	case Floats:
		return strconv.AppendFloat(dst, c.Floats[i], 'f', -1, 64)
	case Booleans:
		return strconv.AppendBool(dst, c.Integers[i] != 0)
	case Instants:
		return c.time(i).AppendFormat(dst, time.RFC3339Nano)
	case LocalTimes:
		return c.time(i).AppendFormat(dst, "2006-01-02T15:04:05.999999999")
	case Dates:
		return time.Unix(0, 0).UTC().AddDate(0, 0, int(min(max(c.Integers[i], math.MinInt32), math.MaxInt32))).AppendFormat(dst, time.DateOnly)
	}
	return append(dst, c.TextAt(i)...)
}

// time returns an instant, or a time of UTC that looks like a local time.
func (c *Column) time(i int) time.Time {
	per := int64(c.Unit.PerSecond())
	v := c.Integers[i]
	return time.Unix(v/per, v%per*(1e9/per)).UTC()
}

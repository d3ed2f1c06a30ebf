package input

import (
	"bytes"
	"fmt"
)

// A BadPolicy says what becomes of records that do not parse. The zero value makes the first one the
// error of the input.
type BadPolicy struct {
	// Max is how many are left out. One more is the error of the input.
	Max int64
	// Record is called with each that is left out, in the order of the input, by the goroutine that
	// called [Each]. It may be nil. Its error ends the reading.
	Record func(BadRecord) error
}

// A BadRecord is a record that was left out.
type BadRecord struct {
	Position Position
	Message  string
	Text     []byte // as it is in the input; valid until Record returns
}

// Counts are how many records an input had, and what became of them. With V values in each record,
// V·(Records - Bad) is Points + Missing.
type Counts struct {
	Records int64 // with those that are bad
	Points  int64
	Missing int64 // values that were missing, or whose time was
	Bad     int64
}

// Add adds the counts of another input.
func (c *Counts) Add(more Counts) {
	c.Records += more.Records
	c.Points += more.Points
	c.Missing += more.Missing
	c.Bad += more.Bad
}

// fault applies the policy to a record that does not parse: it returns nil if the record is left out.
func (d *decoder) fault(p *Piece, raw []byte, at Position, message string) error {
	if d.bad.Max <= 0 {
		return badData(at, "%s", message)
	}
	p.counts.Records++
	p.counts.Bad++
	bad := BadRecord{Position: at, Message: message}
	if d.bad.Record != nil {
		bad.Text = bytes.Clone(raw)
	}
	p.bad = append(p.bad, bad)
	if int64(len(p.bad)) > d.bad.Max { // the reader finds it, too, and gives the error its number
		return badData(at, "%s", message)
	}
	return nil
}

// settle takes the counts and bad records of a piece, in the order of the input. It returns an error, and
// then the piece is not to be used, if there are too many.
func (r *Reader) settle(p *Piece) error {
	limit := r.opts.Bad.Max
	for i, bad := range p.bad {
		if r.counts.Bad+int64(i) == limit {
			return badData(bad.Position, "%s (%d bad records were left out before, the max of %s)", bad.Message, limit, r.opts.Names.Bad)
		}
		if r.opts.Bad.Record != nil {
			if err := r.opts.Bad.Record(bad); err != nil {
				return fmt.Errorf("%s: %w", bad.Position, err)
			}
		}
	}
	r.counts.Add(p.counts)
	return nil
}

// Counts returns the counts of the pieces that are done. It is for the goroutine that calls [Each].
func (r *Reader) Counts() Counts { return r.counts }

// nothingLeft is the error of an input without points.
func (r *Reader) nothingLeft() error {
	if r.counts.Bad+r.counts.Missing == 0 {
		return ErrEmpty
	}
	return fmt.Errorf("%w; %d records are bad and %d values are missing", ErrEmpty, r.counts.Bad, r.counts.Missing)
}

package input

import (
	"example.org/compute-pipeline/gohost"
)

// spare is how many bytes a piece has before its text and after it, for the brackets of a JSON
// array.
const spare = 1

// A Piece is a part of an input, with its points.
type Piece struct {
	// Points are those before the first fault. They are valid until the piece is done.
	Points []gohost.Datapoint

	buf   []byte // spare bytes, and the text; its capacity has as many more
	pos   Position
	final bool // the input ends with it, and its last record may lack an end
	ended bool // the text ends with it, and only white space may follow
	long  bool // it is the beginning of a record that is too long

	parser parser
	marks  []int32 // of each point, what the parser finds its position by
	joined joined  // for an ndjsonParser
	keys   keys

	values  int      // of each record
	columns []uint16 // of each point, if a record has several values

	batch   Batch       // of a batchParser
	table   *csvParser  // instead of the reader's, after a header with another order of the columns
	decoded bool        // by a decoder, not by the engine
	counts  Counts      // of the records before the first fault
	bad     []BadRecord // those that were left out
}

// text is the text of the piece.
func (p *Piece) text() []byte { return p.buf[spare:] }

// at returns the position of the i-th byte of the text.
func (p *Piece) at(i int) Position { return p.pos.after(p.text()[:i]) }

// End returns the position after the piece, where the next one begins. It is not for JSON arrays,
// whose pieces overlap.
func (p *Piece) End() Position { return p.at(len(p.text())) }

// Locate returns the position of the i-th point.
func (p *Piece) Locate(i int) Position { return p.parser.locate(p, i) }

// begin makes p a piece without text yet.
func (p *Piece) begin(pos Position, target int) {
	const many = 4
	if cap(p.buf) > many*(target+2*spare) {
		*p = Piece{} // a long record has come and gone
	}
	p.pos, p.final, p.ended, p.long = pos, false, false, false
	p.Points, p.marks, p.columns = p.Points[:0], p.marks[:0], p.columns[:0]
	p.keys.reset()
	p.table, p.decoded, p.counts, p.bad = nil, false, Counts{}, p.bad[:0]
	if cap(p.buf) < spare {
		p.buf = make([]byte, 0, target+2*spare)
	}
	p.buf = p.buf[:spare]
}

// reset takes back what a parser has made of the piece.
func (p *Piece) reset() {
	p.Points, p.marks, p.columns = p.Points[:0], p.marks[:0], p.columns[:0]
	p.keys.reset()
	p.decoded, p.counts, p.bad = false, Counts{}, p.bad[:0]
}

// room returns room for more text: up to target, and then as much as there is. One byte more
// than a record may have shows that it is too long.
func (p *Piece) room(target int) []byte {
	size := len(p.text())
	want := target
	if size >= target {
		want = max(min(2*size, MaxRecord+1), size+1)
	}
	if want += 2 * spare; cap(p.buf) < want {
		buf := make([]byte, len(p.buf), max(want, min(2*cap(p.buf), MaxRecord+1+2*spare)))
		copy(buf, p.buf)
		p.buf = buf
	}
	return p.buf[len(p.buf) : want-spare]
}

package input

import (
	"bytes"
)

// csvBorders are ends of lines outside of quotes. After a quote where none may be, they are at the
// wrong places, but the row with that quote is a fault, before all of them.
//
// A header in the middle of the input, of a file that was appended to another, begins a piece if it has
// its columns in another order. The rows after it are those of a parser for that order.
type csvBorders struct {
	wholeBorders
	odd     bool // the number of quotes up to where the last call ended
	comment byte // begins lines whose quotes do not count, or 0
	border  int  // the last one that was found, with comments

	table    *csvParser // the rows at the end of what was scanned; nil without a header
	mark     []byte     // a name in the header
	size     int        // of the header without the end of its line
	first    *csvParser // of the reader
	searched int        // how much of the text was searched for headers
	stopped  bool       // a piece ends at the last border
}

func (b *csvBorders) last(text []byte, from int) (int, bool) {
	border := 0
	if b.comment == 0 {
		border = b.lastRow(text, from)
	} else {
		border = b.lastCommented(text, from)
	}
	if from == 0 {
		b.searched, b.stopped = 0, false
	}
	if b.table != nil && border > b.searched {
		return b.search(text, border), false
	}
	return border, false
}

func (b *csvBorders) lastRow(text []byte, from int) int {
	before := from > 0 && b.odd
	b.odd = before != odd(text[from:])
	inside := b.odd
	for end := len(text); ; {
		last := bytes.LastIndexByte(text[from:end], '\n')
		if last < 0 {
			return 0
		}
		last += from
		if inside = inside != odd(text[last:end]); !inside {
			return last + 1
		}
		end = last
	}
}

// lastCommented is lastRow where a row may be a comment.
func (b *csvBorders) lastCommented(text []byte, from int) int {
	if from == 0 {
		b.border = 0
	}
	for at := b.border; at < len(text); {
		inside := false
		for {
			size := bytes.IndexByte(text[at:], '\n')
			if size < 0 {
				return b.border
			}
			line := text[at : at+size]
			at += size + 1
			if comment := !inside && len(line) > 0 && line[0] == b.comment; comment {
				break
			}
			if inside = inside != odd(line); !inside {
				break
			}
		}
		b.border = at
	}
	return b.border
}

// odd reports whether the number of quotes in text is odd.
func odd(text []byte) bool { return bytes.Count(text, quoteMark)%2 != 0 }

var quoteMark = []byte{'"'}

// follow makes the borders find headers like that of a parser.
func (b *csvBorders) follow(r *csvParser) {
	if !r.headed || r.sameOrder {
		return
	}
	b.table, b.first = r, r
	for _, name := range r.names {
		b.size += len(name) + 1
		if len(name) > len(b.mark) {
			b.mark = []byte(name)
		}
	}
	b.size--
	if bytes.ContainsAny(b.mark, "\"\r\n") {
		b.table = nil
	}
}

// search looks for headers before a border. It returns the border, or that before a header after which
// the columns have another order.
func (b *csvBorders) search(text []byte, border int) int {
	for at := b.searched; ; {
		found := bytes.Index(text[at:border], b.mark)
		if found < 0 {
			b.searched = border
			return border
		}
		at += found
		begin := bytes.LastIndexByte(text[:at], '\n') + 1
		end := endOfLine(text[:border], at)
		at = end
		line := bytes.TrimRight(text[begin:end], "\r\n")
		if plain := len(line) - bytes.Count(line, quoteMark); plain != b.size || begin < b.searched {
			continue
		}
		table := b.first.reordered(line)
		if table == nil || b.comment == 0 && odd(text[:begin]) {
			continue
		}
		if table.hasOrderOf(b.table) {
			continue
		}
		if begin > 0 {
			b.searched, b.stopped = begin, true
			return begin
		}
		b.table = table
	}
}

// stop reports whether a piece ends at the border that last returned.
func (b *csvBorders) stop() bool { return b.stopped }

// assign gives a piece the order of its columns.
func (b *csvBorders) assign(p *Piece) { p.table = b.table }

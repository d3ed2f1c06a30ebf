package input

import (
	"bytes"
	"fmt"
)

// A Position is a position in an input.
type Position struct {
	// Offset counts bytes from 0, after decompression; -1 if it is unknown.
	Offset int64
	// Line counts from 1; 0 in a binary input.
	Line int64
	// Column counts bytes from 1; 0 if it is unknown.
	Column int64
	// Row counts from 1, in [Batches]; 0 in other inputs.
	Row int64
}

// String returns the position for an error message, such as
// "line 3, column 14 (byte offset 96)".
func (p Position) String() string {
	var s string
	switch {
	case p.Row > 0:
		s = fmt.Sprintf("row %d", p.Row)
	case p.Line > 0 && p.Column > 0:
		s = fmt.Sprintf("line %d, column %d", p.Line, p.Column)
	case p.Line > 0:
		s = fmt.Sprintf("line %d", p.Line)
	}
	switch {
	case p.Offset < 0:
		return s
	case s == "":
		return fmt.Sprintf("byte offset %d", p.Offset)
	default:
		return fmt.Sprintf("%s (byte offset %d)", s, p.Offset)
	}
}

// after returns the position after text, which begins at p.
func (p Position) after(text []byte) Position {
	p.Offset += int64(len(text))
	p.Column += int64(len(text))
	if last := bytes.LastIndexByte(text, '\n'); last >= 0 {
		p.Line += int64(bytes.Count(text, newline))
		p.Column = int64(len(text) - last)
	}
	return p
}

var newline = []byte{'\n'}

package gohost

import (
	"bytes"
	"context"
	"slices"
	"sync/atomic"

	"example.org/compute-pipeline/gohost/internal/fuel"
	"example.org/compute-pipeline/gohost/sandbox"
)

// textPart is the min size in bytes of a part of a text: about 1 ms of work.
const textPart = 1 << 20

// textPiece is a part of an array's text, from one record to another.
type textPiece struct {
	// open and end replace the bracket or comma on each side of text, or are empty where it
	// has the array's own bracket.
	open, text, end []byte
	// at and room are where its points are put, and how many there may be; n is how many
	// there are.
	at, room, n int
}

var openBrace, openBracket, closeBracket = []byte{'{'}, []byte{'['}, []byte{']'}

// cutText divides a text at commas that look as if they were between two records, in pieces
// of at least size bytes, and returns how many points they have room for: a record that is an
// object has a brace, and few texts have others. It returns no pieces if there are fewer than
// two.
//
// If each piece is the text of an array, by JSON's grammar the whole text is that of an array
// of all their elements. A comma elsewhere, in a string or a nested list, leaves a piece that
// is not.
func cutText(raw []byte, size int) (pieces []textPiece, room int) {
	n := min(len(raw)/size, maxParts)
	begin, open := 0, []byte(nil)
	add := func(end int, closing []byte) {
		piece := textPiece{open: open, text: raw[begin:end], end: closing, at: room}
		piece.room = bytes.Count(piece.text, openBrace)
		room += piece.room
		pieces = append(pieces, piece)
		begin, open = end+1, openBracket
	}
	for k := 1; k < n; k++ {
		from, to := len(raw)/n*k, len(raw)/n*(k+1)
		if comma := betweenRecords(raw[from:to]); comma >= 0 {
			add(from+comma, closeBracket)
		}
	}
	if pieces == nil {
		return nil, 0
	}
	add(len(raw), nil)
	return pieces, room
}

// betweenRecords returns the index of the first comma between braces, as between two records,
// or -1.
func betweenRecords(text []byte) int {
	const space = " \t\r\n"
	for at := 0; ; {
		brace := bytes.IndexByte(text[at:], '}')
		if brace < 0 {
			return -1
		}
		at += brace + 1
		after := bytes.TrimLeft(text[at:], space)
		if len(after) > 0 && after[0] == ',' && bytes.HasPrefix(bytes.TrimLeft(after[1:], space), openBrace) {
			return len(text) - len(after)
		}
	}
}

// validateParts is validateWhole for a long text, in parts at the same time. It reports
// whether it has the result: if not, validateWhole returns the points or the error, with its
// place in the whole text.
func validateParts(in *sandbox.Instance, dst []Datapoint, raw []byte, size int) (list []Datapoint, ok bool, err error) {
	pieces, room := cutText(raw, size)
	// Points take no more memory than the text, unless it has many braces elsewhere.
	if len(pieces) == 0 || room*datapointSize > len(raw) {
		return nil, false, nil
	}
	list = dst
	if cap(dst)-len(dst) < room {
		if in.Reserve(room*datapointSize) != nil {
			return nil, false, nil // there may be fewer points
		}
		list = slices.Grow(dst, room)
	}
	list = list[:len(dst)+room]
	var differs atomic.Bool
	err = in.Parts(len(pieces), func(ctx context.Context, in *sandbox.Instance, part int) error {
		if differs.Load() {
			return nil
		}
		same, err := pieces[part].validate(ctx, in, list[len(dst):])
		if err == nil && !same {
			// The others are not stopped: an instance stopped midway could not go on.
			differs.Store(true)
		}
		return err
	})
	if err != nil || differs.Load() {
		in.Unreserve()
		return nil, false, err
	}
	end := len(dst)
	for _, p := range pieces {
		if from := len(dst) + p.at; from != end {
			copy(list[end:], list[from:from+p.n])
		}
		end += p.n
	}
	return list[:end], true, nil
}

// validate puts the points of the piece into its room in list. It reports whether the guest
// took the piece for an array with no more points than that.
func (p *textPiece) validate(ctx context.Context, in *sandbox.Instance, list []Datapoint) (bool, error) {
	c := in.Call(ctx, fnValidateStream)
	c.PushJoined(p.open, p.text, p.end)
	c.Invoke()
	at, _, isErr := popResult(c, listSize, listAlign)
	if !isErr {
		checkLength(c, at, datapointSize, datapointAlign, func(n int) error { return checkValidated(n, len(p.text)+2) })
		if p.n = c.ListLen(at, datapointSize, datapointAlign); p.n <= p.room {
			datapoints.Load(c, at, list[p.at:p.at:p.at+p.room])
		}
	}
	if err := c.Done(); err != nil {
		return false, err
	}
	return !isErr && p.n <= p.room, fuel.Check(ctx)
}

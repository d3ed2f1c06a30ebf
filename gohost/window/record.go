package window

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/stream"
)

// A record is what is known of a window of a series, in a part of the table: its points are those of the
// state, those of the sums, and the others. All is valid until the next record of the same source is read.
type record struct {
	key    []byte
	column uint32
	span   stream.Span
	state  []byte
	sums   sums
	points []gohost.Datapoint
	ends   Ends
	values values
	room   []byte // for a state
}

// settle makes a state of the sums. There must be no state.
func (r *record) settle() {
	if r.sums.count > 0 {
		r.room = r.sums.appendState(r.room[:0])
		r.state, r.sums = r.room, sums{}
	}
}

// compare is the order of the results: by the start, then the key, then the column.
func (r *record) compare(o *record) int {
	if c := cmp.Compare(r.span.Start, o.span.Start); c != 0 {
		return c
	}
	return cmp.Or(bytes.Compare(r.key, o.key), cmp.Compare(r.column, o.column), cmp.Compare(r.span.Last, o.span.Last))
}

// values are ranks of values in their order. Those of a file are read as they are needed.
type values struct {
	held []uint64
	file io.Reader
	more uint64 // that are in the file
	// Instead, those of several records:
	merged *mergedValues
}

func (v *values) count() uint64 {
	if v.merged != nil {
		return v.merged.count()
	}
	return uint64(len(v.held)) + v.more
}

// next returns the next value. There must be one.
func (v *values) next() (uint64, error) {
	if v.merged != nil {
		return v.merged.next()
	}
	if len(v.held) > 0 {
		first := v.held[0]
		v.held = v.held[1:]
		return first, nil
	}
	var word [8]byte
	if _, err := io.ReadFull(v.file, word[:]); err != nil {
		return 0, early(err)
	}
	v.more--
	return binary.LittleEndian.Uint64(word[:]), nil
}

// A source has records in their order.
type source interface {
	// next reads the next record, or returns io.EOF.
	next(r *record) error
}

// A recordWriter writes the records of a part.
type recordWriter struct {
	blocks *blockWriter
	ends   bool
	ranks  bool
	buf    []byte
}

func (w *recordWriter) write(r *record) error {
	b := binary.AppendUvarint(w.buf[:0], r.span.Start)
	b = binary.AppendUvarint(b, r.span.Last-r.span.Start)
	b = binary.AppendUvarint(b, uint64(r.column))
	b = appendBytes(b, r.key)
	b = appendBytes(b, r.state)
	points := uint64(len(r.points))
	if r.sums.count == 1 {
		points++
	}
	b = binary.AppendUvarint(b, points)
	for _, p := range r.points {
		b = appendPoint(b, p)
	}
	if r.sums.count == 1 { // a point needs less
		b = append(appendPoint(b, gohost.Datapoint{Timestamp: r.sums.first, Value: r.sums.min}), 0)
	} else {
		b = appendSums(b, &r.sums)
	}
	if w.ends {
		var err error
		if b, err = r.ends.AppendBinary(b); err != nil {
			return err
		}
	}
	if w.ranks {
		b = binary.AppendUvarint(b, r.values.count())
		for r.values.count() > 0 {
			v, err := r.values.next()
			if err != nil {
				return err
			}
			if b = binary.LittleEndian.AppendUint64(b, v); len(b) >= blockSize {
				if _, err := w.blocks.Write(b); err != nil {
					return err
				}
				b = b[:0]
			}
		}
	}
	w.buf = b
	_, err := w.blocks.Write(b)
	return err
}

func appendPoint(b []byte, p gohost.Datapoint) []byte {
	b = binary.LittleEndian.AppendUint64(b, p.Timestamp)
	return binary.LittleEndian.AppendUint64(b, math.Float64bits(p.Value))
}

func appendSums(b []byte, s *sums) []byte {
	b = binary.AppendUvarint(b, uint64(s.count))
	if s.count == 0 {
		return b
	}
	b = binary.AppendUvarint(b, uint64(s.unit))
	for _, word := range [...]uint64{
		math.Float64bits(s.min), math.Float64bits(s.max), s.first, s.last,
		s.sum[0], s.sum[1], s.squares[0], s.squares[1], s.squares[2],
	} {
		b = binary.LittleEndian.AppendUint64(b, word)
	}
	return b
}

func appendBytes(b, bytes []byte) []byte {
	return append(binary.AppendUvarint(b, uint64(len(bytes))), bytes...)
}

// A recordReader reads the records of a part.
type recordReader struct {
	in          *bufio.Reader
	ends, ranks bool
	left        *values // of the record before
	err         error
}

func (s *recordReader) next(r *record) error {
	for s.left != nil && s.left.count() > 0 {
		if _, err := s.left.next(); err != nil {
			return err
		}
	}
	start, err := binary.ReadUvarint(s.in)
	if err != nil {
		if errors.Is(err, io.EOF) {
			return io.EOF
		}
		return err
	}
	s.err = nil
	r.span.Start = start
	r.span.Last = start + s.number()
	r.column = uint32(s.number())
	r.key = s.bytes(r.key)
	r.state = s.bytes(r.state)
	r.points = r.points[:0]
	for n := s.number(); n > 0 && s.err == nil; n-- {
		r.points = append(r.points, gohost.Datapoint{Timestamp: s.word(), Value: math.Float64frombits(s.word())})
	}
	r.sums = s.sums()
	if s.ends {
		var data [endsSize]byte
		if s.err == nil {
			_, err := io.ReadFull(s.in, data[:])
			if s.err = early(err); s.err == nil {
				s.err = r.ends.UnmarshalBinary(data[:])
			}
		}
	}
	if s.ranks {
		r.values = values{file: s.in, more: s.number()}
		s.left = &r.values
	}
	return s.err
}

func (s *recordReader) sums() (all sums) {
	if all.count = uint32(s.number()); all.count > 0 {
		all.unit = uint16(s.number())
		all.min, all.max = math.Float64frombits(s.word()), math.Float64frombits(s.word())
		all.first, all.last = s.word(), s.word()
		for i := range all.sum {
			all.sum[i] = s.word()
		}
		for i := range all.squares {
			all.squares[i] = s.word()
		}
	}
	return all
}

func (s *recordReader) number() uint64 {
	if s.err != nil {
		return 0
	}
	n, err := binary.ReadUvarint(s.in)
	s.err = early(err)
	return n
}

func (s *recordReader) word() uint64 {
	var word [8]byte
	if s.err == nil {
		_, err := io.ReadFull(s.in, word[:])
		s.err = early(err)
	}
	return binary.LittleEndian.Uint64(word[:])
}

func (s *recordReader) bytes(room []byte) []byte {
	n := s.number()
	if s.err != nil || n > 1<<20 {
		s.err = cmp.Or(s.err, errDamaged)
		return room[:0]
	}
	if uint64(cap(room)) < n {
		room = make([]byte, n)
	}
	room = room[:n]
	_, err := io.ReadFull(s.in, room)
	s.err = early(err)
	return room
}

// early returns an error of the end of a file within a record as that.
func early(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("the spill file ends early: %w", io.ErrUnexpectedEOF)
	}
	return err
}

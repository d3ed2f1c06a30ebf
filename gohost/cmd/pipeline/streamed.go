package main

import (
	"encoding/binary"
	"fmt"

	"example.org/compute-pipeline/gohost/input"
	"example.org/compute-pipeline/gohost/stream"
	"example.org/compute-pipeline/gohost/window"
)

// A streamed run computes windows with an operator of package stream: one that follows its input, or one of
// sessions. With several columns of values, a series of the stream is a key with a column.
type streamed struct {
	*runCommand
	points []stream.Point
	keys   []byte
	ends   []int // of the key of each point
}

// options are those of the operator.
func (s *streamed) options() []stream.Option {
	columns := max(len(s.ValueColumn), 1)
	return []stream.Option{
		stream.WithMaxKeys(s.maxKeys() * columns),
		stream.WithMaxMemory(int64(s.Memory) << 20 / tableShare),
	}
}

// summaries returns the engine of the operator.
func (s *streamed) summaries(engine *runEngine) stream.Engine[window.Summary] {
	return s.statistics.Engine(engine.Engine)
}

// of returns the points of a piece before the first fault, and the fault. They are valid until the next call.
func (s *streamed) of(p *input.Piece) (points []stream.Point, fault error) {
	s.points, s.keys, s.ends = s.points[:0], s.keys[:0], s.ends[:0]
	n, fault := s.usable(p)
	for i, point := range p.Points[:n] {
		before := len(s.keys)
		if len(s.ValueColumn) > 1 {
			s.keys = append(s.keys, input.JoinKey(string(p.Key(i)), columnKey(p.Column(i)))...)
		} else {
			s.keys = append(s.keys, p.Key(i)...)
		}
		if size := len(s.keys) - before; size > stream.MaxKeySize {
			fault = &input.DataError{Position: p.Locate(i), Message: fmt.Sprintf("a key of %d bytes with its column, of %q; at most %d are allowed", size, s.GroupBy, stream.MaxKeySize)}
			break
		}
		s.ends = append(s.ends, len(s.keys))
		s.points = append(s.points, stream.Point{Datapoint: point})
	}
	// One string for all, of which the keys are parts.
	keys, begin := string(s.keys), 0
	for i, end := range s.ends {
		s.points[i].Key, begin = keys[begin:end], end
	}
	return s.points, fault
}

// columnKey is a part of a key that is in the order of the columns.
func columnKey(column int) string { return string(binary.BigEndian.AppendUint16(nil, uint16(column))) }

// row returns the row of a result.
func (s *streamed) row(r stream.Result[window.Summary]) (window.Row, error) {
	row, err := s.statistics.Row(s.grid, r.Span, r.Value)
	if err != nil {
		return row, err
	}
	row.Key = r.Key
	return row, s.unkey(&row)
}

// unkey makes the key of a row in the stream that of its series, and its column.
func (s *streamed) unkey(row *window.Row) error {
	if len(s.ValueColumn) < 2 {
		return nil
	}
	parts, ok := input.SplitKey(row.Key, 2)
	if !ok || len(parts[1]) != len(columnKey(0)) {
		return fmt.Errorf("%q is no key with a column", row.Key)
	}
	column := int(binary.BigEndian.Uint16([]byte(parts[1])))
	if column >= len(s.ValueColumn) {
		return fmt.Errorf("%q has a column that is not there", row.Key)
	}
	row.Key, row.Column = parts[0], column
	return nil
}

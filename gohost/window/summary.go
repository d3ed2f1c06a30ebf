package window

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/stream"
)

// A Summary is the result of a window of a stream, for [Set.Row].
type Summary struct {
	Stat  gohost.Statistics
	Extra Extra
}

// Engine returns an engine for package stream whose results have all that a set needs. Its states are those of the
// given engine; beside them they have the first and the last value, 32 bytes, if [Set.NeedsEnds] says so, and
// all values, 8 bytes each, if there are [Set.Quantiles].
func (s Set) Engine(engine stream.Engine[gohost.Statistics]) stream.Engine[Summary] {
	return &summaries{engine: engine, states: s.NeedsState(), ends: s.NeedsEnds(), values: len(s.Quantiles()) > 0}
}

// Row returns the row of a window that an engine of [Set.Engine] has summarized.
func (s Set) Row(grid *Grid, span Span, summary Summary) (Row, error) {
	row, err := grid.Row(span, summary.Stat)
	if err != nil {
		return Row{}, err
	}
	return row, s.Complete(&row, grid.Clock(), summary.Extra)
}

// summaries fold points into states that have, one after the other, the values as they came, the ends, the state of the
// engine, and the number of values (8 bytes), of which those that are not needed are not there. The values are first, so
// that folding appends to them in place.
type summaries struct {
	engine               stream.Engine[gohost.Statistics]
	states, ends, values bool
}

// parts are those of a state.
type parts struct {
	values []byte
	ends   Ends
	state  []byte
}

// wordSize is the size of a value, and of a number.
const wordSize = 8

func badState(reason string) error {
	return fmt.Errorf("%w: a state of a window: %s", gohost.ErrGuest, reason)
}

// split trusts nothing in a state.
func (s *summaries) split(state []byte) (p parts, err error) {
	if len(state) == 0 {
		return p, nil
	}
	if s.values {
		if len(state) < wordSize {
			return p, badState("it is too short")
		}
		rest := state[:len(state)-wordSize]
		n := binary.LittleEndian.Uint64(state[len(rest):])
		if n > uint64(len(rest)/wordSize) {
			return p, badState("it has fewer values than it says")
		}
		p.values, state = rest[:n*wordSize], rest[n*wordSize:]
	}
	if s.ends {
		if len(state) < endsSize {
			return p, badState("it is too short")
		}
		if err := p.ends.UnmarshalBinary(state[:endsSize]); err != nil {
			return p, err
		}
		state = state[endsSize:]
	}
	if len(state) == 0 {
		return p, badState("the engine's is missing")
	}
	p.state = state
	return p, nil
}

// join appends a state of parts, with the values of points and of another state. The values of the parts may be where
// it is written to.
func (s *summaries) join(dst []byte, p parts, points []gohost.Datapoint, more []byte) ([]byte, error) {
	n := len(p.values)/wordSize + len(points) + len(more)/wordSize
	if s.values {
		dst = append(dst, p.values...)
		for _, point := range points {
			dst = binary.LittleEndian.AppendUint64(dst, math.Float64bits(point.Value))
		}
		dst = append(dst, more...)
	}
	if s.ends {
		var err error
		if dst, err = p.ends.AppendBinary(dst); err != nil {
			return nil, err
		}
	}
	dst = append(dst, p.state...)
	if s.values {
		dst = binary.LittleEndian.AppendUint64(dst, uint64(n))
	}
	return dst, nil
}

// AppendFold implements [stream.Engine].
func (s *summaries) AppendFold(ctx context.Context, dst, state []byte, points []gohost.Datapoint) ([]byte, error) {
	if !s.ends && !s.values {
		return s.engine.AppendFold(ctx, dst, state, points)
	}
	p, err := s.split(state)
	if err != nil {
		return nil, err
	}
	// The engine first: after an error nothing has changed.
	if p.state, err = s.engine.AppendFold(ctx, nil, p.state, points); err != nil {
		return nil, err
	}
	if len(p.state) == 0 {
		return dst, nil
	}
	for _, point := range points {
		p.ends.Add(point)
	}
	return s.join(dst, p, points, nil)
}

// AppendMerge implements [stream.Engine].
func (s *summaries) AppendMerge(ctx context.Context, dst, a, b []byte) ([]byte, error) {
	if !s.ends && !s.values {
		return s.engine.AppendMerge(ctx, dst, a, b)
	}
	p, err := s.split(a)
	if err != nil {
		return nil, err
	}
	q, err := s.split(b)
	if err != nil {
		return nil, err
	}
	if p.state, err = s.engine.AppendMerge(ctx, nil, p.state, q.state); err != nil {
		return nil, err
	}
	if len(p.state) == 0 {
		return dst, nil
	}
	p.ends.Merge(q.ends)
	return s.join(dst, p, nil, q.values)
}

// Finish implements [stream.Engine].
func (s *summaries) Finish(ctx context.Context, state []byte) (result Summary, err error) {
	p := parts{state: state}
	if s.ends || s.values {
		if p, err = s.split(state); err != nil {
			return result, err
		}
	}
	if result.Stat, err = s.engine.Finish(ctx, p.state); err != nil {
		return result, err
	}
	if s.states {
		result.Extra.State = slices.Clone(p.state)
	}
	result.Extra.Ends = p.ends
	if s.values {
		if uint64(len(p.values)/wordSize) != result.Stat.Count {
			return result, badState("it has not the values that the engine has counted")
		}
		sorted := make([]float64, len(p.values)/wordSize)
		for i := range sorted {
			sorted[i] = math.Float64frombits(binary.LittleEndian.Uint64(p.values[wordSize*i:]))
		}
		slices.SortFunc(sorted, func(a, b float64) int {
			switch {
			case Less(a, b):
				return -1
			case Less(b, a):
				return 1
			}
			return 0
		})
		result.Extra.Sorted = func(i uint64) float64 { return sorted[i] }
	}
	return result, nil
}

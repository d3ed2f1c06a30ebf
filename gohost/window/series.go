package window

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"

	"example.org/compute-pipeline/gohost"
)

// MaxWindows is the max number of windows of a series. It bounds the memory for input with
// senseless timestamps, to about 100 MB.
const MaxWindows = 1 << 20

// MaxHeld is the max number of points held in memory for an engine without the summary
// interface: one list of the component model.
const MaxHeld = (1<<28 - 1) / gohost.PackedSize

// ErrTooManyWindows: the input has more than MaxWindows windows.
var ErrTooManyWindows = fmt.Errorf("the timestamps fall into more than %d windows; choose a longer --window, or check --unit", MaxWindows)

// ErrTooManyPoints: the input has more than MaxHeld points, and the engine has no summary
// interface.
var ErrTooManyPoints = fmt.Errorf("more than %d points, the max for a module without the summary interface", MaxHeld)

// A RangeError is the error of a timestamp that is in no window.
type RangeError struct {
	Index   int // of the point in the slice that was added
	Message string
}

func (e *RangeError) Error() string { return e.Message }

// A Series has a state for each window with points. The same points give the same series in
// any order, if the answers of the engine are exact.
type Series struct {
	engine *gohost.Engine
	grid   *Grid
	limits limits

	mu    sync.Mutex
	cells map[uint64]*cell // by the start of the window

	counted int // cells that are counted
	held    int // points in all cells, for an engine without summary
}

// limits are MaxWindows and MaxHeld, smaller in tests.
type limits struct{ windows, held int }

type cell struct {
	span    Span
	counted bool

	mu     sync.Mutex // for the fields below
	state  []byte
	points []gohost.Datapoint // only for an engine without summary
}

func (c *cell) holds(t uint64) bool { return c.span.Start <= t && t <= c.span.Last }

// Added is what Add added points to. See [Series.Count].
type Added struct {
	cells  []*cell
	points int
}

// NewSeries returns a series without points. Its windows must not overlap.
func NewSeries(engine *gohost.Engine, grid *Grid) *Series {
	return &Series{engine: engine, grid: grid, cells: map[uint64]*cell{}, limits: limits{MaxWindows, MaxHeld}}
}

// Add folds points into their windows. It may reorder points. For a timestamp after the
// year 9999 it returns a *RangeError, and adds the points before that. Several goroutines
// may call it at the same time.
func (s *Series) Add(ctx context.Context, points []gohost.Datapoint) (Added, error) {
	points, outside := s.inRange(points)
	added := Added{points: len(points)}
	for len(points) > 0 {
		c := s.cell(points[0].Timestamp)
		n := 1
		for n < len(points) && c.holds(points[n].Timestamp) {
			n++
		}
		if err := s.fold(ctx, c, points[:n]); err != nil {
			return added, err
		}
		added.cells = append(added.cells, c)
		points = points[n:]
	}
	return added, outside
}

// Count checks the number of windows and points, for all that was added, in any order. It is
// not for several goroutines.
func (s *Series) Count(added Added) error {
	for _, c := range added.cells {
		if c.counted {
			continue
		}
		if s.counted == s.limits.windows {
			return ErrTooManyWindows
		}
		c.counted = true
		s.counted++
	}
	if !s.engine.HasSummary() {
		if s.held += added.points; s.held > s.limits.held {
			return ErrTooManyPoints
		}
	}
	return nil
}

// inRange returns the points before the first that is out of range, and the error of that.
// Unless there is one window for all it sorts them: then each window is one run, which
// changes the number of calls, not the result.
func (s *Series) inRange(points []gohost.Datapoint) ([]gohost.Datapoint, error) {
	sorted := true
	var outside error
	for i, p := range points {
		if !s.grid.Valid(p.Timestamp) {
			points, outside = points[:i], &RangeError{Index: i, Message: s.grid.clock.Explain(p.Timestamp)}
			break
		}
		sorted = sorted && (i == 0 || points[i-1].Timestamp <= p.Timestamp)
	}
	if !sorted && !s.grid.spec.IsAll() {
		slices.SortFunc(points, func(a, b gohost.Datapoint) int { return cmp.Compare(a.Timestamp, b.Timestamp) })
	}
	return points, outside
}

// cell returns the cell of the window that has t.
func (s *Series) cell(t uint64) *cell {
	span := s.grid.Span(t)
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.cells[span.Start]
	if c == nil {
		c = &cell{span: span}
		s.cells[span.Start] = c
	}
	return c
}

func (s *Series) fold(ctx context.Context, c *cell, points []gohost.Datapoint) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if s.engine.HasSummary() {
		var err error
		c.state, err = s.engine.AppendFold(ctx, c.state[:0], c.state, points)
		return err
	}
	c.points = append(c.points, points...)
	return nil
}

// Rows returns the windows with points, in chronological order.
func (s *Series) Rows(ctx context.Context) ([]Row, error) {
	rows := make([]Row, 0, len(s.cells))
	for _, start := range slices.Sorted(maps.Keys(s.cells)) {
		row, err := s.row(ctx, s.cells[start])
		if err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
	return rows, nil
}

func (s *Series) row(ctx context.Context, c *cell) (Row, error) {
	finish := s.engine.Finish
	if !s.engine.HasSummary() {
		finish = func(ctx context.Context, _ []byte) (gohost.Statistics, error) { return s.aggregate(ctx, c.points) }
	}
	stat, err := finish(ctx, c.state)
	if err != nil {
		return Row{}, err
	}
	return s.grid.Row(c.span, stat)
}

// aggregate replaces Finish for an engine without it.
func (s *Series) aggregate(ctx context.Context, points []gohost.Datapoint) (gohost.Statistics, error) {
	agg, err := s.engine.ComputeAggregate(ctx, points)
	if err != nil {
		return gohost.Statistics{}, err
	}
	stat := gohost.Statistics{
		Count: uint64(len(points)),
		Mean:  agg.Mean, Variance: agg.Variance, Sum: agg.Sum,
		Min: points[0].Value, Max: points[0].Value,
		First: points[0].Timestamp, Last: points[0].Timestamp,
	}
	for _, p := range points[1:] {
		stat.Min, stat.Max = min(stat.Min, p.Value), max(stat.Max, p.Value)
		stat.First, stat.Last = min(stat.First, p.Timestamp), max(stat.Last, p.Timestamp)
	}
	return stat, nil
}

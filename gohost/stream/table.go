package stream

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"example.org/compute-pipeline/gohost"
)

// A folder is what the table needs of an [Engine].
type folder interface {
	AppendFold(ctx context.Context, dst, state []byte, points []gohost.Datapoint) ([]byte, error)
	AppendMerge(ctx context.Context, dst, a, b []byte) ([]byte, error)
}

// A table has the windows of all keys.
type table struct {
	engine  folder
	windows Windows
	config  config
	marks   *watermarks
	memory  memory

	series map[string]*series
	cells  int
	heaps  [phases]cells
	idle   idle    // all series, with an expiry
	next   uint64  // the largest watermark at which nothing is to be done, or a smaller one
	recent *series // of the last point

	counts  Stats // those that only grow
	pending bool  // results may be due, although the watermark has not moved
	ended   bool

	spans  []Span  // room for the windows of a point
	found  []*cell // and those that there are
	missed []Span
}

func newTable(engine folder, w Windows, c config) (*table, error) {
	if w.err != nil {
		return nil, w.err
	}
	if w.name == "" {
		return nil, badOption("Windows{}: use Tumbling, Sliding, Session, Global or Partition")
	}
	if c.expiry > 0 && w.sessions() {
		return nil, badOption("WithExpiry: a key is forgotten with its last session; expected other windows")
	}
	t := &table{engine: engine, windows: w, config: c, marks: newWatermarks(&c), series: map[string]*series{}, next: math.MaxUint64}
	t.memory.max = c.maxMemory
	if c.spill != "" {
		var err error
		if t.memory.spill, err = newSpill(c.spill); err != nil {
			return nil, err
		}
	}
	return t, nil
}

// of returns the series of a key, or nil. Often it is that of the point before, or the one that
// followed that last time: many sources report their series in turn.
func (t *table) of(key string) *series {
	before := t.recent
	if before == nil {
		t.recent = t.series[key]
		return t.recent
	}
	if before.key == key {
		return before
	}
	// One that was forgotten has no windows.
	if s := before.after; s != nil && s.key == key && len(s.cells) > 0 {
		t.recent = s
		return s
	}
	s := t.series[key]
	before.after, t.recent = s, s
	return s
}

// take adds a point to its windows, or to none after an error.
func (t *table) take(ctx context.Context, p Point) error {
	s := t.of(p.Key)
	if s == nil && len(p.Key) > MaxKeySize {
		return limitError(LimitKeySize, MaxKeySize, "a key of %d bytes; at most %d are allowed", len(p.Key), MaxKeySize)
	}
	if t.windows.sessions() {
		return t.takeSession(ctx, s, p)
	}
	var alike Span
	var err error
	if t.spans, alike, err = t.windows.appendOf(t.spans[:0], p.Timestamp); err != nil {
		return err
	}
	t.missed, t.found = t.missed[:0], t.found[:0]
	n := 0 // of the windows, those that are not gone
	missing := 0
	for _, span := range t.spans {
		if span.passed(t.marks.current, t.config.lateness) {
			t.missed = append(t.missed, span)
			continue
		}
		t.spans[n] = span
		n++
		var c *cell
		if s != nil {
			if i, ok := s.find(span.Start); ok {
				c = s.cells[i]
			}
		}
		if c == nil {
			missing++
		}
		t.found = append(t.found, c)
	}
	if n > 0 {
		if err := t.reserve(ctx, s, p.Key, missing); err != nil {
			return err
		}
		for _, c := range t.found {
			if err := t.fit(ctx, c); err != nil {
				return err
			}
		}
	}
	if err := t.late(p); err != nil {
		return err
	}
	for i, c := range t.found {
		if c == nil {
			c = t.create(p.Key, t.spans[i])
			t.found[i] = c
		}
		t.append(c, p.Datapoint)
	}
	if n > 0 {
		t.saw(t.recent, p.Timestamp)
	}
	if len(t.missed) == 0 {
		t.found[0].series.usual.set(t.found, alike)
	}
	return nil
}

// late counts and hands out a point that has missed windows.
func (t *table) late(p Point) error {
	if len(t.missed) == 0 {
		return nil
	}
	if t.config.late != nil {
		p.Key = strings.Clone(p.Key)
		if err := t.config.late(Late{Point: p, Missed: slices.Clone(t.missed), Watermark: t.marks.current}); err != nil {
			return fmt.Errorf("late point: %w", err)
		}
	}
	t.counts.Late++
	return nil
}

// reserve checks the limits for n more windows of a series, which may be nil.
func (t *table) reserve(ctx context.Context, s *series, key string, n int) error {
	switch {
	case n > 0 && s == nil && len(t.series) >= t.config.maxKeys:
		return limitError(LimitKeys, int64(t.config.maxKeys), "there are %d keys with windows, and no more are allowed", len(t.series))
	case t.cells+n > t.config.maxCells:
		return limitError(LimitWindows, int64(t.config.maxCells), "there are %d windows, and %d are allowed", t.cells+n, t.config.maxCells)
	}
	need := int64(n) * (cellMemory + firstPoints*gohost.PackedSize)
	if n > 0 && s == nil {
		need += seriesMemory(key)
	}
	return t.relieve(ctx, need)
}

// fit folds the points of a window if no more have room. The window may be nil.
func (t *table) fit(ctx context.Context, c *cell) error {
	if c == nil || len(c.points) < t.config.batch {
		return nil
	}
	return t.fold(ctx, c)
}

// create adds a window without points.
func (t *table) create(key string, span Span) *cell {
	s := t.of(key)
	if s == nil {
		s = &series{key: strings.Clone(key)}
		t.series[s.key] = s
		t.recent = s
		t.memory.used += seriesMemory(key)
		t.begin(s)
	}
	c := &cell{span: span, series: s}
	i, _ := s.find(span.Start)
	s.cells = slices.Insert(s.cells, i, c)
	t.cells++
	t.enter(c, open)
	t.memory.count(c)
	return c
}

// append adds a point to a window that has room.
func (t *table) append(c *cell, p gohost.Datapoint) {
	t.grow(c, 1)
	c.points = append(c.points, p)
	t.memory.touch(c)
	if c.phase == kept {
		t.move(c, open) // it is due again
	}
}

// drop forgets a window.
func (t *table) drop(c *cell) {
	t.release(c)
	s := c.series
	s.remove(c)
	t.cells--
	t.memory.used -= cellMemory
	if len(s.cells) == 0 {
		delete(t.series, s.key)
		s.after = nil
		t.forget(s)
		t.memory.used -= seriesMemory(s.key)
		if t.recent == s {
			t.recent = nil
		}
	}
}

// release forgets the state and the points of a window.
func (t *table) release(c *cell) {
	t.memory.unlist(c)
	t.memory.spill.free(c.place)
	c.place, c.state, c.points, c.emitted = place{}, nil, nil, nil
	t.memory.count(c)
}

// fold adds the points that wait to the state of a window.
func (t *table) fold(ctx context.Context, c *cell) error {
	if len(c.points) == 0 {
		return nil
	}
	if err := t.load(c); err != nil {
		return err
	}
	state, err := t.engine.AppendFold(ctx, c.state[:0], c.state, c.points)
	if err != nil {
		return err
	}
	c.state, c.points = state, c.points[:0]
	t.memory.count(c)
	return nil
}

// load reads the state of a window back, if it is in the file.
func (t *table) load(c *cell) error {
	if c.place.size == 0 {
		return nil
	}
	state, err := t.memory.spill.read(c.place)
	if err != nil {
		return err
	}
	t.memory.spill.free(c.place)
	c.state, c.place = state, place{}
	t.memory.count(c)
	t.memory.use(c)
	return nil
}

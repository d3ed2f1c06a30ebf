package stream

import (
	"context"
	"errors"
	"fmt"
	"math"

	"example.org/compute-pipeline/gohost"
)

// ErrFinished: a point was pushed after [Operator.Finish], or an operator was used after
// [Operator.Close].
var ErrFinished = errors.New("the stream is finished")

// An Operator computes the results of windows. Its methods are not for several goroutines at the
// same time; one operator for each share of the keys uses several processors.
//
// Methods that emit results call emit for each, in the order that the package describes, before they
// return. emit must not call the operator. If emit or the engine fails, the method returns that
// error, and the operator is as if the result had not been due yet: the next call emits it.
type Operator[R any] struct {
	engine Engine[R]
	table  *table
	closed bool
}

// New returns an operator without points. Close it if it was made with [WithSpill].
func New[R any](engine Engine[R], windows Windows, opts ...Option) (*Operator[R], error) {
	c, err := newConfig(opts)
	if err != nil {
		return nil, err
	}
	return newOperator(engine, windows, c)
}

func newOperator[R any](engine Engine[R], windows Windows, c config) (*Operator[R], error) {
	t, err := newTable(engine, windows, c)
	if err != nil {
		return nil, err
	}
	return &Operator[R]{engine: engine, table: t}, nil
}

// Push adds points of the source "", in their order, and emits what becomes due. It returns how
// many points it took: all of them if err is nil. After an error those may not be pushed again,
// and the others may. Errors are those of the engine, of emit and of [WithLate], and for a limit
// a [*gohost.LimitError] with one of the Limit constants.
//
// A point takes constant time, apart from the calls of the engine and sliding windows.
func (o *Operator[R]) Push(ctx context.Context, points []Point, emit func(Result[R]) error) (int, error) {
	return o.PushFrom(ctx, "", points, emit)
}

// PushFrom is [Operator.Push] for points of a source.
func (o *Operator[R]) PushFrom(ctx context.Context, source string, points []Point, emit func(Result[R]) error) (int, error) {
	if err := o.ready(ctx); err != nil {
		return 0, err
	}
	if o.table.ended {
		return 0, ErrFinished
	}
	if o.table.pending {
		if err := o.settle(ctx, emit); err != nil {
			return 0, err
		}
	}
	from := o.table.marks.source(source)
	for i := 0; i < len(points); {
		if n := o.table.takeUsual(from, points[i:]); n > 0 {
			i += n
			continue
		}
		if err := o.table.take(ctx, points[i]); err != nil {
			return i, err
		}
		o.table.counts.Points++
		moved := o.table.marks.observe(from, points[i].Timestamp)
		i++
		if moved && o.table.due() {
			if err := o.settle(ctx, emit); err != nil {
				return i, err
			}
		}
	}
	return len(points), nil
}

// Advance states that no points of a source before the watermark are expected, and emits what
// becomes due. A smaller watermark than before changes nothing.
func (o *Operator[R]) Advance(ctx context.Context, source string, watermark uint64, emit func(Result[R]) error) error {
	return o.moved(ctx, emit, func() bool { return o.table.marks.advance(o.table.marks.source(source), watermark) })
}

// Tick finds idle sources, and emits what becomes due without them.
func (o *Operator[R]) Tick(ctx context.Context, emit func(Result[R]) error) error {
	return o.moved(ctx, emit, o.table.marks.expire)
}

// EndSource states that no more points of a source are expected: the watermark does not wait for
// it. It emits what becomes due.
func (o *Operator[R]) EndSource(ctx context.Context, source string, emit func(Result[R]) error) error {
	return o.moved(ctx, emit, func() bool { return o.table.marks.remove(source) })
}

// Finish ends the stream: it emits the results of all windows that have new ones. After an
// error it can be called again.
func (o *Operator[R]) Finish(ctx context.Context, emit func(Result[R]) error) error {
	if err := o.ready(ctx); err != nil {
		return err
	}
	if o.table.pending { // what was due before
		if err := o.settle(ctx, emit); err != nil {
			return err
		}
	}
	o.table.ended = true
	return o.settle(ctx, emit)
}

// Stats returns what the operator has done and holds.
func (o *Operator[R]) Stats() Stats {
	t := o.table
	s := t.counts
	s.Watermark = t.marks.current
	s.Keys, s.Windows, s.Open = len(t.series), t.cells-len(t.heaps[closed]), len(t.heaps[open])
	s.Memory = t.memory.used
	if t.memory.spill != nil {
		s.Spilled = t.memory.spill.held
	}
	return s
}

// Close frees what the operator holds. What is not emitted is lost.
func (o *Operator[R]) Close() error {
	if o.closed {
		return nil
	}
	o.closed = true
	return o.table.memory.spill.close()
}

func (o *Operator[R]) ready(ctx context.Context) error {
	if o.closed {
		return ErrFinished
	}
	return ctx.Err()
}

// moved emits what is due after the watermark may have moved.
func (o *Operator[R]) moved(ctx context.Context, emit func(Result[R]) error, move func() bool) error {
	if err := o.ready(ctx); err != nil {
		return err
	}
	if move() && o.table.due() || o.table.pending {
		return o.settle(ctx, emit)
	}
	return nil
}

// errStop is the error of an emit that has taken the result, and takes no more.
var errStop = errors.New("no more results are wanted")

// settle emits what is due, and forgets windows that are beyond their lateness.
func (o *Operator[R]) settle(ctx context.Context, emit func(Result[R]) error) error {
	o.table.pending = true
	err := o.table.settle(func(c *cell) error { return o.result(ctx, c, emit) })
	o.table.pending = err != nil
	return err
}

// result emits the result of a window.
func (o *Operator[R]) result(ctx context.Context, c *cell, emit func(Result[R]) error) error {
	if err := o.table.fold(ctx, c); err != nil {
		return err
	}
	if err := o.table.load(c); err != nil {
		return err
	}
	value, err := o.engine.Finish(ctx, c.state)
	if err != nil {
		return fmt.Errorf("the window of %q from %d to %d: %w", clip(c.series.key), c.span.Start, c.span.Last, err)
	}
	r := Result[R]{Key: c.series.key, Span: c.span, Revision: c.revision, Life: c.series.life, Value: value}
	for _, span := range c.emitted {
		if span != c.span {
			r.Replaces = append(r.Replaces, span)
		}
	}
	if err := emit(r); err != nil {
		if errors.Is(err, errStop) {
			o.table.done(c)
		}
		return err
	}
	o.table.done(c)
	return nil
}

// settle calls fire for each window that is due, which must end its being due, and forgets windows.
func (t *table) settle(fire func(*cell) error) error {
	w := t.marks.current
	for c := t.heaps[open].first(); c != nil && (t.ended || c.span.passed(w, 0)); c = t.heaps[open].first() {
		if err := fire(c); err != nil {
			return err
		}
	}
	for c := t.heaps[kept].first(); c != nil && (t.ended || c.span.passed(w, t.config.lateness)); c = t.heaps[kept].first() {
		if t.windows.sessions() && !t.ended {
			t.release(c)
			t.move(c, closed)
			continue
		}
		t.leave(c)
		t.drop(c)
	}
	// Once the watermark is another gap beyond, a point that would join a session that is closed is
	// too late by itself.
	wait := add(t.config.lateness, t.windows.gap)
	for c := t.heaps[closed].first(); c != nil && (t.ended || c.span.passed(w, wait)); c = t.heaps[closed].first() {
		t.leave(c)
		t.drop(c)
	}
	if err := t.expire(fire); err != nil {
		return err
	}
	t.next = math.MaxUint64
	if s := t.idle.first(); s != nil {
		t.next = add(s.due, t.config.expiry)
	}
	for p := range t.heaps {
		if c := t.heaps[p].first(); c != nil {
			t.next = min(t.next, t.end(c))
		}
	}
	return nil
}

// due reports whether there may be something to do at the watermark.
func (t *table) due() bool { return t.next < t.marks.current }

// done notes that the result of a window was emitted.
func (t *table) done(c *cell) {
	t.counts.Results++
	if c.revision > 0 {
		t.counts.Revisions++
	}
	c.revision++
	c.emitted = append(c.emitted[:0], c.span)
	t.memory.count(c)
	t.move(c, kept)
}

var _ Engine[gohost.Statistics] = (*gohost.Engine)(nil)

package stream

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"math"
	"slices"

	"example.org/compute-pipeline/gohost"
)

// Restore returns an operator that goes on where [Operator.Snapshot] was called, with an equal
// engine, windows, lateness, expiry and label; the other options may differ. All sources are active from
// now on.
//
// It trusts nothing in the snapshot. One that cannot be used is an [ErrSnapshot], also if the engine
// refuses one of its states with a [gohost.ErrGuest]. One beyond the limits is a
// [*gohost.LimitError].
func Restore[R any](ctx context.Context, engine Engine[R], windows Windows, snapshot []byte, opts ...Option) (*Operator[R], error) {
	c, err := newConfig(opts)
	if err != nil {
		return nil, err
	}
	o, err := newOperator(engine, windows, c)
	if err != nil {
		return nil, err
	}
	if err := o.table.restore(ctx, snapshot); err != nil {
		_ = o.Close() // the error that matters is err
		return nil, err
	}
	return o, nil
}

func badSnapshot(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrSnapshot, fmt.Sprintf(format, args...))
}

func (t *table) restore(ctx context.Context, snapshot []byte) error {
	d, err := openSnapshot(snapshot)
	if err != nil {
		return err
	}
	if label := d.text(math.MaxInt); label != t.config.label && d.err == nil {
		return badSnapshot("its label is %q, expected %q", label, t.config.label)
	}
	if name := d.text(math.MaxInt); name != t.windows.name && d.err == nil {
		return badSnapshot("its windows are %q, expected %q", name, t.windows)
	}
	if lateness := d.number(); lateness != t.config.lateness && d.err == nil {
		return badSnapshot("its lateness is %d, expected %d", lateness, t.config.lateness)
	}
	if expiry := d.number(); expiry != t.config.expiry && d.err == nil {
		return badSnapshot("its expiry is %d, expected %d", expiry, t.config.expiry)
	}
	f := d.byte()
	t.pending, t.ended = f&flagPending != 0, f&flagEnded != 0
	if f >= flags {
		d.fail("flags %#x", f)
	}
	for _, n := range []*uint64{&t.counts.Points, &t.counts.Late, &t.counts.Results, &t.counts.Revisions, &t.counts.Expired, &t.marks.current} {
		*n = d.number()
	}
	for range d.count() {
		name := d.text(math.MaxInt)
		t.marks.source(name).mark = d.number()
		if d.err != nil {
			break
		}
	}
	before, some := "", false
	for range d.count() {
		key := d.text(MaxKeySize)
		if some && key <= before {
			d.fail("its keys are not in order")
		}
		before, some = key, true
		if err := t.restoreSeries(ctx, d, key); err != nil {
			return err
		}
	}
	if d.err == nil && len(d.rest) > 0 {
		d.fail("%d bytes follow", len(d.rest))
	}
	return d.err
}

func (t *table) restoreSeries(ctx context.Context, d *decoder, key string) error {
	life, seen := uint64(0), uint64(0)
	if t.config.expiry > 0 {
		if life, seen = d.number(), d.number(); life > t.marks.current || life > seen {
			d.fail("a key since %d with points up to %d, at the watermark %d", life, seen, t.marks.current)
		}
	}
	n := d.count()
	if n == 0 {
		d.fail("a key has no windows")
	}
	last := uint64(0)
	for i := range n {
		c := t.decodeCell(d)
		if i > 0 && (c.span.Start <= last || t.windows.sessions() && t.of(key).cells[i-1].span.Last >= c.span.Start) {
			d.fail("its windows are not in order")
		}
		if d.err != nil {
			return d.err
		}
		last = c.span.Start
		if c.phase != closed {
			if err := t.checkState(ctx, c.state); err != nil {
				return fmt.Errorf("the window of %q from %d to %d: %w", clip(key), c.span.Start, c.span.Last, err)
			}
		}
		if err := t.reserve(ctx, t.of(key), key, 1); err != nil {
			return err
		}
		got := t.create(key, c.span)
		if i == 0 && t.config.expiry > 0 {
			t.resume(got.series, life, seen)
		}
		got.state, got.emitted, got.revision = c.state, c.emitted, c.revision
		t.move(got, c.phase)
		t.memory.count(got)
		t.memory.use(got)
	}
	return d.err
}

// checkState asks the engine whether that is a state.
func (t *table) checkState(ctx context.Context, state []byte) error {
	_, err := t.engine.AppendMerge(ctx, nil, state, nil)
	if errors.Is(err, gohost.ErrGuest) {
		return fmt.Errorf("%w: %w", ErrSnapshot, err)
	}
	return err
}

// decodeCell reads a window, and checks that these windows have it.
func (t *table) decodeCell(d *decoder) *cell {
	c := &cell{span: d.span(), phase: phase(d.byte()), revision: d.number()}
	for range d.count() {
		c.emitted = append(c.emitted, d.span())
		if d.err != nil {
			return c
		}
	}
	c.state = []byte(d.text(math.MaxInt))
	past := c.span.passed(t.marks.current, 0)
	switch {
	case c.phase >= phases, c.phase == closed && !t.windows.sessions():
		d.fail("a window in phase %d", c.phase)
	case c.phase != open && !past && !(t.pending && (t.config.expiry > 0 || t.ended)): // a key is about to expire, or Finish failed midway
		d.fail("a window in phase %d before its end", c.phase)
	case (c.phase == closed) != (len(c.state) == 0):
		d.fail("a window in phase %d with a state of %d bytes", c.phase, len(c.state))
	case d.err == nil && !t.possible(c.span):
		d.fail("a window from %d to %d", c.span.Start, c.span.Last)
	}
	return c
}

// possible reports whether a window can have this span.
func (t *table) possible(span Span) bool {
	if t.windows.sessions() {
		return span.Start <= span.Last && span.Last >= t.windows.session(span.Start).Last
	}
	spans, _, err := t.windows.appendOf(nil, span.Start)
	return err == nil && slices.Contains(spans, span)
}

// A decoder reads a snapshot. After an error all it reads is zero.
type decoder struct {
	rest []byte
	err  error
}

// openSnapshot checks what a snapshot begins and ends with.
func openSnapshot(snapshot []byte) (*decoder, error) {
	const end = checksumSize
	if len(snapshot) < len(snapshotMagic)+1+end || string(snapshot[:len(snapshotMagic)]) != snapshotMagic {
		return nil, badSnapshot("these %d bytes are not one", len(snapshot))
	}
	body := snapshot[:len(snapshot)-end]
	d := &decoder{rest: body[len(snapshotMagic):]}
	// The version is first, so that the message about another one is right, whatever that ends with.
	if version := d.number(); version != snapshotVersion {
		return nil, badSnapshot("it is of version %d, expected %d", version, snapshotVersion)
	}
	if crc32.Checksum(body, castagnoli) != binary.LittleEndian.Uint32(snapshot[len(body):]) {
		return nil, badSnapshot("it is damaged: its checksum is wrong")
	}
	return d, nil
}

func (d *decoder) fail(format string, args ...any) {
	if d.err == nil {
		d.err, d.rest = badSnapshot(format, args...), nil
	}
}

func (d *decoder) number() uint64 {
	n, size := binary.Uvarint(d.rest)
	if size <= 0 {
		d.fail("it ends too early")
		return 0
	}
	d.rest = d.rest[size:]
	return n
}

// count returns the number of things that follow. Each has at least one byte.
func (d *decoder) count() int {
	n := d.number()
	if n > uint64(len(d.rest)) {
		d.fail("it ends too early")
		return 0
	}
	return int(n)
}

func (d *decoder) byte() byte {
	if len(d.rest) == 0 {
		d.fail("it ends too early")
		return 0
	}
	b := d.rest[0]
	d.rest = d.rest[1:]
	return b
}

func (d *decoder) text(limit int) string {
	n := d.count()
	if n > limit {
		d.fail("a text of %d bytes; at most %d are allowed", n, limit)
		return ""
	}
	text := string(d.rest[:n])
	d.rest = d.rest[n:]
	return text
}

func (d *decoder) span() Span { return Span{Start: d.number(), Last: d.number()} }

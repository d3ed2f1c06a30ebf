package window

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"slices"

	"example.org/compute-pipeline/gohost"
)

// written are the records of a shard in a file, in several parts that are each in order.
type written struct {
	file  spillFile
	size  int64
	parts []part
}

// A part is a place in a file.
type part struct{ at, size int64 }

// manyParts is how many parts are merged to one, so that few are read at the same time in the end.
const manyParts = 16

// spill writes the windows to the file, and forgets them.
func (s *shard) spill(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.write(ctx)
}

func (s *shard) write(ctx context.Context) error {
	if s.n == 0 {
		return nil
	}
	if s.written.file == nil {
		var err error
		if s.written.file, err = s.table.create(); err != nil {
			return err
		}
	}
	if err := s.written.write(ctx, s.table, s.cursor()); err != nil {
		return err
	}
	s.reset()
	if len(s.written.parts) < manyParts {
		return nil
	}
	return s.mergeParts(ctx)
}

// mergeParts makes one part of all.
func (s *shard) mergeParts(ctx context.Context) error {
	file, err := s.table.create()
	if err != nil {
		return err
	}
	merged := written{file: file}
	err = merged.write(ctx, s.table, &joined{ctx: ctx, table: s.table, merger: newMerger(s.written.sources(s.table))})
	if err != nil {
		return errors.Join(err, file.Close())
	}
	err = s.written.close()
	s.written = merged
	return err
}

// write appends the records of a source as a part.
func (r *written) write(ctx context.Context, t *Table, from source) error {
	blocks := newBlockWriter(r.file)
	out := recordWriter{blocks: blocks, ends: t.needs.ends, ranks: t.needs.ranks != nil}
	var rec record
	for n := 0; ; n++ {
		if n%1024 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if err := from.next(&rec); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return err
		}
		if err := out.write(&rec); err != nil {
			return err
		}
	}
	blocks.flush()
	if blocks.err != nil {
		return blocks.err
	}
	r.parts = append(r.parts, part{r.size, blocks.size})
	r.size += blocks.size
	t.spilled.Add(blocks.size)
	return nil
}

// sources returns the parts.
func (r *written) sources(t *Table) []source {
	var all []source
	for _, p := range r.parts {
		all = append(all, &recordReader{in: newBlockReader(r.file, p.at, p.size), ends: t.needs.ends, ranks: t.needs.ranks != nil})
	}
	return all
}

func (r *written) close() error {
	if r.file == nil {
		return nil
	}
	err := r.file.Close()
	*r = written{}
	return err
}

// A cursor has the records of a shard in memory, in their order.
type cursor struct {
	shard     *shard
	order     []uint32 // cells that are left
	points    []gohost.Datapoint
	pointEnds []uint32
	ranks     []uint64
	rankEnds  []uint32
}

// cursor returns the records. The shard must not change while it is used.
func (s *shard) cursor() *cursor {
	c := &cursor{shard: s, order: s.order()}
	c.points, c.pointEnds = s.log.sorted(s.places)
	s.log = pending{}
	if s.table.needs.ranks != nil {
		c.ranks, c.rankEnds = s.values.sorted()
		s.values = kept{counts: s.values.counts}
		begin := uint32(0)
		for _, end := range c.rankEnds {
			slices.Sort(c.ranks[begin:end])
			begin = end
		}
	}
	return c
}

// order returns the numbers of the cells in the order of the records.
func (s *shard) order() []uint32 {
	// What decides mostly lies together here, and the cells all over the memory.
	type sorted struct {
		start, key uint64 // of the key the first bytes
		cell       uint32
	}
	all := make([]sorted, s.n)
	for i := range all {
		e := s.cell(uint32(i))
		var first [8]byte
		copy(first[:], s.keyOf(e))
		all[i] = sorted{e.span.Start, binary.BigEndian.Uint64(first[:]), uint32(i)}
	}
	slices.SortFunc(all, func(a, b sorted) int {
		if a.start != b.start {
			return cmp.Compare(a.start, b.start)
		}
		if a.key != b.key {
			return cmp.Compare(a.key, b.key)
		}
		p, q := s.cell(a.cell), s.cell(b.cell)
		x, y := record{key: s.keyOf(p), column: p.column, span: p.span}, record{key: s.keyOf(q), column: q.column, span: q.span}
		return x.compare(&y)
	})
	order := make([]uint32, len(all))
	for i, p := range all {
		order[i] = p.cell
	}
	return order
}

func (c *cursor) next(r *record) error {
	if len(c.order) == 0 {
		return io.EOF
	}
	n := c.order[0]
	c.order = c.order[1:]
	s := c.shard
	e := s.cell(n)
	r.key, r.column, r.span = s.keyOf(e), e.column, e.span
	if e.place > 0 {
		p := &s.places[e.place-1]
		end := c.pointEnds[e.place-1]
		r.state, r.points, r.sums = s.states.get(p), c.points[end-p.points:end], sums{}
	} else {
		r.state, r.points, r.sums = nil, nil, e.sums
	}
	if s.table.needs.ends {
		r.ends = s.ends[n]
	}
	if c.ranks != nil {
		r.values = values{held: c.ranks[c.rankEnds[n]-s.values.counts[n] : c.rankEnds[n]]}
	}
	return nil
}

package window

import (
	"context"
	"errors"
	"io"

	"example.org/compute-pipeline/gohost"
)

// A merger reads several sources in the order of their records.
type merger struct {
	heap  []*lane
	group []*lane // whose records are of the same window of the same series
}

// A lane is a source with its next record.
type lane struct {
	from   source
	number int // equal records are in the order of the sources
	rec    record
}

func newMerger(sources []source) *merger {
	m := &merger{}
	for i, s := range sources {
		m.group = append(m.group, &lane{from: s, number: i})
	}
	return m
}

// next returns the records of the next window, from different sources, or io.EOF.
func (m *merger) next() ([]*lane, error) {
	for _, s := range m.group {
		if err := s.from.next(&s.rec); errors.Is(err, io.EOF) {
			continue
		} else if err != nil {
			return nil, err
		}
		m.push(s)
	}
	m.group = m.group[:0]
	for len(m.heap) > 0 && (len(m.group) == 0 || m.group[0].rec.compare(&m.heap[0].rec) == 0) {
		m.group = append(m.group, m.pop())
	}
	if len(m.group) == 0 {
		return nil, io.EOF
	}
	return m.group, nil
}

func (s *lane) less(o *lane) bool {
	if c := s.rec.compare(&o.rec); c != 0 {
		return c < 0
	}
	return s.number < o.number
}

func (m *merger) push(s *lane) {
	m.heap = append(m.heap, s)
	for i := len(m.heap) - 1; i > 0; {
		up := (i - 1) / 2
		if !m.heap[i].less(m.heap[up]) {
			return
		}
		m.heap[i], m.heap[up] = m.heap[up], m.heap[i]
		i = up
	}
}

func (m *merger) pop() *lane {
	first, last := m.heap[0], len(m.heap)-1
	m.heap[0] = m.heap[last]
	m.heap[last] = nil
	m.heap = m.heap[:last]
	for i := 0; ; {
		least := i
		for _, down := range [...]int{2*i + 1, 2*i + 2} {
			if down < last && m.heap[down].less(m.heap[least]) {
				least = down
			}
		}
		if least == i {
			return first
		}
		m.heap[i], m.heap[least] = m.heap[least], m.heap[i]
		i = least
	}
}

// A joined is a source of records that are each of a whole group.
type joined struct {
	ctx    context.Context //nolint:containedctx // it lives as long as one call
	table  *Table
	merger *merger
	state  []byte
	points []gohost.Datapoint
}

func (j *joined) next(r *record) error {
	group, err := j.merger.next()
	if err != nil {
		return err
	}
	*r = group[0].rec
	if r.values = (values{}); j.table.needs.ranks != nil {
		r.values.merged = newMergedValues(group)
	}
	if len(group) == 1 {
		return nil
	}
	for _, s := range group[1:] {
		r.ends.Merge(s.rec.ends)
	}
	var whole bool
	if r.sums, whole = j.table.gather(group); whole {
		r.state, r.points = nil, nil
		return nil
	}
	j.points = j.points[:0]
	for _, s := range group {
		s.rec.settle()
		j.points = append(j.points, s.rec.points...)
	}
	if j.state, err = j.table.mergeStates(j.ctx, j.state[:0], group); err != nil {
		return err
	}
	if len(j.points) >= someFold && j.table.engine.HasSummary() {
		if j.state, err = j.table.engine.AppendFold(j.ctx, j.state[:0], j.state, j.points); err != nil {
			return err
		}
		j.points = j.points[:0]
	}
	r.state, r.points = j.state, j.points
	return nil
}

// gather returns the sums of the points of a group. It reports false if there are states, or sums cannot hold
// them.
func (t *Table) gather(group []*lane) (all sums, whole bool) {
	if !t.summing {
		return sums{}, false
	}
	for _, s := range group {
		if len(s.rec.state) > 0 || !all.merge(&s.rec.sums) {
			return sums{}, false
		}
		for _, p := range s.rec.points {
			if !all.add(p) {
				return sums{}, false
			}
		}
	}
	return all, true
}

// mergeStates appends the state of the states of a group.
func (t *Table) mergeStates(ctx context.Context, dst []byte, group []*lane) ([]byte, error) {
	for _, s := range group {
		if len(s.rec.state) == 0 {
			continue
		}
		if len(dst) == 0 {
			dst = append(dst, s.rec.state...)
			continue
		}
		var err error
		if dst, err = t.engine.AppendMerge(ctx, dst[:0], dst, s.rec.state); err != nil {
			return nil, err
		}
	}
	return dst, nil
}

// mergedValues are the values of several records in order.
type mergedValues struct {
	from  []*values
	heads []uint64
}

func newMergedValues(group []*lane) *mergedValues {
	m := &mergedValues{}
	for _, s := range group {
		if s.rec.values.count() > 0 {
			m.from = append(m.from, &s.rec.values)
		}
	}
	return m
}

func (m *mergedValues) count() uint64 {
	n := uint64(len(m.heads))
	for _, v := range m.from {
		n += v.count()
	}
	return n
}

// next returns the least value. There must be one.
func (m *mergedValues) next() (uint64, error) {
	for len(m.heads) < len(m.from) {
		v, err := m.from[len(m.heads)].next()
		if err != nil {
			return 0, err
		}
		m.heads = append(m.heads, v)
	}
	least := 0
	for i, v := range m.heads {
		if v < m.heads[least] {
			least = i
		}
	}
	value := m.heads[least]
	if m.from[least].count() > 0 {
		v, err := m.from[least].next()
		if err != nil {
			return 0, err
		}
		m.heads[least] = v
	} else {
		last := len(m.heads) - 1
		m.heads[least], m.from[least] = m.heads[last], m.from[last]
		m.heads, m.from = m.heads[:last], m.from[:last]
	}
	return value, nil
}

// at returns the values at ranks, which are the order of the values that are asked for.
func (m *mergedValues) at(ranks []uint64) (map[uint64]float64, error) {
	found := map[uint64]float64{}
	var most uint64
	for _, r := range ranks {
		found[r] = 0
		most = max(most, r)
	}
	if len(m.from) == 1 && m.from[0].more == 0 && len(m.heads) == 0 {
		for r := range found {
			found[r] = unrank(m.from[0].held[r])
		}
		return found, nil
	}
	for i := uint64(0); i <= most; i++ {
		v, err := m.next()
		if err != nil {
			return nil, err
		}
		if _, asked := found[i]; asked {
			found[i] = unrank(v)
		}
	}
	return found, nil
}

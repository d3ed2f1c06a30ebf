package stream

import (
	"maps"
	"math"
	"slices"
	"time"
)

// watermarks has the watermark of each source, and that of all.
type watermarks struct {
	disorder uint64
	explicit bool
	idle     time.Duration // 0 means never
	now      func() time.Time

	current uint64
	sources map[string]*source
	all     []*source // of the map
}

// A source is where points come from.
type source struct {
	mark uint64 // its watermark
	seen time.Time
	idle bool
}

func newWatermarks(c *config) *watermarks {
	m := &watermarks{disorder: c.disorder, explicit: c.explicit, idle: c.idle, now: c.now, sources: map[string]*source{}}
	for _, name := range c.sources {
		m.source(name)
	}
	return m
}

// source returns the source of a name, which is active from now on.
func (m *watermarks) source(name string) *source {
	s := m.sources[name]
	if s == nil {
		s = &source{}
		m.sources[name] = s
		m.all = append(m.all, s)
	}
	s.idle = false
	if m.idle > 0 {
		s.seen = m.now()
	}
	return s
}

// observe moves the watermark after a point of a source, and reports whether it moved.
func (m *watermarks) observe(s *source, t uint64) bool {
	if m.explicit || t < m.disorder {
		return false
	}
	return m.advance(s, t-m.disorder)
}

// still returns the largest timestamp of a point of a source that leaves the watermark at most at next,
// or where it is.
func (m *watermarks) still(s *source, next uint64) uint64 {
	if m.explicit {
		return math.MaxUint64
	}
	return add(max(next, s.mark), m.disorder)
}

func (m *watermarks) advance(s *source, mark uint64) bool {
	if mark <= s.mark {
		return false
	}
	was := s.mark
	s.mark = mark
	if was > m.current {
		return false // another one is the slowest
	}
	return m.update()
}

// update computes the watermark of all sources, and reports whether it moved.
func (m *watermarks) update() bool {
	if len(m.all) == 1 {
		moved := m.all[0].mark > m.current
		m.current = max(m.current, m.all[0].mark)
		return moved
	}
	slowest, fastest, active := uint64(math.MaxUint64), uint64(0), false
	for _, s := range m.all {
		fastest = max(fastest, s.mark)
		if !s.idle {
			active = true
			slowest = min(slowest, s.mark)
		}
	}
	if !active {
		slowest = fastest
	}
	if slowest <= m.current {
		return false
	}
	m.current = slowest
	return true
}

// expire makes sources idle, and reports whether the watermark moved.
func (m *watermarks) expire() bool {
	if m.idle <= 0 {
		return false
	}
	now, changed := m.now(), false
	for _, s := range m.all {
		if !s.idle && now.Sub(s.seen) > m.idle {
			s.idle, changed = true, true
		}
	}
	return changed && m.update()
}

// remove forgets a source, and reports whether the watermark moved.
func (m *watermarks) remove(name string) bool {
	s := m.sources[name]
	if s == nil {
		return false
	}
	delete(m.sources, name)
	m.all = slices.DeleteFunc(m.all, func(other *source) bool { return other == s })
	if len(m.all) == 0 {
		// Nothing is slower than the last one.
		moved := s.mark > m.current
		m.current = max(m.current, s.mark)
		return moved
	}
	return m.update()
}

func (m *watermarks) names() []string { return slices.Sorted(maps.Keys(m.sources)) }

package stream

import (
	"context"
	"unsafe"

	"example.org/compute-pipeline/gohost"
)

// What is counted for a window and a key beside their bytes: the structure, its share of the
// list, the map and the heap, with room to grow.
const (
	cellMemory = int64(unsafe.Sizeof(cell{})) + 32
	keyMemory  = int64(unsafe.Sizeof(series{})) + 64
)

const (
	// fewPoints is how many points use less memory than a usual state.
	fewPoints = 8
	// firstPoints is for how many points a window has room at first.
	firstPoints = 4
)

func seriesMemory(key string) int64 { return keyMemory + int64(len(key)) }

// memory counts what a table holds, and knows what was used last. Windows that hold nothing which
// could be given up are not listed. A window that is used only gets a mark: moving it in the list
// would touch its neighbours, too, for each point.
type memory struct {
	used, max      int64
	newest, oldest *cell
	spill          *spill // nil without WithSpill
}

func (m *memory) full() bool { return m.used > m.max }

// count counts what a window holds now. The structure of a new one is counted as well.
func (m *memory) count(c *cell) {
	now := cellMemory + int64(cap(c.state)) + int64(cap(c.points))*gohost.PackedSize + int64(cap(c.emitted))*int64(unsafe.Sizeof(Span{}))
	m.used += now - c.memory
	c.memory = now
}

// touch notes that a window was used.
func (m *memory) touch(c *cell) {
	if c.listed {
		c.used = true
		return
	}
	m.use(c)
}

// use makes a window the newest in the list.
func (m *memory) use(c *cell) {
	c.used = false
	if m.newest == c {
		return
	}
	m.unlist(c)
	c.listed, c.older = true, m.newest
	if m.newest != nil {
		m.newest.newer = c
	} else {
		m.oldest = c
	}
	m.newest = c
}

func (m *memory) unlist(c *cell) {
	if !c.listed {
		return
	}
	if c.newer != nil {
		c.newer.older = c.older
	} else {
		m.newest = c.older
	}
	if c.older != nil {
		c.older.newer = c.newer
	} else {
		m.oldest = c.newer
	}
	c.listed, c.newer, c.older = false, nil, nil
}

// relieve makes room for more bytes: it folds the points of windows that have not been used since
// they were looked at, the oldest first, and moves their states to the file. It does more than is
// needed, so that it is not needed for each point.
func (t *table) relieve(ctx context.Context, need int64) error {
	m := &t.memory
	if m.used+need <= m.max {
		return nil
	}
	for enough := m.max - m.max/8; m.oldest != nil && m.used+need > enough; {
		c := m.oldest
		if c.used {
			m.use(c)
			continue
		}
		if m.spill == nil && cap(c.points) <= fewPoints {
			m.unlist(c) // a state is not smaller
			continue
		}
		if err := t.fold(ctx, c); err != nil {
			return err
		}
		c.points = nil
		if m.spill != nil && len(c.state) > 0 {
			at, err := m.spill.write(c.state)
			if err != nil {
				return err
			}
			c.state, c.place = nil, at
		}
		m.count(c)
		m.unlist(c)
	}
	if m.used+need > m.max {
		return limitError(LimitMemory, m.max, "the windows need %d bytes, and %d are allowed", m.used+need, m.max)
	}
	return nil
}

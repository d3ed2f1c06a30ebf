package cabi

import (
	"maps"
	"slices"
)

// Map lifts and lowers a map<K, V>, which is a list<tuple<K, V>> in memory.
type Map[K comparable, V any] struct {
	size, align uint32
	compare     func(a, b K) int
	load        func(c *Call, at uint32) (K, V)
	store       func(c *Call, at uint32, k K, v V)
	// gives is set if entries contain values that LowerOwn gives away.
	gives bool
}

// NewMap returns the map whose entries have size and alignment in memory. It is
// lowered in the order of compare, so that equal maps give a guest equal memory.
func NewMap[K comparable, V any](size, align uint32, compare func(a, b K) int, load func(c *Call, at uint32) (K, V), store func(c *Call, at uint32, k K, v V)) *Map[K, V] {
	return &Map[K, V]{size: size, align: align, compare: compare, load: load, store: store}
}

// Giving returns the map, whose entries contain values that [Call.LowerOwn] gives away.
// If lowering it fails, the values of the entries that follow are dropped too.
func (m *Map[K, V]) Giving() *Map[K, V] {
	m.gives = true
	return m
}

// CompareBool orders bools, false first, for [NewMap].
func CompareBool(a, b bool) int { return int(bit(a)) - int(bit(b)) }

// Pop pops a map. Of entries with the same key the last counts.
func (m *Map[K, V]) Pop(c *Call) map[K]V {
	ptr, n := c.popRange()
	return m.lift(c, ptr, n)
}

// Load reads a map. Of entries with the same key the last counts.
func (m *Map[K, V]) Load(c *Call, at uint32) map[K]V {
	return m.lift(c, c.LoadU32(at), c.LoadU32(at+4))
}

// Push pushes a map.
func (m *Map[K, V]) Push(c *Call, values map[K]V) {
	c.pushRange(m.lower(c, values), len(values))
}

// Store writes a map.
func (m *Map[K, V]) Store(c *Call, at uint32, values map[K]V) {
	c.header(at, m.lower(c, values), len(values))
}

// mapBytes is an upper bound of the memory of a map with n entries of size bytes: a
// table is at least 7/16 full, with a byte for each place.
func mapBytes(n, size int) int { return product(n, 48+(size+1)*16/7) }

func (m *Map[K, V]) lift(c *Call, ptr, n uint32) map[K]V {
	if _, ok := c.elements("a map", ptr, n, m.size, m.align); !ok || !c.Heap(mapBytes(int(n), sizeOf[K]()+sizeOf[V]())) {
		return nil
	}
	values := make(map[K]V, n)
	most, units := share(m.size)
	for i := range int(n) {
		if i%most == 0 && !c.spend(min(int(n)-i, most)*units) {
			return nil
		}
		k, v := m.load(c, ptr)
		values[k] = v
		ptr += m.size
	}
	if c.err != nil {
		return nil
	}
	return values
}

func (m *Map[K, V]) lower(c *Call, values map[K]V) uint32 {
	ptr := c.room(len(values), m.size, m.align)
	if c.err != nil && !m.gives {
		return 0
	}
	at := ptr
	most, units := share(m.size)
	for i, k := range slices.SortedFunc(maps.Keys(values), m.compare) {
		if i%most == 0 && !c.spend(min(len(values)-i, most)*units) && !m.gives {
			return 0
		}
		m.store(c, at, k, values[k])
		at += m.size
	}
	return ptr
}

package window

import (
	"bytes"
	"context"
	"encoding/binary"
	"math"
	"slices"
	"sync"
	"sync/atomic"
	"unsafe"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/stream"
)

// A shard has the windows whose hashes begin with its number. Nothing in it is a pointer to a window,
// so that the garbage collector has nothing to follow.
type shard struct {
	table   *Table
	writing atomic.Bool // it was chosen to be written
	used    atomic.Int64

	mu      sync.Mutex // for the fields below
	index   []uint32   // numbers of cells and 1, by hash, with open addressing
	cells   []entry
	texts   []byte // of keys
	states  arena
	log     pending
	limit   int // of the log
	ends    []Ends
	values  kept
	written written
}

// An entry is a window of a series. It has the size of a line of the cache, since in a table of many keys
// nearly each point finds one that is not there.
type entry struct {
	span        stream.Span
	hash        uint32
	column      uint32
	state, size uint32 // in the arena
	points      uint32 // in the log
	values      uint32 // that are kept
	keyBytes    uint32
	key         [shortKey]byte // or where a longer key is in the texts
}

// shortKey is the max size of keys that need no room in the texts.
const shortKey = 20

// pending are points that no state has yet, with the numbers of their cells.
type pending struct {
	cells  []uint32
	points []gohost.Datapoint
}

// kept are values with the numbers of their cells.
type kept struct {
	cells []uint32
	ranks []uint64 // see rank
}

const (
	entryMemory = int64(unsafe.Sizeof(entry{}))
	pointMemory = gohost.PackedSize + 4
	valueMemory = 8 + 4
	endsMemory  = int64(unsafe.Sizeof(Ends{}))
	// firstLog is how many points may wait at first.
	firstLog = 4096
	// manyCells is from how many cells on they do not stay in the cache, and fewRuns up to how many runs
	// that does not matter.
	manyCells = 1024
	fewRuns   = 8
	// someFold is from how many points on a fold costs little for each point.
	someFold = 16
	// fewFold is from how many points on they use about as much memory as a state.
	fewFold = 5
	// fullShard bounds offsets of 32 bits.
	fullShard = 1 << 31
)

// add adds runs of points.
func (s *shard) add(ctx context.Context, a *adder, runs []int32) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.texts) > fullShard || len(s.states.bytes) > fullShard || len(s.cells) > fullShard {
		if err := s.write(ctx); err != nil {
			return err
		}
	}
	s.warm(a, runs)
	for _, i := range runs {
		r := &a.runs[i]
		c := s.find(r, a)
		points := a.points[r.from:r.to]
		if s.table.needs.ends {
			for _, p := range points {
				s.ends[c].Add(p)
			}
		}
		if s.table.needs.ranks != nil {
			for _, p := range points {
				s.values.cells = append(s.values.cells, c)
				s.values.ranks = append(s.values.ranks, rank(p.Value))
			}
			s.cells[c].values += uint32(len(points))
		}
		if len(points) >= longRun && s.table.engine.HasSummary() && !s.waits(c) {
			if err := s.fold(ctx, c, points); err != nil {
				return err
			}
			continue
		}
		for _, p := range points {
			s.log.cells = append(s.log.cells, c)
			s.log.points = append(s.log.points, p)
		}
		s.cells[c].points += uint32(len(points))
	}
	if len(s.log.points) >= max(s.limit, firstLog) {
		if err := s.compact(ctx); err != nil {
			return err
		}
	}
	s.count()
	return nil
}

// waits reports whether points of a cell wait that must be folded before others.
func (s *shard) waits(c uint32) bool { return s.table.options.Ordered && s.cells[c].points > 0 }

// find returns the number of the cell of a run, which it makes if it has to.
func (s *shard) find(r *run, a *adder) uint32 {
	key, column := a.key(r.from), uint32(a.column(r.from))
	if 4*(len(s.cells)+1) > 3*len(s.index) {
		s.grow()
	}
	mask := uint32(len(s.index) - 1)
	hash := uint32(r.hash)
	at := hash & mask
	for ; s.index[at] != 0; at = (at + 1) & mask {
		c := &s.cells[s.index[at]-1]
		if c.hash == hash && c.span == r.span && c.column == column && bytes.Equal(s.keyOf(c), key) {
			return s.index[at] - 1
		}
	}
	c := entry{span: r.span, hash: hash, column: column, keyBytes: uint32(len(key))}
	if n := len(s.cells); n > 0 && bytes.Equal(s.keyOf(&s.cells[n-1]), key) {
		c.key = s.cells[n-1].key
	} else {
		s.table.keys.add(s.table.hashOf(key))
		if len(key) <= shortKey {
			copy(c.key[:], key)
		} else {
			binary.LittleEndian.PutUint32(c.key[:], uint32(len(s.texts)))
			s.texts = append(s.texts, key...)
		}
	}
	s.cells = append(s.cells, c)
	if s.table.needs.ends {
		s.ends = append(s.ends, Ends{})
	}
	s.index[at] = uint32(len(s.cells))
	s.table.cells.Add(1)
	return uint32(len(s.cells) - 1)
}

func (s *shard) keyOf(c *entry) []byte {
	if c.keyBytes <= shortKey {
		return c.key[:c.keyBytes]
	}
	at := binary.LittleEndian.Uint32(c.key[:])
	return s.texts[at : at+c.keyBytes]
}

// warm touches what find will need. The processor waits for many such places at the same time, but in
// find for one after the other.
func (s *shard) warm(a *adder, runs []int32) {
	if len(s.cells) < manyCells || len(runs) < fewRuns {
		return
	}
	mask := uint32(len(s.index) - 1)
	a.found = slices.Grow(a.found[:0], len(runs))[:len(runs)]
	for n, i := range runs {
		a.found[n] = s.index[uint32(a.runs[i].hash)&mask]
	}
	for n, c := range a.found {
		if c > 0 {
			a.found[n] = s.cells[c-1].hash
		}
	}
}

// grow makes room in the index.
func (s *shard) grow() {
	s.index = make([]uint32, max(64, 2*len(s.index)))
	mask := uint32(len(s.index) - 1)
	for i := range s.cells {
		at := s.cells[i].hash & mask
		for s.index[at] != 0 {
			at = (at + 1) & mask
		}
		s.index[at] = uint32(i + 1)
	}
}

// count counts the memory of the shard.
func (s *shard) count() {
	now := int64(cap(s.index))*4 + int64(cap(s.cells))*entryMemory + int64(cap(s.texts)) + int64(cap(s.states.bytes)) +
		int64(cap(s.log.points))*pointMemory + int64(cap(s.values.ranks))*valueMemory + int64(cap(s.ends))*endsMemory
	s.table.used.Add(now - s.used.Swap(now))
}

// fold adds points to the state of a cell.
func (s *shard) fold(ctx context.Context, c uint32, points []gohost.Datapoint) error {
	e := &s.cells[c]
	room := scratch.Get().(*[]byte)
	defer scratch.Put(room)
	state, err := s.table.engine.AppendFold(ctx, (*room)[:0], s.states.get(e), points)
	*room = state
	if err != nil {
		return err
	}
	s.states.put(e, state)
	return nil
}

var scratch = sync.Pool{New: func() any { return new([]byte) }}

// compact folds the points of the cells that have some, and leaves the others in the log. It makes the
// log longer if most are left.
func (s *shard) compact(ctx context.Context) error {
	points, ends := s.log.sorted(s.cells)
	s.log.cells, s.log.points = s.log.cells[:0], s.log.points[:0]
	least := someFold
	if s.table.used.Load() > s.table.options.Memory/2 {
		least = fewFold
	}
	begin := uint32(0)
	for c, end := range ends {
		own := points[begin:end]
		begin = end
		if len(own) >= least && s.table.engine.HasSummary() {
			if err := s.fold(ctx, uint32(c), own); err != nil {
				return err
			}
			s.cells[c].points = 0
			continue
		}
		for range own {
			s.log.cells = append(s.log.cells, uint32(c))
		}
		s.log.points = append(s.log.points, own...)
	}
	s.states.tidy(s.cells)
	s.limit = max(firstLog, len(s.log.points)+len(s.log.points)/2)
	return nil
}

// sorted returns the points by their cells, in the order in which they came, and where those of each
// cell end.
func (l *pending) sorted(cells []entry) (points []gohost.Datapoint, ends []uint32) {
	points = make([]gohost.Datapoint, len(l.points))
	ends = make([]uint32, len(cells))
	begin := uint32(0)
	for c := range cells {
		ends[c] = begin
		begin += cells[c].points
	}
	for i, c := range l.cells {
		points[ends[c]] = l.points[i]
		ends[c]++
	}
	return points, ends
}

// sorted returns the values of each cell in their order, and where those of each cell end.
func (k *kept) sorted(cells []entry) (values []uint64, ends []uint32) {
	values = make([]uint64, len(k.ranks))
	ends = make([]uint32, len(cells))
	begin := uint32(0)
	for c := range cells {
		ends[c] = begin
		begin += cells[c].values
	}
	for i, c := range k.cells {
		values[ends[c]] = k.ranks[i]
		ends[c]++
	}
	return values, ends
}

// An arena has states of different sizes.
type arena struct {
	bytes []byte
	waste int
}

// stateSlot is the unit of the room of a state, so that one that grows a little stays where it is.
const stateSlot = 16

func roomOf(size uint32) uint32 { return (size + stateSlot - 1) / stateSlot * stateSlot }

func (a *arena) get(e *entry) []byte {
	if e.size == 0 {
		return nil
	}
	return a.bytes[e.state : e.state+e.size]
}

func (a *arena) put(e *entry, state []byte) {
	size := uint32(len(state))
	if old := roomOf(e.size); roomOf(size) > old {
		a.waste += int(old)
		e.state = uint32(len(a.bytes))
		a.bytes = append(a.bytes, state...)
		a.bytes = append(a.bytes, make([]byte, roomOf(size)-size)...)
	} else {
		copy(a.bytes[e.state:], state)
	}
	e.size = size
}

// tidy drops what is wasted, if it is half.
func (a *arena) tidy(cells []entry) {
	if a.waste < 1<<16 || 2*a.waste < len(a.bytes) {
		return
	}
	tidied := arena{bytes: make([]byte, 0, len(a.bytes)-a.waste)}
	for i := range cells {
		if e := &cells[i]; e.size > 0 {
			state := a.get(e)
			e.size = 0
			tidied.put(e, state)
		}
	}
	tidied.waste = 0
	*a = tidied
}

// rank is a number in the order of doubles: the total order of IEEE 754.
func rank(x float64) uint64 {
	bits := math.Float64bits(x)
	return bits ^ (uint64(int64(bits)>>63) | 1<<63)
}

// unrank is the double of a rank.
func unrank(r uint64) float64 {
	if r>>63 != 0 {
		return math.Float64frombits(r ^ 1<<63)
	}
	return math.Float64frombits(^r)
}

// reset drops all cells.
func (s *shard) reset() {
	s.table.cells.Add(-int64(len(s.cells)))
	s.index, s.cells, s.texts, s.states, s.log, s.ends, s.values = nil, nil, nil, arena{}, pending{}, nil, kept{}
	s.limit = 0
	s.count()
}

func (s *shard) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reset()
	return s.written.close()
}

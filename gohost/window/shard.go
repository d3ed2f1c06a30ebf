package window

import (
	"bytes"
	"context"
	"encoding/binary"
	"math"
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
	index   []uint32   // see slot; by hash, with open addressing
	cells   []*[chunk]entry
	n       int    // of cells
	texts   []byte // of keys
	places  []place
	states  arena
	log     pending
	limit   int // of the log
	ends    []Ends
	values  kept
	written written
}

// An entry is a window of a series: the sums of its points, or a place with them. It has the size of two
// lines of the cache, since in a table of many keys nearly each point finds one that is not there.
type entry struct {
	span     stream.Span
	hash     uint32
	column   uint32
	place    uint32 // its number and 1, or 0
	keyBytes uint32
	key      [shortKey]byte // or where a longer key is in the texts
	sums     sums
}

const (
	// shortKey is the max size of keys that need no room in the texts.
	shortKey = 16
	// chunk is how many entries have their room together, which stays where it is when there are more.
	chunk = 128
)

// A place has the points of an entry that its sums do not hold: those of a state, and those that wait.
type place struct {
	state, size uint32 // in the arena
	points      uint32 // in the log
}

// pending are points that no state has yet, with the numbers of their places.
type pending struct {
	places []uint32
	points []gohost.Datapoint
}

// kept are values with the numbers of their cells, and how many each has.
type kept struct {
	cells  []uint32
	ranks  []uint64 // see rank
	counts []uint32
}

const (
	entryMemory = int64(unsafe.Sizeof(entry{}))
	placeMemory = int64(unsafe.Sizeof(place{}))
	pointMemory = gohost.PackedSize + 4
	valueMemory = 8 + 4
	endsMemory  = int64(unsafe.Sizeof(Ends{}))
	// firstLog is how many points may wait at first.
	firstLog = 4096
	// manyCells is from how many cells on they do not stay in the cache, and fewRuns up to how many runs
	// that does not matter.
	manyCells = 1024
	fewRuns   = 8
	// warmRuns is how many runs find their entries in the cache, where other runs do not take their places.
	warmRuns = 64
	// someFold is from how many points on a fold costs little for each point.
	someFold = 16
	// fewFold is from how many points on they use about as much memory as a state.
	fewFold = 5
	// fullShard bounds offsets of 32 bits, and maxCells the numbers in the index.
	fullShard = 1 << 31
	maxCells  = 1<<slotBits - 1
)

// A slot of the index has the number of a cell and 1 in its lower bits, and the first bits of the hash, so that
// few others are looked at.
const slotBits = 24

func slotOf(hash, cell uint32) uint32 { return hash>>slotBits<<slotBits | cell + 1 }

func cellOf(slot uint32) uint32 { return slot&(1<<slotBits-1) - 1 }

// add adds runs of points.
func (s *shard) add(ctx context.Context, a *adder, runs []int32) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.texts) > fullShard || len(s.states.bytes) > fullShard || s.n >= maxCells-len(runs) {
		if err := s.write(ctx); err != nil {
			return err
		}
	}
	for len(runs) > 0 {
		some := runs[:min(warmRuns, len(runs))]
		runs = runs[len(some):]
		s.warm(a, some)
		for _, i := range some {
			if err := s.addRun(ctx, a, &a.runs[i]); err != nil {
				return err
			}
		}
	}
	if len(s.log.points) >= max(s.limit, firstLog) {
		if err := s.compact(ctx); err != nil {
			return err
		}
	}
	s.count()
	return nil
}

// addRun adds the points of a run.
func (s *shard) addRun(ctx context.Context, a *adder, r *run) error {
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
		s.values.counts[c] += uint32(len(points))
	}
	e := s.cell(c)
	if len(points) >= longRun && s.table.engine.HasSummary() && !s.waits(e) {
		return s.fold(ctx, s.placeOf(e), points)
	}
	if s.table.summing && e.place == 0 {
		for len(points) > 0 && e.sums.add(points[0]) {
			points = points[1:]
		}
		if len(points) == 0 {
			return nil
		}
	}
	p := s.placeOf(e)
	for _, point := range points {
		s.log.places = append(s.log.places, p)
		s.log.points = append(s.log.points, point)
	}
	s.places[p].points += uint32(len(points))
	return nil
}

// waits reports whether points of a cell wait that must be folded before others.
func (s *shard) waits(e *entry) bool {
	return s.table.options.Ordered && e.place > 0 && s.places[e.place-1].points > 0
}

func (s *shard) cell(c uint32) *entry { return &s.cells[c/chunk][c%chunk] }

// placeOf returns the number of the place of an entry. If it makes it, the sums become its state.
func (s *shard) placeOf(e *entry) uint32 {
	if e.place == 0 {
		s.places = append(s.places, place{})
		e.place = uint32(len(s.places))
		if e.sums.count > 0 {
			s.states.put(&s.places[e.place-1], e.sums.appendState(nil))
			e.sums = sums{}
		}
	}
	return e.place - 1
}

// find returns the number of the cell of a run, which it makes if it has to.
func (s *shard) find(r *run, a *adder) uint32 {
	key, column := a.key(r.from), uint32(a.column(r.from))
	if 4*(s.n+1) > 3*len(s.index) {
		s.grow()
	}
	mask := uint32(len(s.index) - 1)
	hash := uint32(r.hash)
	at := hash & mask
	for ; s.index[at] != 0; at = (at + 1) & mask {
		slot := s.index[at]
		if slot>>slotBits != hash>>slotBits {
			continue
		}
		c := s.cell(cellOf(slot))
		if c.hash == hash && c.span == r.span && c.column == column && bytes.Equal(s.keyOf(c), key) {
			return cellOf(slot)
		}
	}
	n := uint32(s.n)
	if n%chunk == 0 {
		s.cells = append(s.cells, new([chunk]entry))
	}
	s.n++
	c := s.cell(n)
	c.span, c.hash, c.column, c.keyBytes = r.span, hash, column, uint32(len(key))
	if n > 0 && bytes.Equal(s.keyOf(s.cell(n-1)), key) {
		c.key = s.cell(n - 1).key
	} else {
		s.table.keys.add(s.table.hashOf(key))
		if len(key) <= shortKey {
			copy(c.key[:], key)
		} else {
			binary.LittleEndian.PutUint32(c.key[:], uint32(len(s.texts)))
			s.texts = append(s.texts, key...)
		}
	}
	if s.table.needs.ends {
		s.ends = append(s.ends, Ends{})
	}
	if s.table.needs.ranks != nil {
		s.values.counts = append(s.values.counts, 0)
	}
	s.index[at] = slotOf(hash, n)
	s.table.cells.Add(1)
	return n
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
	if s.n < manyCells || len(runs) < fewRuns {
		return
	}
	mask := uint32(len(s.index) - 1)
	touched := uint32(0)
	for _, i := range runs {
		touched += s.index[uint32(a.runs[i].hash)&mask]
	}
	for _, i := range runs {
		hash := uint32(a.runs[i].hash)
		for at := hash & mask; s.index[at] != 0; at = (at + 1) & mask {
			if slot := s.index[at]; slot>>slotBits == hash>>slotBits {
				c := s.cell(cellOf(slot))
				touched += c.hash + c.sums.count
				break
			}
		}
	}
	a.touched = touched
}

// grow makes room in the index.
func (s *shard) grow() {
	s.index = make([]uint32, max(64, 2*len(s.index)))
	mask := uint32(len(s.index) - 1)
	for i := range uint32(s.n) {
		hash := s.cell(i).hash
		at := hash & mask
		for s.index[at] != 0 {
			at = (at + 1) & mask
		}
		s.index[at] = slotOf(hash, i)
	}
}

// count counts the memory of the shard.
func (s *shard) count() {
	now := int64(cap(s.index))*4 + int64(len(s.cells))*chunk*entryMemory + int64(cap(s.texts)) + int64(cap(s.places))*placeMemory +
		int64(cap(s.states.bytes)) + int64(cap(s.log.points))*pointMemory + int64(cap(s.values.ranks))*valueMemory +
		int64(cap(s.values.counts))*4 + int64(cap(s.ends))*endsMemory
	s.table.used.Add(now - s.used.Swap(now))
}

// fold adds points to the state of a place.
func (s *shard) fold(ctx context.Context, n uint32, points []gohost.Datapoint) error {
	p := &s.places[n]
	room := scratch.Get().(*[]byte)
	defer scratch.Put(room)
	state, err := s.table.engine.AppendFold(ctx, (*room)[:0], s.states.get(p), points)
	*room = state
	if err != nil {
		return err
	}
	s.states.put(p, state)
	return nil
}

var scratch = sync.Pool{New: func() any { return new([]byte) }}

// compact folds the points of the places that have some, and leaves the others in the log. It makes the
// log longer if most are left.
func (s *shard) compact(ctx context.Context) error {
	points, ends := s.log.sorted(s.places)
	s.log.places, s.log.points = s.log.places[:0], s.log.points[:0]
	least := someFold
	if s.table.used.Load() > s.table.options.Memory/2 {
		least = fewFold
	}
	begin := uint32(0)
	for n, end := range ends {
		own := points[begin:end]
		begin = end
		if len(own) >= least && s.table.engine.HasSummary() {
			if err := s.fold(ctx, uint32(n), own); err != nil {
				return err
			}
			s.places[n].points = 0
			continue
		}
		for range own {
			s.log.places = append(s.log.places, uint32(n))
		}
		s.log.points = append(s.log.points, own...)
	}
	s.states.tidy(s.places)
	s.limit = max(firstLog, len(s.log.points)+len(s.log.points)/2)
	return nil
}

// sorted returns the points by their places, in the order in which they came, and where those of each
// place end.
func (l *pending) sorted(places []place) (points []gohost.Datapoint, ends []uint32) {
	points = make([]gohost.Datapoint, len(l.points))
	ends = make([]uint32, len(places))
	begin := uint32(0)
	for n := range places {
		ends[n] = begin
		begin += places[n].points
	}
	for i, n := range l.places {
		points[ends[n]] = l.points[i]
		ends[n]++
	}
	return points, ends
}

// sorted returns the values of each cell in their order, and where those of each cell end.
func (k *kept) sorted() (values []uint64, ends []uint32) {
	values = make([]uint64, len(k.ranks))
	ends = make([]uint32, len(k.counts))
	begin := uint32(0)
	for c, n := range k.counts {
		ends[c] = begin
		begin += n
	}
	for i, c := range k.cells {
		values[ends[c]] = k.ranks[i]
		ends[c]++
	}
	return values, ends
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
	s.table.cells.Add(-int64(s.n))
	s.index, s.cells, s.texts, s.places, s.states, s.log, s.ends, s.values = nil, nil, nil, nil, arena{}, pending{}, nil, kept{}
	s.n, s.limit = 0, 0
	s.count()
}

func (s *shard) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reset()
	return s.written.close()
}

package pool

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// maxSeats bounds how long it takes to look at all seats.
const maxSeats = 16

// seats are places for idle instances, besides the channel: there a processor finds the
// instance that it used last, without waiting for another that takes or returns one at the
// same time. They must be empty while a call waits.
type seats[T any] struct {
	all []seat[T]
	// near has the seat of each processor. It is used once two calls ran at the same time:
	// it is 6 % of a call with one point.
	near   sync.Pool
	spread atomic.Bool
	given  atomic.Uint32
}

// seat has cache lines of its own; processors fetch them in pairs.
type seat[T any] struct {
	v atomic.Pointer[T]
	_ [120]byte
}

// makeSeats makes the seats of a pool of so many instances.
func (s *seats[T]) makeSeats(size int) {
	// Two for each processor: now and then two goroutines change places, and one of two
	// processors asks for another seat, which must not be that of the other.
	n := min(2*runtime.GOMAXPROCS(0), maxSeats)
	if size == 1 {
		n = 1
	}
	s.all = make([]seat[T], n)
	s.near.New = func() any { return &s.all[int(s.given.Add(1)-1)%len(s.all)] }
}

// nearest returns the seat of the processor that asks.
func (s *seats[T]) nearest() *seat[T] {
	if !s.spread.Load() {
		return &s.all[0]
	}
	at := s.near.Get().(*seat[T])
	s.near.Put(at)
	return at
}

// put puts an instance into the seat, unless that is taken.
func (s *seats[T]) put(at *seat[T], v *T) bool {
	if at.v.CompareAndSwap(nil, v) {
		return true
	}
	if !s.spread.Load() { // there is another instance
		s.spread.Store(true)
	}
	return false
}

// take returns an instance from any seat, or nil.
func (s *seats[T]) take() *T {
	for i := range s.all {
		if v := s.all[i].take(); v != nil {
			return v
		}
	}
	return nil
}

// taken returns how many seats are taken.
func (s *seats[T]) taken() (n int) {
	for i := range s.all {
		if s.all[i].v.Load() != nil {
			n++
		}
	}
	return n
}

// take empties the seat. It looks first: a write takes the cache line from others.
func (s *seat[T]) take() *T {
	if s.v.Load() == nil {
		return nil
	}
	return s.v.Swap(nil)
}

package sandbox

import (
	"sync"
	"sync/atomic"
)

// tally counts the calls of one instance, and then of another when that is closed. In one
// count for all instances, calls at the same time would wait for each other.
type tally struct {
	calls, fuel atomic.Uint64
	_           [112]byte // processors fetch cache lines in pairs
}

// tallies are those of a module, no more than it ever had instances at the same time.
type tallies struct {
	mu   sync.Mutex
	all  []*tally
	free []*tally // of closed instances
}

// take returns a tally for an instance that starts.
func (t *tallies) take() *tally {
	t.mu.Lock()
	defer t.mu.Unlock()
	if last := len(t.free) - 1; last >= 0 {
		free := t.free[last]
		t.free = t.free[:last]
		return free
	}
	fresh := new(tally)
	t.all = append(t.all, fresh)
	return fresh
}

// put takes back the tally of an instance that is closed.
func (t *tallies) put(of *tally) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.free = append(t.free, of)
}

// sum returns the counts of all calls.
func (t *tallies) sum() (calls, fuel uint64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, of := range t.all {
		calls += of.calls.Load()
		fuel += of.fuel.Load()
	}
	return calls, fuel
}

package plugin

import (
	"sync"
	"sync/atomic"
	"time"
)

// BreakerState is the state of a circuit breaker.
type BreakerState string

const (
	// BreakerClosed: calls run.
	BreakerClosed BreakerState = "closed"
	// BreakerOpen: calls fail at once with [ErrOpen].
	BreakerOpen BreakerState = "open"
	// BreakerHalfOpen: the next call may run, or one call runs that decides.
	BreakerHalfOpen BreakerState = "half-open"
)

// BreakerStatus is the status of a circuit breaker.
type BreakerStatus struct {
	State BreakerState
	// Until is the end of the cool-down, or zero if the breaker is closed.
	Until time.Time
	// Failures is the number of recent failures, max BreakerLimits.Failures.
	Failures int
	// Lost is the share of the instances' time that failed calls took, from 0 to 1,
	// over the last three CallTimeouts; see [BreakerLimits].
	Lost float64
	// Last is the last failure, and LastAt its time.
	Last   error
	LastAt time.Time
}

// breaker is the circuit breaker of one activation of a version. It ends with the
// activation, so that a new version starts afresh, and late failures of an old one do
// not count against it.
type breaker struct {
	limits Limits
	now    func() time.Time

	// notClosed lets calls of a closed breaker pass without the lock.
	notClosed atomic.Bool
	// ended counts the calls that ended in success or failure.
	ended atomic.Uint64

	mu      sync.Mutex // guards the fields below
	state   BreakerState
	until   time.Time
	probing bool // a probe is running
	// failures is a ring: with as many as limits.Failures in it, the oldest is
	// at next.
	failures []failure
	next     int
	losses   losses
	opened   *OpenError // why it is open, without Until
	last     error
	lastAt   time.Time
}

// failure records when a call failed, and after how many other calls.
type failure struct {
	at    time.Time
	ended uint64
}

// newBreaker returns the breaker of a plugin with these limits, none of them zero.
func newBreaker(limits Limits, now func() time.Time) *breaker {
	b := &breaker{limits: limits, now: now, state: BreakerClosed}
	b.losses.begin(limits.lossSpan(), now())
	return b
}

// transition is a change of state to report to the hooks.
type transition struct {
	from, to BreakerState
	err      error
}

// begin returns an error if a call may not run. A probe is the one call that decides
// whether the breaker closes again; it must end with [breaker.end].
func (b *breaker) begin() (probe bool, changed *transition, err error) {
	if !b.notClosed.Load() {
		return false, nil, nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.state == BreakerClosed {
		return false, nil, nil
	}
	if b.probing || b.now().Before(b.until) {
		refused := *b.opened
		refused.Until, refused.Last = b.until, b.last
		return false, nil, &refused
	}
	b.probing = true
	if b.state == BreakerOpen {
		b.state = BreakerHalfOpen
		changed = &transition{from: BreakerOpen, to: BreakerHalfOpen}
	}
	return true, changed, nil
}

// end records the outcome of a call that held an instance for the duration took.
func (b *breaker) end(probe bool, outcome Outcome, took time.Duration, err error) *transition {
	ok, failed := outcome.isSuccess(), outcome.isFailure()
	if !ok && !failed {
		if probe { // it proves nothing: the next call is the probe
			b.mu.Lock()
			b.probing = false
			b.mu.Unlock()
		}
		return nil
	}
	if b.limits.Breaker.Off {
		return nil
	}
	if ok && !probe {
		b.ended.Add(1)
		return nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	ended := b.ended.Add(1) // under the lock, so that it grows from failure to failure
	if probe {
		b.probing = false
	}
	if failed {
		b.last, b.lastAt = err, b.now()
		b.losses.add(took, b.lastAt)
	}
	switch {
	case probe && b.state == BreakerHalfOpen && ok:
		b.close()
		return &transition{from: BreakerHalfOpen, to: BreakerClosed}
	case probe && b.state == BreakerHalfOpen:
		b.open()
		return &transition{from: BreakerHalfOpen, to: BreakerOpen, err: err}
	case failed && b.state == BreakerClosed:
		if b.opened = b.verdict(ended); b.opened == nil {
			return nil
		}
		b.open()
		return &transition{from: BreakerClosed, to: BreakerOpen, err: err}
	}
	return nil
}

// verdict records a failure, and returns why the breaker opens, or nil.
func (b *breaker) verdict(ended uint64) *OpenError {
	if b.tooMany(ended) {
		return &OpenError{Failures: b.limits.Breaker.Failures, Window: b.limits.Breaker.Window}
	}
	share, failures := b.lost(b.lastAt)
	if failures >= min(leastLosses, b.limits.Breaker.Failures) && share >= b.limits.Breaker.Lost {
		return &OpenError{Failures: failures, Window: b.limits.lossSpan(), Lost: share}
	}
	return nil
}

// leastLosses is the min number of failed calls that open the breaker by lost time: one
// caller who sends an input that hangs twice must not open it.
const leastLosses = 3

// lost returns the share of the instances' time that failed calls took, and their number.
// Time before the breaker began does not count, but at least one CallTimeout always does:
// a few quick failures have lost nothing.
func (b *breaker) lost(now time.Time) (share float64, failures int) {
	lost, failures, over := b.losses.sum(now)
	all := float64(max(over, b.limits.longestCall())) * float64(b.limits.MaxInstances)
	return min(float64(lost)/all, 1), failures
}

// tooMany records a failure and reports whether it is one too many.
func (b *breaker) tooMany(ended uint64) bool {
	limits := b.limits.Breaker
	f := failure{at: b.lastAt, ended: ended}
	if len(b.failures) < limits.Failures {
		b.failures = append(b.failures, f)
	} else {
		b.failures[b.next] = f
		b.next = (b.next + 1) % len(b.failures)
	}
	if len(b.failures) < limits.Failures {
		return false
	}
	oldest := b.failures[b.next]
	calls := ended - oldest.ended + 1
	return f.at.Sub(oldest.at) <= limits.Window &&
		float64(len(b.failures)) >= limits.Ratio*float64(calls)
}

func (b *breaker) open() {
	b.state, b.until = BreakerOpen, b.lastAt.Add(b.limits.Breaker.Cooldown)
	b.notClosed.Store(true)
}

func (b *breaker) close() {
	b.state, b.until = BreakerClosed, time.Time{}
	b.failures, b.next = b.failures[:0], 0
	b.losses.begin(b.limits.lossSpan(), b.now())
	b.opened = nil
	b.notClosed.Store(false)
}

// reset closes the breaker and forgets all failures.
func (b *breaker) reset() *transition {
	b.mu.Lock()
	defer b.mu.Unlock()
	from := b.state
	b.close()
	b.last, b.lastAt = nil, time.Time{}
	if from == BreakerClosed {
		return nil
	}
	return &transition{from: from, to: BreakerClosed}
}

func (b *breaker) status() BreakerStatus {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := BreakerStatus{State: b.state, Until: b.until, Failures: len(b.failures), Last: b.last, LastAt: b.lastAt}
	s.Lost, _ = b.lost(b.now())
	if s.State == BreakerOpen && !b.now().Before(b.until) {
		s.State = BreakerHalfOpen
	}
	return s
}

package plugin

import (
	"context"
	"errors"
	"reflect"
	"sync"
	"sync/atomic"
	"time"
)

// Shadow runs calls also on a candidate, whose answers nobody gets, and counts how they differ from
// those of what serves: a new version of a model, say, before it is activated. Both are bindings
// of one contract, of two plugins of a registry as a rule. It is safe for concurrent use.
//
//	shadow := plugin.NewShadow[*detector.Detector, detector.Detection](now.Binding(), next.Binding())
//	result, err := shadow.Call(ctx, func(ctx context.Context, d *detector.Detector) (detector.Detection, error) {
//		return d.Detect(ctx, nil, points)
//	})
//	fmt.Println(shadow.Report().Different)
type Shadow[B, R any] struct {
	// Same reports whether two answers are equal. The default is reflect.DeepEqual.
	Same func(active, candidate R) bool
	// One call in Every is compared; 0 and 1 compare all.
	Every uint64
	// OnDifference is called with two answers that are not the same, or nil.
	OnDifference func(active, candidate R)

	active, candidate B
	calls             atomic.Uint64
	mu                sync.Mutex
	report            ShadowReport
}

// errNoReturn: the function that is called did not return, but panicked.
var errNoReturn = errors.New("f did not return")

// ShadowReport counts calls of a [Shadow].
type ShadowReport struct {
	// Calls are all calls, Compared those that ran on the candidate too.
	Calls, Compared uint64
	// Same and Different are calls with two answers. Calls without an answer that failed for
	// the same reason ([OutcomeOf]) are the same.
	Same, Different uint64
	// Failed are calls that failed on the candidate alone or for another reason: also those with a
	// panic of the function that is called, and those whose deadline only the active version met.
	// Answered are those that only the candidate answered.
	Failed, Answered uint64
	// ActiveTime and CandidateTime are how long the compared calls took on each. They ran at
	// the same time.
	ActiveTime, CandidateTime time.Duration
}

// NewShadow returns a Shadow. Its exported fields may be set before the first call.
func NewShadow[B, R any](active, candidate B) *Shadow[B, R] {
	return &Shadow[B, R]{active: active, candidate: candidate}
}

// Call calls f with the binding that serves, and returns what it returns. If the call is
// compared, it also calls f with the candidate, in a goroutine of its own, and waits for that: f
// may use what the caller changes after Call. The candidate's limits bound how long that takes. A
// panic of f with the candidate is a failure of that; one with the active binding goes on.
func (s *Shadow[B, R]) Call(ctx context.Context, f func(context.Context, B) (R, error)) (R, error) {
	n := s.calls.Add(1)
	if every := max(s.Every, 1); n%every != 0 {
		return f(ctx, s.active)
	}
	type answer struct {
		result R
		err    error
		took   time.Duration
	}
	run := func(b B) (a answer) {
		begin := time.Now()
		a.result, a.err = f(ctx, b)
		a.took = time.Since(begin)
		return a
	}
	done := make(chan answer, 1)
	go func() {
		a := answer{err: errNoReturn}
		defer func() {
			_ = recover() // a panic of f here would end the whole program
			done <- a
		}()
		a = run(s.candidate)
	}()
	active := run(s.active)
	answered := ctx.Err() == nil && active.err == nil
	candidate := <-done
	// A call that its caller gave up says nothing of the candidate, unless that used up the time that
	// the active version did not need.
	if ctx.Err() == nil || answered && errors.Is(ctx.Err(), context.DeadlineExceeded) {
		s.compare(active.result, candidate.result, active.err, candidate.err, active.took, candidate.took)
	}
	return active.result, active.err
}

func (s *Shadow[B, R]) compare(active, candidate R, activeErr, candidateErr error, activeTime, candidateTime time.Duration) {
	both := activeErr == nil && candidateErr == nil
	same := both && s.same(active, candidate) // the program's own, so without the lock
	s.mu.Lock()
	r := &s.report
	r.Compared++
	r.ActiveTime += activeTime
	r.CandidateTime += candidateTime
	switch {
	case same, activeErr != nil && candidateErr != nil && OutcomeOf(activeErr) == OutcomeOf(candidateErr):
		r.Same++
	case both:
		r.Different++
	case candidateErr == nil:
		r.Answered++
	default:
		r.Failed++
	}
	s.mu.Unlock()
	if both && !same && s.OnDifference != nil {
		s.OnDifference(active, candidate)
	}
}

func (s *Shadow[B, R]) same(active, candidate R) bool {
	if s.Same != nil {
		return s.Same(active, candidate)
	}
	return reflect.DeepEqual(active, candidate)
}

// Report returns the counters so far.
func (s *Shadow[B, R]) Report() ShadowReport {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.report
	r.Calls = s.calls.Load()
	return r
}

package gohost

import (
	"context"
	"fmt"
	"runtime"
	"sync/atomic"

	"example.org/compute-pipeline/gohost/sandbox"
)

// SessionPoints is how many points the buffer of a [Session] has.
const SessionPoints = roomPoints

// errSessionClosed is an [ErrClosed] that names the session, and not the module.
var errSessionClosed error = sessionClosed{}

type sessionClosed struct{}

func (sessionClosed) Error() string        { return "the session is closed" }
func (sessionClosed) Is(target error) bool { return target == ErrClosed }

// errSessionBusy is the error of a call that finds another.
var errSessionBusy = fmt.Errorf("%w: another method of the session is running", ErrBusy)

// A Session adds points that come one by one, or a few at a time, at a high rate: to exact sums
// that stay where they are, through a buffer. A point takes nanoseconds, and no memory.
//
//	s, err := eng.OpenSession(ctx)
//	defer s.Close()
//	for m := range measurements {
//		if err := s.Push(ctx, m.Time, m.Value); err != nil { … }
//	}
//	stats, err := s.Snapshot(ctx)
//
// The statistics and the state have the bits of [Engine.Finish] and [Engine.Fold] for the same
// points, whatever was called in between.
//
// In a session of the embedded engine the sums are in an instance, which serves nobody else. It
// counts for [WithMaxInstances], by default the number of processors: other calls wait while all
// instances are those of sessions. The buffer is the memory of that instance: what
// [Session.Buffer] returns can be handed to a source that writes measurements, and they are
// where they are needed. In a session of another module the buffer and the state are Go's memory, and
// the module's own Fold adds points to it. A version that a registry of plugins swaps in goes on
// with the state of the one before.
//
// # Errors
//
// A method that returns an error has changed nothing, but for what [Session.Fold] says it has
// taken: points that were pushed stay in the buffer, and the call can be repeated, for instance
// with a context that has not ended. But if the engine is closed, or the instance fails (which is a
// defect), the points are gone: from then on all methods return that error.
//
// A session of 2^64-1 points keeps those that follow in the buffer, and its methods fail with a
// [CountError] until [Session.Reset].
//
// A context that ends stops no call of the embedded engine in its middle, which takes at most some
// 30 µs, or 10 ms in the interpreter, and neither [WithFuel] nor [WithCallTimeout] applies there.
//
// # Goroutines
//
// The methods are for one goroutine at a time. A call that finds another one running returns an
// [ErrBusy]. Push, Buffer and Commit do not look unless the buffer is full: two goroutines may
// lose points or the session there, or panic, and the race detector says so. They harm no other call.
type Session struct {
	// buffer never changes. The first n of its points were pushed, and the first added of
	// these are in the sums. A closed or lost session looks as if its buffer were full.
	buffer   []Datapoint
	n, added int

	sums sums
	busy atomic.Bool
	err  error // why the session can no longer be used
}

// sums is where the sums of a session live. If a method fails, they are what they were, or lost.
type sums interface {
	// add adds points of the buffer, from one number up to another.
	add(ctx context.Context, buffer []Datapoint, from, to int) error
	merge(ctx context.Context, state []byte) error
	statistics(ctx context.Context) (Statistics, error)
	appendState(ctx context.Context, dst []byte) ([]byte, error)
	reset(ctx context.Context) error
	// isLost reports whether no method can succeed any more.
	isLost() bool
	close()
}

// OpenSession returns a session without points, which must be closed. With the embedded engine it
// starts an instance, in some 40 µs, and waits for a place as any call does ([WithMaxInstances]).
// A module with neither summary nor accumulators fails with [ErrNoSummary].
//
// A session that is no longer reachable is closed eventually, by Go's collector.
func (e *Engine) OpenSession(ctx context.Context) (*Session, error) {
	s := &Session{}
	var err error
	if s.sums, s.buffer, err = e.openSums(ctx); err != nil {
		return nil, err
	}
	runtime.AddCleanup(s, sums.close, s.sums)
	return s, nil
}

func (e *Engine) openSums(ctx context.Context) (sums, []Datapoint, error) {
	if module, ok := e.hasDirectSums(); ok {
		return openDirectSums(ctx, module)
	}
	// Of no points, so that a module that cannot keep sums fails here.
	if _, err := e.Finish(ctx, nil); err != nil {
		return nil, nil, err
	}
	return &stateSums{engine: e}, make([]Datapoint, SessionPoints), nil
}

// Push adds a point. It goes to the buffer; if that is full, the points there are added to the
// sums first. After an error the point was not taken.
func (s *Session) Push(ctx context.Context, timestamp uint64, value float64) error {
	if n := s.n; n < len(s.buffer) {
		s.buffer[n] = Datapoint{timestamp, value}
		s.n = n + 1
		return nil
	}
	return s.pushFull(ctx, timestamp, value)
}

func (s *Session) pushFull(ctx context.Context, timestamp uint64, value float64) error {
	if err := s.makeRoom(ctx); err != nil {
		return err
	}
	s.buffer[0] = Datapoint{timestamp, value}
	s.n = 1
	return nil
}

// Buffer returns the free rest of the buffer, of one point or more, for a source that writes
// points itself: [Session.Commit] adds them. If the buffer is full, the points there are added to
// the sums first.
//
// The room is for points until the next Push, Fold, Reset or Close, or a Commit. A list that is
// written to later changes points of this session, but nothing else, ever: it is memory as any
// other, also when the session is closed or lost.
func (s *Session) Buffer(ctx context.Context) ([]Datapoint, error) {
	if s.n == len(s.buffer) {
		if err := s.makeRoom(ctx); err != nil {
			return nil, err
		}
	}
	return s.buffer[s.n:len(s.buffer):len(s.buffer)], nil
}

// Commit adds the first n points of what [Session.Buffer] returned. The error is an
// [ErrInvalidInput] if that has fewer.
func (s *Session) Commit(n int) error {
	if free := len(s.buffer) - s.n; n <= 0 || n > free {
		if s.err != nil || n == 0 {
			return s.err
		}
		return s.failed(fmt.Errorf("%w: %d points, and the buffer has room for %d", ErrInvalidInput, n, free))
	}
	s.n += n
	return nil
}

// Fold adds points, and returns how many it has taken: all, if err is nil.
func (s *Session) Fold(ctx context.Context, points []Datapoint) (int, error) {
	taken := 0
	if s.err != nil {
		return taken, s.err
	}
	for {
		n := copy(s.buffer[s.n:], points[taken:])
		s.n += n
		if taken += n; taken == len(points) {
			return taken, nil
		}
		if err := s.makeRoom(ctx); err != nil {
			return taken, err
		}
	}
}

// Merge adds the points of a state of [Engine.Fold] or [Session.AppendState]. If it is not a valid
// state, the error is a [*GuestError].
func (s *Session) Merge(ctx context.Context, state []byte) error {
	return s.do(func() error {
		if err := checkBytes("the state", state); err != nil {
			return s.failed(err)
		}
		return s.sums.merge(ctx, state)
	})
}

// Snapshot returns the statistics of all points so far. The points stay, and so does what
// [Session.Buffer] returned.
func (s *Session) Snapshot(ctx context.Context) (stats Statistics, err error) {
	err = s.do(func() (err error) {
		if err = s.flush(ctx); err == nil {
			stats, err = s.sums.statistics(ctx)
		}
		return err
	})
	return stats, err
}

// AppendState appends the state of all points so far to dst, as [Engine.AppendFold] does. The
// points stay.
func (s *Session) AppendState(ctx context.Context, dst []byte) ([]byte, error) {
	out := dst
	err := s.do(func() (err error) {
		if err = s.flush(ctx); err == nil {
			out, err = s.sums.appendState(ctx, dst)
		}
		return err
	})
	return out, err
}

// Reset drops all points.
func (s *Session) Reset(ctx context.Context) error {
	return s.do(func() error {
		if err := s.sums.reset(ctx); err != nil {
			return err
		}
		s.n, s.added = 0, 0
		return nil
	})
}

// Close ends the session and its instance. What was not read is lost. Later calls of other methods
// fail with [ErrClosed]; closing again does nothing.
func (s *Session) Close() error {
	if !s.busy.CompareAndSwap(false, true) {
		return s.failed(errSessionBusy)
	}
	defer s.busy.Store(false)
	s.err = nil
	s.end(s.failed(errSessionClosed))
	s.sums.close()
	return nil
}

// makeRoom adds the points of the full buffer to the sums, and empties it.
func (s *Session) makeRoom(ctx context.Context) error {
	return s.do(func() error {
		if err := s.flush(ctx); err != nil {
			return err
		}
		s.n, s.added = 0, 0
		return nil
	})
}

// flush adds the points of the buffer to the sums. They stay where they are, so that a list of
// [Session.Buffer] does too.
func (s *Session) flush(ctx context.Context) error {
	if s.added == s.n {
		return nil
	}
	if err := s.sums.add(ctx, s.buffer, s.added, s.n); err != nil {
		return err
	}
	s.added = s.n
	return nil
}

// do runs f, unless another method runs or the session has ended.
func (s *Session) do(f func() error) error {
	if !s.busy.CompareAndSwap(false, true) {
		return s.failed(errSessionBusy)
	}
	defer s.busy.Store(false)
	if s.err != nil {
		return s.err
	}
	err := f()
	if err != nil && s.sums.isLost() {
		s.end(err)
	}
	return err
}

// end makes err the error of all later calls.
func (s *Session) end(err error) {
	if s.err == nil {
		s.err = err
	}
	s.n, s.added = len(s.buffer), len(s.buffer)
}

// failed returns an error of the session itself.
func (s *Session) failed(err error) error {
	return sandbox.NewError("a session", contract.FunctionNames()[fnFold], err)
}

package sandbox

import (
	"context"
	"sync"
	"sync/atomic"

	"example.org/compute-pipeline/gohost/internal/fuel"
)

// Parts runs f for each part of a call's work, from 0 to n-1: on the call's instance, and at
// the same time on others of the module that no call uses or waits for ([WithParallelism]).
// Which instance gets which part must not matter to f. All instances have the call's
// context, time and budget, and f has returned on all of them when Parts returns.
//
// A part that fails stops the parts after it, and no part before it. The error is that of
// the first part that failed, as if they had run one after the other; if all parts together
// exceed the budget, it may be that of the budget instead.
func (in *Instance) Parts(n int, f func(ctx context.Context, in *Instance, part int) error) error {
	helpers := min(n, in.Parallelism()) - 1
	if helpers < 1 {
		for part := range n {
			if err := f(in.guest, in, part); err != nil {
				return err
			}
		}
		return nil
	}
	s := &spread{n: n, f: f, of: in, team: in.meter.Lead()}
	defer in.meter.Reunite()
	defer s.helpers.Wait()
	for range helpers {
		s.helpers.Go(s.help)
	}
	own := s.lead()
	s.helpers.Wait()
	in.spoiled = own != nil && !isGuestError(own)
	return s.err
}

// Parallelism returns how many instances Parts may use: one if nobody meters them, so that
// they could not be stopped, or each serves one call.
func (in *Instance) Parallelism() int {
	config := &in.Module().config
	if in.meter == nil || config.callsPerInstance == 1 {
		return 1
	}
	return min(config.parallelism, config.maxInstances)
}

// spread is a call whose parts run on several instances.
type spread struct {
	n       int
	f       func(ctx context.Context, in *Instance, part int) error
	of      *Instance // the call's own
	team    *fuel.Team
	next    atomic.Int64 // the first part that nobody has
	helpers sync.WaitGroup

	mu     sync.Mutex
	err    error // of the first part that failed
	failed int   // that part
}

// lead runs parts on the call's own instance.
func (s *spread) lead() (err error) {
	part, returned := 0, false
	defer func() {
		if !returned {
			s.team.Fail(-1) // f panicked, which ends the call
		}
		if over := s.of.meter.Rest(); err == nil {
			err = over
		}
		s.fail(part, err)
	}()
	err = s.run(s.of, &part)
	returned = true
	return err
}

// help runs parts on another instance, if there is one.
func (s *spread) help() {
	m := s.of.Module()
	in := m.pool.TryAcquire(s.of.ctx, m.quick)
	if in == nil {
		return
	}
	in.calls++
	in.isNew, in.memory.refused = false, false
	in.caller, in.function = s.of.caller, s.of.function
	in.meter.Join(s.team)
	in.within(s.of.ctx)
	var err error
	part, returned := 0, false
	defer func() {
		if !returned {
			err = runtimePanic(recover())
		}
		s.leave(in, part, err)
	}()
	err = s.run(in, &part)
	returned = true
}

// leave returns the instance of a helper to the pool, or closes it.
func (s *spread) leave(in *Instance, part int, err error) {
	m := in.Module()
	_, err = m.end(in, err)
	if err == nil || isGuestError(err) {
		s.fail(part, err)
		m.release(s.of.ctx, in)
		return
	}
	err = m.callError(in, err)
	s.fail(part, &partError{err})
	m.discard(s.of.ctx, in, m.failed(m.functionName(in.function), err))
}

// run runs parts on an instance until none is left, one fails, or another call wants the
// instance of a helper. It sets part to the one that runs.
func (s *spread) run(in *Instance, part *int) error {
	for in == s.of || !in.Module().pool.IsWanted() {
		next := int(s.next.Add(1)) - 1
		if next >= s.n || s.team.Failed(next) {
			return nil
		}
		*part = next
		in.meter.Work(next)
		if err := s.f(in.guest, in, next); err != nil {
			return err
		}
	}
	return nil
}

// partError is the error of a part on another instance than the call's, classified.
type partError struct{ error }

func (e *partError) Unwrap() error { return e.error }

// fail keeps the error of a part, unless it is nil or an earlier part failed.
func (s *spread) fail(part int, err error) {
	if err == nil {
		return
	}
	s.team.Fail(part)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err == nil || part < s.failed {
		s.err, s.failed = err, part
	}
}

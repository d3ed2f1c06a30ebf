package gohost

import (
	"context"

	"example.org/compute-pipeline/gohost/cabi"
	"example.org/compute-pipeline/gohost/sandbox"
)

// accumulatorSums are the sums of a session in an accumulator of a module that exports
// org:analytics/accumulators. Its instance serves nobody else. The buffer is Go's memory.
type accumulatorSums struct {
	module *sandbox.Module
	handle *cabi.Handle
}

// hasAccumulators returns the module, if the engine is one with accumulators. A plugin of a
// registry is not: what a version keeps would be lost when another takes its place.
func (e *Engine) hasAccumulators() (*sandbox.Module, bool) {
	module, ok := e.caller.(*sandbox.Module)
	return module, ok && module.Exports(fnNewAccumulator)
}

func openAccumulatorSums(ctx context.Context, module *sandbox.Module) (*accumulatorSums, error) {
	s := &accumulatorSums{module: module}
	err := sandbox.Use(ctx, module, fnFold, func(ctx context.Context, in *sandbox.Instance) (err error) {
		s.handle, err = newAccumulator(ctx, in)
		return err
	})
	if err != nil {
		return nil, err
	}
	return s, nil
}

// use runs f with the instance, as a call of a function.
func (s *accumulatorSums) use(ctx context.Context, function int, f func(context.Context, *sandbox.Instance) error) error {
	return sandbox.UseOn(ctx, s.handle, function, f)
}

func (s *accumulatorSums) add(ctx context.Context, buffer []Datapoint, from, to int) error {
	return s.use(ctx, fnAccumulatorAdd, func(ctx context.Context, in *sandbox.Instance) error {
		return addTo(ctx, in, s.handle, buffer[from:to])
	})
}

func (s *accumulatorSums) merge(ctx context.Context, state []byte) error {
	return s.use(ctx, fnAccumulatorMerge, func(ctx context.Context, in *sandbox.Instance) error {
		return mergeInto(ctx, in, s.handle, state, "state")
	})
}

func (s *accumulatorSums) statistics(ctx context.Context) (stats Statistics, err error) {
	err = s.use(ctx, fnAccumulatorFinish, func(ctx context.Context, in *sandbox.Instance) error {
		stats, err = finishOf(ctx, in, s.handle)
		return err
	})
	if err != nil {
		return Statistics{}, err
	}
	return stats, nil
}

func (s *accumulatorSums) appendState(ctx context.Context, dst []byte) ([]byte, error) {
	out := dst
	err := s.use(ctx, fnAccumulatorState, func(ctx context.Context, in *sandbox.Instance) error {
		if err := keepStateOf(ctx, in, s.handle); err != nil {
			return err
		}
		if err := in.Exceeded(); err != nil {
			return err // and dst must not be changed
		}
		out = append(dst, in.Scratch...)
		return nil
	})
	if err != nil {
		return dst, err
	}
	return out, nil
}

// reset makes another accumulator in the same instance. If that fails, the first one stays.
func (s *accumulatorSums) reset(ctx context.Context) error {
	return s.use(ctx, fnNewAccumulator, func(ctx context.Context, in *sandbox.Instance) error {
		fresh, err := newAccumulator(ctx, in)
		if err != nil {
			return err
		}
		old := s.handle
		s.handle = fresh
		return in.Drop(ctx, old)
	})
}

func (s *accumulatorSums) isLost() bool { return sandbox.IsLost(s.handle) }

// close closes the instance with all in it. The destructor does not run: it has nothing to do
// that matters then, and it could run for as long as it likes.
func (s *accumulatorSums) close() { sandbox.Discard(s.handle) }

var _ sums = (*accumulatorSums)(nil)

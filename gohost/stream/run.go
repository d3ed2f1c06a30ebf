package stream

import (
	"context"
	"errors"
	"iter"
	"time"
)

// Results pushes the points of a sequence, and returns their results as they become due, and at the
// end of the sequence those of all windows ([Operator.Finish]). A point is taken from the sequence when
// no more results of those before it are due: who reads slowly is waited for.
//
// An error of the sequence or the operator is yielded once, without a result, and is the last. The
// operator can then be used further, as it can if the reader stops early; the result that the
// reader got last was emitted.
func (o *Operator[R]) Results(ctx context.Context, points iter.Seq2[Point, error]) iter.Seq2[Result[R], error] {
	return func(yield func(Result[R], error) bool) {
		emit := func(r Result[R]) error {
			if !yield(r, nil) {
				return errStop
			}
			return nil
		}
		fail := func(err error) {
			if !errors.Is(err, errStop) {
				yield(Result[R]{}, err)
			}
		}
		var one [1]Point
		for p, err := range points {
			if err == nil {
				one[0] = p
				_, err = o.Push(ctx, one[:], emit)
			}
			if err != nil {
				fail(err)
				return
			}
		}
		if err := o.Finish(ctx, emit); err != nil {
			fail(err)
		}
	}
}

// Run pushes batches of points from a channel until it is closed, then finishes, and sends the results
// to another channel, which it closes when it returns. It takes the next batch once all results of
// the one before are sent. With [WithIdle] it calls [Operator.Tick] while no batches come.
//
// It returns the first error, including that of the context. Points of a batch after the one at
// fault are not taken.
func (o *Operator[R]) Run(ctx context.Context, batches <-chan []Point, results chan<- Result[R]) error {
	defer close(results)
	emit := func(r Result[R]) error {
		select {
		case results <- r:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	var ticks <-chan time.Time
	if idle := o.table.config.idle; idle > 0 {
		ticker := time.NewTicker(max(idle/4, time.Millisecond))
		defer ticker.Stop()
		ticks = ticker.C
	}
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticks:
			if err := o.Tick(ctx, emit); err != nil {
				return err
			}
		case batch, more := <-batches:
			if !more {
				return o.Finish(ctx, emit)
			}
			if _, err := o.Push(ctx, batch, emit); err != nil {
				return err
			}
		}
	}
}

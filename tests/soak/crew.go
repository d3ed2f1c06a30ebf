package main

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"sync/atomic"
)

// callers is how many goroutines call at the same time, in all scenarios.
const callers = 8

// errEnough ends a crew without an error.
var errEnough = errors.New("enough")

// crew runs step again and again in goroutines of its own, each with random
// numbers of its own, until one returns an error, which crew returns; the context
// of the others ends then. After errEnough, which is no error, the others finish
// the step they are in.
func crew(ctx context.Context, goroutines int, step func(ctx context.Context, r *rand.Rand) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var enough atomic.Bool
	var all sync.WaitGroup
	for i := range goroutines {
		all.Go(func() {
			r := rand.New(rand.NewPCG(uint64(i), 1))
			for ctx.Err() == nil && !enough.Load() {
				switch err := step(ctx, r); {
				case errors.Is(err, errEnough):
					enough.Store(true)
				case err != nil:
					cancel(err) // the first one counts
				}
			}
		})
	}
	all.Wait()
	return context.Cause(ctx)
}

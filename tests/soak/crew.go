package main

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
)

// callers is how many goroutines call at the same time, in all scenarios.
const callers = 8

// errEnough ends a crew without an error.
var errEnough = errors.New("enough")

// crew runs step again and again in goroutines of its own, each with random
// numbers of its own, until one returns an error, which crew returns, or
// errEnough, which is none. The context of the others ends then.
func crew(ctx context.Context, goroutines int, step func(ctx context.Context, r *rand.Rand) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var all sync.WaitGroup
	for i := range goroutines {
		all.Go(func() {
			r := rand.New(rand.NewPCG(uint64(i), 1))
			for ctx.Err() == nil {
				if err := step(ctx, r); err != nil {
					cancel(err) // the first one counts
				}
			}
		})
	}
	all.Wait()
	if err := context.Cause(ctx); !errors.Is(err, errEnough) {
		return err
	}
	return nil
}

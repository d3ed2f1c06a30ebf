package gohost_test

import (
	"fmt"
	"sync"
	"testing"
)

// What goroutines that share an engine cost each other: the base is one goroutine, and the
// figure 1 if two make twice the calls in the same time.
func BenchmarkGoroutines(b *testing.B) {
	eng := newEngine(b)
	for _, n := range []int{1, 100, 10_000} {
		points := temperatures(n)
		// Some milliseconds: waking the second goroutine's processor is a small part.
		calls := max(1, 2_000_000/(n+200))
		on := func(goroutines int) func() {
			return func() {
				var all sync.WaitGroup
				for range goroutines {
					all.Go(func() {
						for range calls {
							if _, err := eng.ComputeAggregate(ctx, points); err != nil {
								b.Error(err)
							}
						}
					})
				}
				all.Wait()
			}
		}
		b.Run(fmt.Sprint(n), func(b *testing.B) { compare(b, on(1), on(2)) })
	}
}

package sandbox_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/sandbox"
)

// memories are the kinds of memory that an instance may have, with the ways to run
// it: each of them ends a call in its own way.
var memories = map[string][]gohost.Option{
	"mapped":                 {},
	"mapped, interpreter":    {gohost.WithInterpreter()},
	"mapped, not metered":    {gohost.WithDebugInfo()},
	"on the heap":            {sandbox.WithMemoryOnHeap()},
	"on the heap, unchecked": {sandbox.WithMemoryOnHeap(), gohost.WithDebugInfo()},
}

// A guest that ends itself is closed by wazero while its call is under way, which
// then reads the message of its panic: reading memory that is unmapped ends the
// process, not the call.
func TestMemoryOutlivesTheGuestThatEndsItself(t *testing.T) {
	const exits, traps, grows, loops = 1 << 4, 2 << 4, 3 << 4, 4 << 4
	const inCall, inRealloc, inPostReturn = 1, 2, 3
	for name, opts := range memories {
		t.Run(name, func(t *testing.T) {
			opts := append(opts[:len(opts):len(opts)], gohost.WithMaxInstances(4), gohost.WithGrants(gohost.GrantClock()))
			eng := load(t, "exits", opts...)
			var calls sync.WaitGroup
			for worker := range 8 {
				calls.Go(func() {
					for n := range 60 {
						what := []byte{exits, traps, grows, loops}[(worker+n)%4]
						where := []byte{inCall, inRealloc, inPostReturn}[n%3]
						failsInItsWay(t, eng, what|where, where == inRealloc)
					}
				})
			}
			calls.Wait()
			s := eng.Stats()
			assert.LessOrEqual(t, s.Instances, 4)
			assert.NotZero(t, s.InstancesDiscarded)
			require.NoError(t, eng.Close(ctx))
			assert.Zero(t, eng.Stats().MemoryBytes)
		})
	}
}

// failsInItsWay calls the guest and then, where that is what fails, once more.
func failsInItsWay(t *testing.T, eng *gohost.Engine, do byte, later bool) {
	t.Helper()
	limited, cancel := context.WithTimeout(ctx, 20*time.Millisecond)
	defer cancel()
	_, err := eng.ProcessBatch(limited, batch(do))
	if err == nil && later {
		_, err = eng.ProcessBatch(limited, batch(do))
		if err == nil {
			return // another instance
		}
	}
	// The next call of an instance may be another worker's.
	switch trap := (*gohost.TrapError)(nil); {
	case errors.Is(err, context.DeadlineExceeded):
	case errors.As(err, &trap):
		assert.Contains(t, []string{"the guest ended itself with exit code 3", "still there?"}, trap.Message)
	default:
		assert.Fail(t, "another error", "%x: %v", do, err)
	}
}

func TestMemoryOfInstancesThatFailToStart(t *testing.T) {
	for name, opts := range memories {
		t.Run(name, func(t *testing.T) {
			for _, module := range []string{"start_exits", "start_traps"} {
				var starts sync.WaitGroup
				for range 4 {
					starts.Go(func() {
						for range 10 {
							loadFails(t, module, append(opts[:len(opts):len(opts)], gohost.WithGrants(gohost.GrantClock())))
						}
					})
				}
				starts.Wait()
			}
		})
	}
}

func loadFails(t *testing.T, name string, opts []gohost.Option) {
	t.Helper()
	_, err := gohost.Load(ctx, module(t, name), opts...)
	var trap *gohost.TrapError
	assert.ErrorAs(t, err, &trap, "%s", fmt.Sprint(name))
}

// Closing waits for calls, whose memory it must not take away.
func TestMemoryWhileTheEngineIsClosed(t *testing.T) {
	for name, opts := range memories {
		t.Run(name, func(t *testing.T) {
			for range 5 {
				eng := load(t, "exits", append(opts[:len(opts):len(opts)], gohost.WithMaxInstances(4), gohost.WithGrants(gohost.GrantClock()))...)
				var calls sync.WaitGroup
				for worker := range 4 {
					calls.Go(func() {
						for n := range 100 {
							limited, cancel := context.WithTimeout(ctx, time.Millisecond)
							_, err := eng.ProcessBatch(limited, batch(byte(n%5)<<4|byte(worker%3)))
							cancel()
							if errors.Is(err, gohost.ErrClosed) {
								return
							}
						}
					})
				}
				require.NoError(t, eng.Close(ctx))
				calls.Wait()
				assert.Zero(t, eng.Stats().MemoryBytes)
				assert.Zero(t, eng.Stats().Instances)
			}
		})
	}
}

// An instance whose memory takes the system long to take back is closed behind the
// back of its call. Nobody is refused for it meanwhile, and its place is not given
// away before.
func TestLargeInstancesAreClosedInTheBackground(t *testing.T) {
	eng := newEngine(t, gohost.WithMaxInstances(1), gohost.WithMaxWaiters(0), gohost.WithMemoryLimit(512))
	large := make([]byte, sandbox.MaxClosedAtOnce+1<<20)
	for range 3 {
		_, err := eng.ValidateChecksum(ctx, large, 0)
		require.NoError(t, err)
		_, err = eng.ValidateChecksum(ctx, nil, 0)
		require.NoError(t, err)
		s := eng.Stats()
		assert.Equal(t, 1, s.Instances)
		assert.Less(t, s.MemoryBytes, int64(8<<20))
	}
	_, err := eng.ValidateChecksum(ctx, large, 0)
	require.NoError(t, err)
	require.NoError(t, eng.Close(ctx))
	assert.Zero(t, eng.Stats().MemoryBytes)
	assert.Zero(t, eng.Stats().Instances)
}

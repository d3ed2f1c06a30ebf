package load

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"sync"
	"time"
)

// Load is how requests are sent.
type Load struct {
	Address     string
	Connections int
	Duration    time.Duration
	// Pick says what is sent next. Many goroutines call it.
	Pick func() *Request
}

// Result is what came of it.
type Result struct {
	Took      time.Duration
	Latencies []time.Duration // sorted
	Killed    int             // requests whose call was stopped, as it had to be
}

// Rate is how many requests were answered a second, the killed ones among them.
func (r Result) Rate() float64 {
	return float64(len(r.Latencies)+r.Killed) / r.Took.Seconds()
}

// Percentile is the smallest latency that at least p percent of the answers did
// not exceed: the nearest-rank method, of all answers, without buckets. It is 0
// where there are none.
func (r Result) Percentile(p float64) time.Duration {
	n := len(r.Latencies)
	if n == 0 {
		return 0
	}
	// A millionth below the ceiling: 99.9 % of 1000 is 999 and a rounding error.
	rank := int(p/100*float64(n) + 1 - 1e-6)
	return r.Latencies[min(max(rank, 1), n)-1]
}

// Closed sends the next request on a connection when the answer to the last has
// come: a closed loop. It finds out how much a service can do; its latencies are
// those of as many clients as there are connections, each of whom waits. While
// the service stalls, nothing is sent, so a stall counts once on each connection
// ("coordinated omission"): [Load.Open] has those that would have come.
func (l Load) Closed(ctx context.Context) (Result, error) {
	end := time.Now().Add(l.Duration)
	return l.run(ctx, func(context.Context) (time.Time, bool) {
		now := time.Now()
		return now, now.Before(end)
	})
}

// Open sends requests at random moments, rate a second on average (a Poisson
// process), whether or not others have been answered: an open loop. A request
// for which no connection is free waits, and its latency counts from the moment
// it was due.
func (l Load) Open(ctx context.Context, rate float64) (Result, error) {
	ctx, cancel := context.WithCancel(ctx)
	var dispatcher sync.WaitGroup
	defer dispatcher.Wait()
	defer cancel()
	// Room for all, so that the dispatcher never waits for a connection.
	due := make(chan time.Time, int(2*rate*l.Duration.Seconds())+1000)
	dispatcher.Go(func() {
		defer close(due)
		r := rand.New(rand.NewPCG(7, 7))
		begin := time.Now()
		for at := time.Duration(0); ; {
			at += time.Duration(r.ExpFloat64() / rate * float64(time.Second))
			if at >= l.Duration || len(due) == cap(due) {
				return
			}
			select {
			case <-time.After(time.Until(begin.Add(at))):
			case <-ctx.Done():
				return
			}
			due <- begin.Add(at)
		}
	})
	return l.run(ctx, func(ctx context.Context) (time.Time, bool) {
		select {
		case at, ok := <-due:
			return at, ok
		case <-ctx.Done():
			return time.Time{}, false
		}
	})
}

// run sends requests on all connections, each when next says, until that says
// that there are no more. The first error ends it.
func (l Load) run(ctx context.Context, next func(context.Context) (time.Time, bool)) (Result, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	results := make([]Result, l.Connections)
	begin := time.Now()
	var all sync.WaitGroup
	for i := range l.Connections {
		all.Go(func() {
			if err := l.serve(ctx, &results[i], next); err != nil {
				cancel(err)
			}
		})
	}
	all.Wait()
	sum := Result{Took: time.Since(begin)}
	for _, r := range results {
		sum.Latencies, sum.Killed = append(sum.Latencies, r.Latencies...), sum.Killed+r.Killed
	}
	slices.Sort(sum.Latencies)
	return sum, context.Cause(ctx)
}

func (l Load) serve(ctx context.Context, result *Result, next func(context.Context) (time.Time, bool)) (err error) {
	c, err := dial(ctx, l.Address)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.close()) }()
	for ctx.Err() == nil {
		since, ok := next(ctx)
		if !ok {
			return nil
		}
		request := l.Pick()
		if err := c.do(ctx, request); err != nil {
			return err
		}
		if request.killed {
			result.Killed++
			continue
		}
		result.Latencies = append(result.Latencies, time.Since(since))
	}
	return nil
}

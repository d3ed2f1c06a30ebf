package main

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/tests/soak/internal/gauge"
	"example.org/compute-pipeline/tests/soak/internal/work"
)

// deadlineSoak calls a module that never ends for some inputs; those calls have
// a deadline, or are cancelled.
type deadlineSoak struct {
	duration time.Duration // at least
	calls    uint64        // at least
	trend    bool          // as of engineSoak
	interval time.Duration // between samples
	alones   int           // calls stopped in each way while nothing else runs
}

//go:embed testdata/stuck.wasm
var stuckModule []byte

// kills are the calls that were stopped, of which there is to be one in a
// hundred.
type kills struct {
	mu   sync.Mutex
	late []time.Duration // after the deadline
}

const oneIn = 100

func (s deadlineSoak) run(ctx context.Context) (*outcome, error) {
	o := &outcome{name: "deadlines", title: "One call in a hundred never ends", panels: panels()}
	o.printf("%s.\n\n", machine())
	before := settled()
	eng, err := gohost.Load(ctx, stuckModule, gohost.WithMaxInstances(callers))
	if err != nil {
		return nil, err
	}
	if err := s.alone(ctx, o, eng); err != nil {
		return nil, err
	}
	if err := rightAnswer(ctx, eng, rand.New(rand.NewPCG(8, 8))); err != nil {
		return nil, err
	}
	reserve := eng.Stats().MemoryBytes // of the one instance there is
	warm := settled()
	discarded := eng.Stats().InstancesDiscarded
	var done atomic.Uint64
	k := &kills{}
	recorder := o.record(s.interval, func(sample *gauge.Sample) {
		stats := eng.Stats()
		sample.Calls, sample.Guests, sample.Instances = done.Load(), stats.MemoryBytes, stats.Instances
	})
	begin := time.Now()
	err = crew(ctx, callers, func(ctx context.Context, r *rand.Rand) error {
		if time.Since(begin) >= s.duration && done.Load() >= s.calls {
			return errEnough
		}
		var err error
		if r.IntN(oneIn) == 0 {
			err = k.stop(ctx, eng, r, r.IntN(len(ways)))
		} else {
			err = rightAnswer(ctx, eng, r)
		}
		done.Add(1)
		return unlessEnded(ctx, err)
	})
	took := time.Since(begin)
	o.samples = recorder.Stop()
	o.must(err == nil, "a call failed: %w", err)

	stats := eng.Stats()
	stats.InstancesDiscarded -= discarded
	slices.Sort(k.late)
	n := len(k.late)
	o.must(n > 0, "no call was stopped")
	o.printf("%s calls in %.0f s, %s a second. %s of them (%.2f %%) would never have ended and were stopped by their context, after 1 to 5 ms; all others were answered, %d wrongly. %s instances were discarded.\n",
		gauge.Thousands(int64(done.Load())), took.Seconds(), gauge.Thousands(int64(float64(done.Load())/took.Seconds())),
		gauge.Thousands(int64(n)), 100*float64(n)/float64(done.Load()), len(o.failures), gauge.Thousands(int64(stats.InstancesDiscarded)))
	if n > 0 {
		o.printf("With %d callers on %d processors, a stopped call returned %.2f ms after the end of its context (median), %.2f ms (99 %%), %.2f ms at most: that is, above all, how long a caller waits for a processor while others loop.\n",
			callers, runtime.GOMAXPROCS(0), milliseconds(k.late[n/2]), milliseconds(k.late[n*99/100]), milliseconds(k.late[n-1]))
	}
	// Where the context ended before the call got to its instance, there was
	// nothing to discard.
	o.must(stats.InstancesDiscarded <= uint64(n), "%d instances were discarded for %d stopped calls", stats.InstancesDiscarded, n)
	o.must(stats.InstancesDiscarded+discarded > 0, "no instance was discarded: nothing was stopped in the guest")
	o.must(stats.Traps+stats.Violations+stats.LimitHits == 0, "there were traps, violations or limits: %+v", stats)
	if s.trend {
		o.judge(deadlineRules())
	}
	// The module never grows, and each caller may have a timer that fires.
	o.hold(bounds(before, callers, reserve, 3*callers))
	o.compareWhileOpen(warm, callers*reserve)
	if err := eng.Close(ctx); err != nil {
		return nil, err
	}
	left := eng.Stats()
	o.must(left.Instances == 0 && left.MemoryBytes == 0, "after Close there are %d instances with %d bytes", left.Instances, left.MemoryBytes)
	o.compareWithStart(before)
	return o, nil
}

// alone stops calls one by one, while nothing else runs, and writes how late they
// returned.
func (s deadlineSoak) alone(ctx context.Context, o *outcome, eng *gohost.Engine) error {
	o.printf("One caller alone, from the end of a call's context to its return:\n\n")
	o.printf("| | stopped calls | median | 99 %% | longest |\n| --- | ---: | ---: | ---: | ---: |\n")
	r := rand.New(rand.NewPCG(9, 9))
	for way, name := range ways {
		k := &kills{}
		for range s.alones {
			if err := k.stop(ctx, eng, r, way); err != nil {
				return err
			}
		}
		slices.Sort(k.late)
		n := len(k.late)
		o.printf("| %s | %d | %.2f ms | %.2f ms | %.2f ms |\n", name, n,
			milliseconds(k.late[n/2]), milliseconds(k.late[n*99/100]), milliseconds(k.late[n-1]))
	}
	o.printf("\n")
	return nil
}

// deadlineRules allow for the instances that are just being replaced, and the
// goroutine of a context's timer.
func deadlineRules() []gauge.Rule {
	rules := flatRules()
	for i := range rules {
		switch rules[i].Name {
		case "goroutines":
			rules[i].Growth.Abs, rules[i].Peak.Abs = 1, 2*callers
		case "instances":
			rules[i].Growth.Abs, rules[i].Peak.Abs = 1, callers
		}
	}
	return rules
}

// ways never to end.
var ways = []string{"an empty loop", "a loop of memory.fill, 64 KiB at a time", "recursion"}

// stop makes a call that never ends by itself, in one of the ways.
func (k *kills) stop(ctx context.Context, eng *gohost.Engine, r *rand.Rand, way int) error {
	after := time.Millisecond + time.Duration(r.Int64N(int64(4*time.Millisecond)))
	want := context.DeadlineExceeded
	var end func()
	if r.IntN(2) == 0 {
		ctx, end = context.WithTimeout(ctx, after)
	} else {
		var cancel context.CancelFunc
		ctx, cancel = context.WithCancel(ctx)
		timer := time.AfterFunc(after, cancel)
		want, end = context.Canceled, func() { timer.Stop(); cancel() }
	}
	defer end()
	deadline := time.Now().Add(after)
	var err error
	switch way {
	case 0:
		_, err = eng.ValidateChecksum(ctx, []byte("loops"), math.MaxUint32)
	case 1:
		_, err = eng.ProcessBatch(ctx, bytes.Repeat([]byte{0xff}, gohost.PackedSize))
	case 2:
		_, err = eng.ComputeAggregate(ctx, []gohost.Datapoint{{Timestamp: math.MaxUint64}})
	}
	late := time.Since(deadline)
	if !errors.Is(err, want) {
		return fmt.Errorf("a call that never ends: %w, not %w", err, want)
	}
	k.mu.Lock()
	k.late = append(k.late, late)
	k.mu.Unlock()
	return nil
}

// rightAnswer makes a call that ends, and checks what it returns.
func rightAnswer(ctx context.Context, eng *gohost.Engine, r *rand.Rand) error {
	n := r.IntN(500)
	switch r.IntN(4) {
	case 0:
		points := make([]gohost.Datapoint, n)
		want := gohost.Aggregate{Mean: float64(n)}
		for i := range points {
			points[i] = gohost.Datapoint{Timestamp: uint64(i), Value: r.NormFloat64()}
			want.Variance += points[i].Value
			want.Sum = points[i].Value
		}
		got, err := eng.ComputeAggregate(ctx, points)
		if err == nil && got != want {
			err = &work.WrongAnswer{Got: got, Want: want}
		}
		return err
	case 1:
		want := bytes.Repeat([]byte{byte(r.IntN(255))}, n*gohost.PackedSize)
		got, err := eng.ProcessBatch(ctx, want)
		if err == nil && !bytes.Equal(got, want) {
			err = &work.WrongAnswer{Got: got, Want: want}
		}
		return err
	case 2:
		want := r.IntN(2) == 0
		expected := uint32(n)
		if !want {
			expected++
		}
		got, err := eng.ValidateChecksum(ctx, make([]byte, n), expected)
		if err == nil && got != want {
			err = &work.WrongAnswer{Got: got, Want: want}
		}
		return err
	default:
		want := fmt.Sprintf("text %d", r.Int())
		_, err := eng.ValidateStream(ctx, []byte(want))
		var answer *gohost.GuestError
		if errors.As(err, &answer) && answer.Message == want {
			return nil
		}
		return errors.Join(&work.WrongAnswer{Got: err, Want: want}, err)
	}
}

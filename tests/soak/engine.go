package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync/atomic"
	"time"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/tests/soak/internal/gauge"
	"example.org/compute-pipeline/tests/soak/internal/work"
)

// engineSoak calls one engine with lists of all sizes, for at least a duration
// and a number of calls.
type engineSoak struct {
	duration time.Duration
	calls    uint64
	interval time.Duration // between samples
	largest  int           // list, in points
	// trend judges whether all stays flat, for which a run must be long. Bounds
	// hold in any case.
	trend bool
}

// soakedInstances is fewer than there are callers, so that some wait.
const soakedInstances = 4

func (s engineSoak) run(ctx context.Context) (*outcome, error) {
	o := &outcome{name: "engine", title: "One engine under eight callers", panels: panels()}
	o.printf("%s.\n\n", machine())
	mix := work.NewMix(1, s.largest)
	before := settled()
	reserve, err := instanceReserve(ctx, mix)
	if err != nil {
		return nil, err
	}
	eng, err := gohost.New(ctx, gohost.WithMaxInstances(soakedInstances))
	if err != nil {
		return nil, err
	}
	if err := warmUp(ctx, mix, eng); err != nil {
		return nil, err
	}
	warm := settled()
	var done, jobs, points atomic.Uint64
	recorder := o.record(s.interval, func(sample *gauge.Sample) {
		stats := eng.Stats()
		sample.Calls, sample.Guests, sample.Instances = done.Load(), stats.MemoryBytes, stats.Instances
	})
	begin := time.Now()
	err = crew(ctx, callers, func(ctx context.Context, r *rand.Rand) error {
		if time.Since(begin) >= s.duration && done.Load() >= s.calls {
			return errEnough
		}
		job := mix.Pick(r)
		if err := job.Run(ctx, eng); err != nil {
			if ctx.Err() != nil {
				return nil // another one ended the run
			}
			return fmt.Errorf("%s, %d points: %w", job.Name, job.Points, err)
		}
		done.Add(uint64(job.Calls))
		jobs.Add(1)
		points.Add(uint64(job.Points))
		return nil
	})
	took := time.Since(begin)
	o.samples = recorder.Stop()
	o.must(err == nil, "a call failed: %w", err)

	stats := eng.Stats()
	o.printf("%s calls in %s jobs of 1 to %s points, %s points together, in %.0f s: %s calls a second. Every answer was compared with one computed without the engine, in rational arithmetic where there is arithmetic; %d were wrong or failed.\n",
		gauge.Thousands(int64(done.Load())), gauge.Thousands(int64(jobs.Load())), gauge.Thousands(int64(s.largest)), gauge.Thousands(int64(points.Load())),
		took.Seconds(), gauge.Thousands(int64(float64(done.Load())/took.Seconds())), len(o.failures))
	o.printf("%s calls waited for one of the %d instances; %d instances were discarded.\n", gauge.Thousands(int64(stats.Waits)), soakedInstances, stats.InstancesDiscarded)
	o.must(stats.Calls >= done.Load(), "the engine counted %d calls, fewer than the %d that were made", stats.Calls, done.Load())
	o.must(stats.InstancesDiscarded == 0, "%d instances were discarded", stats.InstancesDiscarded)
	if s.trend {
		o.judge(flatRules())
	}
	o.hold(bounds(before, soakedInstances, reserve, 2*callers))
	o.compareWhileOpen(warm, soakedInstances*reserve)

	if err := eng.Close(ctx); err != nil {
		return nil, err
	}
	left := eng.Stats()
	o.must(left.Instances == 0 && left.MemoryBytes == 0, "after Close there are %d instances with %d bytes", left.Instances, left.MemoryBytes)
	o.compareWithStart(before)
	runtime.KeepAlive(mix) // it was there before
	return o, nil
}

// instanceReserve is how much memory one instance has after every job of the mix,
// in bytes, and a quarter more: an allocator's order of work is not always the same.
func instanceReserve(ctx context.Context, mix *work.Mix) (int64, error) {
	eng, err := gohost.New(ctx, gohost.WithMaxInstances(1))
	if err != nil {
		return 0, err
	}
	for range 2 {
		for _, job := range mix.Jobs() {
			if err := job.Run(ctx, eng); err != nil {
				return 0, errors.Join(err, eng.Close(ctx))
			}
		}
	}
	return eng.Stats().MemoryBytes * 5 / 4, eng.Close(ctx)
}

// warmUp has every caller do every job once, which makes the instances as large
// as they will become.
func warmUp(ctx context.Context, mix *work.Mix, p work.Pipeline) error {
	jobs := mix.Jobs()
	var next atomic.Int64
	return crew(ctx, callers, func(ctx context.Context, _ *rand.Rand) error {
		i := int(next.Add(1)) - 1
		if i >= callers*len(jobs) {
			return errEnough
		}
		job := jobs[i/callers]
		if err := job.Run(ctx, p); err != nil && ctx.Err() == nil {
			return fmt.Errorf("%s, %d points: %w", job.Name, job.Points, err)
		}
		return nil
	})
}

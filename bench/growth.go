package main

import (
	"errors"
	"fmt"
	"runtime"
	"time"

	"example.org/compute-pipeline/bench/exact"
	"example.org/compute-pipeline/bench/measure"
	"example.org/compute-pipeline/bench/peer"
	"example.org/compute-pipeline/bench/work"
	"example.org/compute-pipeline/gohost"
)

// longer is the cost of longer lists.
type longer struct {
	N       int
	Timings []measure.Timing
	// One and Parallel are the linear memory of the engines' instances afterwards.
	One, Parallel int64
}

// measureLonger measures lists from 1,000 points to limit: the engine first, then plain Go.
func measureLonger(limit, rounds int) ([]longer, error) {
	var all []longer
	points := work.Temperatures(limit)
	for n := 1000; n <= limit; n *= 10 {
		engine, err := gohost.New(ctx, gohost.WithParallelism(1))
		if err != nil {
			return nil, err
		}
		parallel, err := gohost.New(ctx)
		if err != nil {
			return nil, err
		}
		list := points[:n]
		timings, err := measure.Rounds([]measure.Contender{
			function(peer.Ours, func() error {
				_, err := engine.ComputeAggregate(ctx, list)
				return err
			}),
			function(plain, func() error {
				runtime.KeepAlive(work.TwoPasses(list))
				return nil
			}),
			function(algorithm, func() error {
				runtime.KeepAlive(exact.Moments(list))
				return nil
			}),
			function(peer.Parallel, func() error {
				_, err := parallel.ComputeAggregate(ctx, list)
				return err
			}),
		}, rounds, 1)
		if err != nil {
			return nil, err
		}
		all = append(all, longer{n, timings, engine.Stats().MemoryBytes, parallel.Stats().MemoryBytes})
		if err := errors.Join(engine.Close(ctx), parallel.Close(ctx)); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func function(name string, call func() error) measure.Contender {
	return measure.Contender{Name: name, Time: func(calls int) (time.Duration, error) {
		began := time.Now()
		for range calls {
			if err := call(); err != nil {
				return 0, err
			}
		}
		return time.Since(began), nil
	}}
}

// wider is the cost of more plugins in one process.
type wider struct {
	Plugins int
	// Call is the time of a call of 100 points, by each plugin in turn, in nanoseconds.
	Call float64
	// Memory is the private memory of all plugins, each with one instance.
	Memory int64
}

// measureWider loads plugins from a cache directory that is filled, and calls each in turn.
func measureWider(cache string, limit, rounds int) ([]wider, error) {
	points := work.Temperatures(100)
	before, err := measure.PrivateMemory()
	if err != nil {
		return nil, err
	}
	var engines []*gohost.Engine
	var all []wider
	for n := 1; n <= limit; n *= 2 {
		for len(engines) < n {
			engine, err := gohost.New(ctx, gohost.WithCacheDir(cache))
			if err != nil {
				return nil, err
			}
			if _, err := engine.ComputeAggregate(ctx, points); err != nil {
				return nil, err
			}
			engines = append(engines, engine)
		}
		timings, err := measure.Rounds([]measure.Contender{function(fmt.Sprint(n), func() error {
			for _, engine := range engines {
				if _, err := engine.ComputeAggregate(ctx, points); err != nil {
					return err
				}
			}
			return nil
		})}, rounds, 1)
		if err != nil {
			return nil, err
		}
		memory, err := measure.PrivateMemory()
		if err != nil {
			return nil, err
		}
		all = append(all, wider{n, timings[0].Median / float64(n), memory - before})
	}
	for _, engine := range engines {
		if err := engine.Close(ctx); err != nil {
			return nil, err
		}
	}
	return all, nil
}

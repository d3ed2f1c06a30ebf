package main

import (
	"context"
	"errors"

	"example.org/compute-pipeline/examples/matrix/job"
	"example.org/compute-pipeline/gohost"
)

// times returns the time for a point of a call with all points, and with 100, where the call
// itself costs more than the work, and the time of a call with 1 point in a sandbox that is new.
func times(ctx context.Context, code aggregator, start func(...gohost.Option) (aggregator, error), points []gohost.Datapoint, rounds int) (map[string]float64, error) {
	const calls = 10
	call := func(code aggregator, points []gohost.Datapoint) func() error {
		return func() error {
			for range calls {
				if _, err := code.ComputeAggregate(ctx, points); err != nil {
					return err
				}
			}
			return nil
		}
	}
	all, err := job.Nanoseconds(rounds, calls*len(points), call(code, points))
	if err != nil {
		return nil, err
	}
	hundred := points[:min(100, len(points))]
	some, err := job.Nanoseconds(rounds, calls*len(hundred), call(code, hundred))
	if err != nil {
		return nil, err
	}
	fresh, err := freshCall(ctx, code, start, points[:1], rounds)
	return map[string]float64{"all": all, "100": some, "fresh": fresh}, err
}

// freshCall returns the time of a call that shares nothing with the calls before: in a new
// instance of a plugin, or a new process.
func freshCall(ctx context.Context, code aggregator, start func(...gohost.Option) (aggregator, error), points []gohost.Datapoint, rounds int) (ns float64, err error) {
	if _, isProcess := code.(*process); isProcess {
		return job.Nanoseconds(rounds, 1, func() error {
			fresh, err := start()
			if err != nil {
				return err
			}
			_, err = fresh.ComputeAggregate(ctx, points)
			return errors.Join(err, fresh.Close(ctx))
		})
	}
	fresh, err := start(gohost.WithCallsPerInstance(1))
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, fresh.Close(ctx)) }()
	return job.Nanoseconds(rounds, 1, func() error {
		_, err := fresh.ComputeAggregate(ctx, points)
		return err
	})
}

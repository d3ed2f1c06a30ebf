package gohost

import (
	"context"

	"example.org/compute-pipeline/gohost/sandbox"
)

// Aggregate holds the statistics of a list of values. Each is the exact real result
// rounded once to the nearest double, ties to even. In a plugin of the grade stable each is
// within an error bound; see package grade.
type Aggregate struct {
	// Mean is finite for finite values, even if their sum is not.
	Mean float64
	// Variance is the population variance (divided by n), in the square of the
	// values' unit.
	Variance float64
	Sum      float64
}

// ComputeAggregate returns the mean, population variance and sum of the values, in
// linear time. Without points all are zero. Any NaN, or infinities of both signs, make
// all NaN; infinities of one sign make mean and sum that infinity, and the variance
// NaN.
//
// A long list is folded in chunks by the guest's summary, and a very long one in parts at the
// same time ([WithParallelism]), with the same bits as result. A module without summary gets the whole list, of at most 16,777,215 points
// ([ErrInvalidInput] beyond that).
func (e *Engine) ComputeAggregate(ctx context.Context, points []Datapoint) (Aggregate, error) {
	if len(points) > chunkPoints && e.HasSummary() {
		return e.aggregateInChunks(ctx, points)
	}
	if err := checkPoints(points); err != nil {
		return Aggregate{}, e.caller.Failed(fnComputeAggregate, err)
	}
	var agg Aggregate
	err := sandbox.Use(ctx, e.caller, fnComputeAggregate, func(ctx context.Context, in *sandbox.Instance) error {
		c := in.Call(ctx, fnComputeAggregate)
		datapoints.Push(c, points)
		c.Invoke()
		at := c.PopArea(listSize, listAlign)
		if n := c.ListLen(at, 8, 8); n != 3 && c.Err() == nil {
			c.Fail(contractError("the result has %d numbers, not mean, variance and sum", n))
		}
		// Read in place: room for a list of three would be on the heap.
		at = c.LoadU32(at)
		result := Aggregate{Mean: c.LoadF64(at), Variance: c.LoadF64(at + 8), Sum: c.LoadF64(at + 16)}
		if err := c.Done(); err != nil {
			return err
		}
		agg = result
		return nil
	})
	if err != nil {
		return Aggregate{}, err
	}
	return agg, nil
}

func (e *Engine) aggregateInChunks(ctx context.Context, points []Datapoint) (Aggregate, error) {
	var agg Aggregate
	err := sandbox.Use(ctx, e.caller, fnComputeAggregate, func(ctx context.Context, in *sandbox.Instance) error {
		if err := foldParts(ctx, in, nil, points); err != nil {
			return err
		}
		stat, err := finishState(ctx, in, in.Scratch)
		agg = Aggregate{Mean: stat.Mean, Variance: stat.Variance, Sum: stat.Sum}
		return err
	})
	if err != nil {
		return Aggregate{}, err
	}
	return agg, nil
}

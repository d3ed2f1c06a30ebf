package gohost

import (
	"context"
	"math"

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

// StdDev returns the standard deviation of the population: the root of the rounded variance. That of a sample needs the
// exact sums of a state, which [Engine.Fold] returns: see package window, SampleOf.
func (a Aggregate) StdDev() float64 { return math.Sqrt(a.Variance) }

// ComputeAggregate returns the mean, population variance and sum of the values, in
// linear time. Without points all are zero. Any NaN, or infinities of both signs, make
// all NaN; infinities of one sign make mean and sum that infinity, and the variance
// NaN.
//
// A long list is added in chunks, and a very long one in parts at the same time
// ([WithParallelism]), with the same bits as result: by the embedded engine, and by a module
// with summary. A module without summary gets the whole list, of at most 16,777,215 points
// ([ErrInvalidInput] beyond that).
func (e *Engine) ComputeAggregate(ctx context.Context, points []Datapoint) (Aggregate, error) {
	inChunks := len(points) > chunkPoints && e.HasSummary()
	if !inChunks {
		if err := checkPoints(points); err != nil {
			return Aggregate{}, e.caller.Failed(fnComputeAggregate, err)
		}
	}
	var agg Aggregate
	err := sandbox.Use(ctx, e.caller, fnComputeAggregate, func(ctx context.Context, in *sandbox.Instance) (err error) {
		switch {
		case in.Exports(directAggregate):
			agg, err = aggregateDirect(ctx, in, points)
		case inChunks:
			agg, err = aggregateInChunks(ctx, in, points)
		default:
			agg, err = metricsOf(in).aggregate(ctx, in, points)
		}
		return err
	})
	if err != nil {
		return Aggregate{}, err
	}
	return agg, nil
}

// aggregateWhole returns the statistics by one call of compute-aggregate of 0.1.0.
func aggregateWhole(ctx context.Context, in *sandbox.Instance, points []Datapoint) (Aggregate, error) {
	c := in.Call(ctx, fnComputeAggregate)
	datapoints.Push(c, points)
	c.Invoke()
	at := c.PopArea(listSize, listAlign)
	if n := c.ListLen(at, 8, 8); n != 3 && c.Err() == nil {
		c.Fail(contractError("the result has %d numbers, not mean, variance and sum", n))
	}
	// Read in place: room for a list of three would be on the heap.
	agg := loadAggregate(c, c.LoadU32(at))
	return agg, c.Done()
}

func aggregateInChunks(ctx context.Context, in *sandbox.Instance, points []Datapoint) (Aggregate, error) {
	if err := foldParts(ctx, in, nil, points); err != nil {
		return Aggregate{}, err
	}
	stat, err := finishState(ctx, in, in.Scratch)
	return Aggregate{Mean: stat.Mean, Variance: stat.Variance, Sum: stat.Sum}, err
}

package conformance

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/vectors"
	"example.org/compute-pipeline/gohost/wit"
)

// Functions are the functions of the contract: those of an [*gohost.Engine], of a plugin's
// binding, or of another implementation. The err of a WIT result is a
// [*gohost.GuestError], and a trap a [*gohost.TrapError].
type Functions interface {
	ComputeAggregate(ctx context.Context, points []gohost.Datapoint) (gohost.Aggregate, error)
	ValidateStream(ctx context.Context, raw []byte) ([]gohost.Datapoint, error)
	ProcessBatch(ctx context.Context, in []byte) ([]byte, error)
	ValidateChecksum(ctx context.Context, data []byte, expected uint32) (bool, error)
	Fold(ctx context.Context, state []byte, points []gohost.Datapoint) ([]byte, error)
	Merge(ctx context.Context, a, b []byte) ([]byte, error)
	Finish(ctx context.Context, state []byte) (gohost.Statistics, error)
}

// Run runs a case. An error is neither the err of a WIT result nor a trap.
func Run(ctx context.Context, f Functions, c *vectors.Case) (vectors.Result, error) {
	result, err := c.Run(func(function string, args []any) (any, error) {
		return Call(ctx, f, function, args)
	})
	if trap := (*gohost.TrapError)(nil); errors.As(err, &trap) {
		return vectors.Result{Trap: &trap.Message}, nil
	}
	return result, err
}

// Call calls a function, named as in vectors. It is what [vectors.Case.Run] needs.
func Call(ctx context.Context, f Functions, function string, args []any) (any, error) {
	in := arguments{args: args}
	switch _, name, _ := strings.Cut(function, "#"); name {
	case "compute-aggregate":
		points := in.points(0)
		if in.err != nil {
			return nil, in.err
		}
		agg, err := f.ComputeAggregate(ctx, points)
		return []any{bits(agg.Mean), bits(agg.Variance), bits(agg.Sum)}, err
	case "validate-stream":
		text := in.text(0)
		if in.err != nil {
			return nil, in.err
		}
		points, err := f.ValidateStream(ctx, text)
		return resultOf(pointsValue(points), err)
	case "process-batch":
		input := in.bytes(0)
		if in.err != nil {
			return nil, in.err
		}
		out, err := f.ProcessBatch(ctx, input)
		return vectors.Hex(out), err
	case "validate-checksum":
		data, expected := in.bytes(0), in.u32(1)
		if in.err != nil {
			return nil, in.err
		}
		return f.ValidateChecksum(ctx, data, expected)
	case "fold":
		state, points := in.bytes(0), in.points(1)
		if in.err != nil {
			return nil, in.err
		}
		folded, err := f.Fold(ctx, state, points)
		return resultOf(vectors.Hex(folded), err)
	case "merge":
		a, b := in.bytes(0), in.bytes(1)
		if in.err != nil {
			return nil, in.err
		}
		merged, err := f.Merge(ctx, a, b)
		return resultOf(vectors.Hex(merged), err)
	case "finish":
		state := in.bytes(0)
		if in.err != nil {
			return nil, in.err
		}
		s, err := f.Finish(ctx, state)
		return resultOf(statisticsValue(s), err)
	}
	return nil, fmt.Errorf("the contract has no function %q", function)
}

// resultOf returns the value of a function that returns a WIT result.
func resultOf(value any, err error) (any, error) {
	if message := (*gohost.GuestError)(nil); errors.As(err, &message) {
		return wit.Failed[any, any](message.Message), nil
	}
	return wit.OK[any, any](value), err
}

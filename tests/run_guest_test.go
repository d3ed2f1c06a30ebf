package tests

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"

	"example.org/compute-pipeline/gohost"
)

// runOnGuest runs every case on a guest of this process.
func runOnGuest(ctx context.Context, v *vectors, g guest) (map[string]result, error) {
	results := make(map[string]result, len(v.cases))
	for _, c := range v.cases {
		r, err := v.runCase(ctx, g, c)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c.ID, err)
		}
		results[c.ID] = r
	}
	return results, nil
}

// runCase runs one case. Errors that are answers become part of the result.
func (v *vectors) runCase(ctx context.Context, g guest, c *vector) (result, error) {
	r, err := v.call(ctx, g, c)
	var guestError *gohost.GuestError
	var trap *gohost.TrapError
	switch {
	case err == nil:
		return r, nil
	case errors.As(err, &guestError):
		return result{Error: &guestError.Message}, nil
	case errors.As(err, &trap):
		return result{Trap: &trap.Message}, nil
	case errors.Is(err, gohost.ErrInvalidInput):
		message := err.Error()
		return result{Refused: &message}, nil
	}
	return result{}, err
}

func (v *vectors) call(ctx context.Context, g guest, c *vector) (result, error) {
	switch c.function {
	case "compute-aggregate":
		points, err := v.points(c.Points)
		if err != nil {
			return result{}, err
		}
		agg, err := g.ComputeAggregate(ctx, points)
		return result{Floats: floatsText(agg.Mean, agg.Variance, agg.Sum)}, err
	case "validate-stream":
		points, err := g.ValidateStream(ctx, text(c.Raw))
		return result{Points: textOfPoints(points)}, err
	case "process-batch":
		input, err := bytesOf(c.Input)
		if err != nil {
			return result{}, err
		}
		output, err := g.ProcessBatch(ctx, input)
		out := hex.EncodeToString(output)
		return result{Bytes: &out}, err
	case "validate-checksum":
		data, err := bytesOf(c.Data)
		if err != nil {
			return result{}, err
		}
		ok, err := g.ValidateChecksum(ctx, data, c.Expected)
		return result{Bool: &ok}, err
	}
	state, err := v.makeState(ctx, g, c.State)
	if err != nil {
		return result{}, err
	}
	stat, err := g.Finish(ctx, state)
	stateHex := hex.EncodeToString(state)
	return result{State: &stateHex, Statistics: textOfStatistics(stat)}, err
}

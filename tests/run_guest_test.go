package tests

import (
	"context"
	"errors"
	"fmt"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/vectors"
	"example.org/compute-pipeline/gohost/vectors/conformance"
)

// runOnGuest runs every case on a guest of this process: the Go library, or a module that
// is called without it.
func runOnGuest(ctx context.Context, v *vectors.File, g conformance.Functions) (map[string]result, error) {
	results := make(map[string]result, len(v.Cases))
	for _, c := range v.Cases {
		r, err := conformance.Run(ctx, g, c)
		switch {
		case err == nil:
			results[c.ID] = result{Result: r}
		case errors.Is(err, gohost.ErrInvalidInput):
			message := err.Error()
			results[c.ID] = result{Refused: &message}
		default:
			return nil, fmt.Errorf("%s: %w", c.ID, err)
		}
	}
	return results, nil
}

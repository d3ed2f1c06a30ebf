package input

import (
	"context"
	"errors"
	"io"
	"iter"

	"example.org/compute-pipeline/gohost"
)

// Points returns the points of src, in order, in slices that are valid until the next one. The
// last pair has an error if the input has a fault or no points ([ErrEmpty]), if reading it
// fails, or if the context ends. The points before a fault are returned before it.
func Points(ctx context.Context, src io.Reader, opts Options) iter.Seq2[[]gohost.Datapoint, error] {
	return func(yield func([]gohost.Datapoint, error) bool) {
		reader, err := NewReader(src, opts)
		if err == nil {
			err = EachPoints(ctx, reader, func(points []gohost.Datapoint) error {
				if !yield(points, nil) {
					return errStopped
				}
				return nil
			})
		}
		if err != nil && !errors.Is(err, errStopped) {
			yield(nil, err)
		}
	}
}

var errStopped = errors.New("the loop has ended")

package input

import (
	"context"
	"fmt"

	"example.org/compute-pipeline/gohost"
)

// records reads input whose records stand apart, lines or rows: it fills a
// piece with as many as fit, and has the engine validate it.
type records struct {
	validate Validate
	target   int // bytes of a piece
	points   []gohost.Datapoint
	piece    piece
	failure  error // what ended the last piece: io.EOF, or what is wrong after it
}

// next returns the points of the next piece. add appends one record to the
// piece or returns what ends the input; locate makes an error of a complaint.
func (r *records) next(ctx context.Context, add func() error, locate func(complaint) error) ([]gohost.Datapoint, error) {
	r.piece.reset()
	for r.failure == nil && len(r.piece.text) < r.target {
		r.failure = add()
	}
	if len(r.piece.records) == 0 {
		return nil, r.failure
	}
	r.piece.close()
	points, about, err := check(ctx, r.validate, r.points[:0], r.piece.text)
	if err != nil {
		return nil, fmt.Errorf("from %s: %w", r.piece.records[0].pos, err)
	}
	if about != nil {
		return nil, locate(*about)
	}
	r.points = points
	return points, nil
}

func (r *records) Locate(i int) Position { return r.piece.records[i].pos }

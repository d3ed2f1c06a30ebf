package main

import (
	"context"
	"errors"
	"fmt"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/input"
)

// maxNormalized is the max number of points in one call of process-batch: a list of the
// component model has less than 2^28 bytes.
const maxNormalized = (1<<28 - 1) / gohost.PackedSize

// normalize runs process-batch on the whole input and folds the result. In pieces, the
// value that is kept for a repeated timestamp would depend on the split.
func (f *folding) normalize(ctx context.Context, r *input.Reader, pieces int) error {
	var batch []byte
	err := input.Each(ctx, r, pieces, nothing, func(p *input.Piece, _ struct{}) error {
		f.bar.update()
		if len(batch)/gohost.PackedSize+len(p.Points) > maxNormalized {
			return fmt.Errorf("more than %d points, the max for --normalize, which holds all of them in memory", maxNormalized)
		}
		batch = gohost.AppendPacked(batch, p.Points...)
		return nil
	})
	if err != nil {
		return err
	}
	batch, err = f.engine.AppendProcessed(ctx, batch[:0], batch)
	if err != nil {
		return err
	}
	if len(batch) == 0 {
		return errors.New("--normalize leaves nothing: expected at least one finite value")
	}
	var points []gohost.Datapoint
	for len(batch) > 0 {
		n := min(len(batch), input.DefaultPieceSize/gohost.PackedSize*gohost.PackedSize)
		if points, err = gohost.AppendUnpacked(points[:0], batch[:n]); err != nil {
			return err
		}
		if err := f.table.Add(ctx, points, nil); err != nil {
			return err
		}
		batch = batch[n:]
	}
	return nil
}

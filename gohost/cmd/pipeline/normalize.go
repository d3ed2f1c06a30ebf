package main

import (
	"context"
	"errors"
	"fmt"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/input"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/window"
)

// maxNormalized is the max number of points in one call of process-batch: a list of the
// component model has less than 2^28 bytes.
const maxNormalized = (1<<28 - 1) / input.PointSize

// normalize runs process-batch on the whole input and folds the result. In pieces, the
// value that is kept for a repeated timestamp would depend on the split.
func normalize(ctx context.Context, engine *gohost.Engine, reader input.Reader, series *window.Series, bar *progress) error {
	var batch []byte
	err := input.Each(ctx, reader, func(points []gohost.Datapoint) error {
		bar.update()
		if len(batch)/input.PointSize+len(points) > maxNormalized {
			return fmt.Errorf("more than %d points, the max for --normalize, which holds all of them in memory", maxNormalized)
		}
		batch = input.Pack(batch, points)
		return nil
	})
	if err != nil {
		return err
	}
	batch, err = engine.AppendProcessed(ctx, batch[:0], batch)
	if err != nil {
		return err
	}
	if len(batch) == 0 {
		return errors.New("--normalize leaves nothing: expected at least one finite value")
	}
	var points []gohost.Datapoint
	for len(batch) > 0 {
		n := min(len(batch), input.DefaultPieceSize/input.PointSize*input.PointSize)
		points = input.AppendPacked(points[:0], batch[:n])
		if err := series.Add(ctx, points); err != nil {
			return err
		}
		batch = batch[n:]
	}
	return nil
}

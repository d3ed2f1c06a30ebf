package gohost

import (
	"context"
	"fmt"

	"example.org/compute-pipeline/gohost/sandbox"
)

// ProcessBatch normalises a batch of packed datapoints, each 16 bytes
// little-endian (u64 timestamp, f64 value). It returns the points with finite values
// sorted by timestamp, the last given one for each timestamp.
//
// A length that is not a multiple of [PackedSize], or above 2^28-1, is an
// [ErrInvalidInput].
func (e *Engine) ProcessBatch(ctx context.Context, in []byte) ([]byte, error) {
	return e.AppendProcessed(ctx, nil, in)
}

// AppendProcessed is like [Engine.ProcessBatch] but appends the result to dst. After an
// error it returns dst unchanged. dst may be batch[:0]; then an error may leave batch
// overwritten, since the capacity beyond len(dst) belongs to dst.
func (e *Engine) AppendProcessed(ctx context.Context, dst, batch []byte) ([]byte, error) {
	if err := checkBatch(batch); err != nil {
		return dst, e.caller.Failed(fnProcessBatch, err)
	}
	var out []byte
	err := sandbox.Use(ctx, e.caller, fnProcessBatch, func(ctx context.Context, in *sandbox.Instance) error {
		c := in.Call(ctx, fnProcessBatch)
		c.PushBytes(batch)
		c.Invoke()
		at := c.PopArea(listSize, listAlign)
		checkLength(c, at, 1, 1, func(n int) error { return checkProcessed(n, len(batch)) })
		out = c.LoadBytes(at, dst)
		return c.Done()
	})
	if err != nil {
		return dst, err
	}
	return out, nil
}

// checkProcessed rejects a result of n bytes that a batch of size bytes cannot have,
// since the result consists of points of the batch.
func checkProcessed(n, size int) error {
	if n%PackedSize != 0 || n > size {
		return contractError("%d bytes were returned for %d: not a part of as many datapoints", n, size)
	}
	return nil
}

func checkBatch(batch []byte) error {
	if err := checkBytes("the batch", batch); err != nil {
		return err
	}
	if len(batch)%PackedSize != 0 {
		return fmt.Errorf("%w: the batch has %d bytes, which is not a multiple of %d", ErrInvalidInput, len(batch), PackedSize)
	}
	return nil
}

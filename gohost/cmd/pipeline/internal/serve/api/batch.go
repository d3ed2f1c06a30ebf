package api

import (
	"context"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/serve/admission"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/serve/points"
	"example.org/compute-pipeline/gohost/plugin"
)

type batchInput struct{ ListInput }

func (s *Service) registerBatch() {
	register(s, compute("process-batch", "Normalised points",
		"Returns the finite values sorted by timestamp, the last given one for each timestamp."),
		s.batch, pointsBody, pointsAnswer)
}

func (s *Service) batch(ctx context.Context, in *batchInput) (*listOutput, error) {
	answer, err := points.Accepted(in.Accept, points.Types)
	if err != nil {
		return nil, err
	}
	p, err := s.Engines.Plugin(in.Plugin)
	if err != nil {
		return nil, err
	}
	batch, err := in.packed(ctx, s.engine)
	if err != nil {
		return nil, err
	}
	out, err := p.Binding().ProcessBatch(ctx, batch)
	if err != nil {
		return nil, err
	}
	if err := computed(ctx, len(out)); err != nil {
		return nil, err
	}
	if answer == points.Packed {
		return writeBytes(points.Packed, out), nil
	}
	return writePoints(answer, points.Batch(out)), nil
}

// packed reads the body as packed points, once it has a slot and memory for as many again,
// which a plugin may return. p parses text.
func (t *Target) packed(ctx context.Context, p *plugin.Plugin[gohost.Functions]) ([]byte, error) {
	mediaType, err := points.ContentType(t.request.Header.Get("Content-Type"), points.Types)
	if err != nil {
		return nil, err
	}
	b, visit := t.body(), admission.VisitOf(ctx)
	if mediaType == points.Packed {
		return t.bytes(ctx, b.Len())
	}
	count := points.MaxCount(mediaType, b)
	if err := visit.Compute(ctx, 2*count*gohost.PackedSize+points.ReadingBytes(mediaType, b.Len())); err != nil {
		return nil, err
	}
	defer visit.Consumed()
	batch := make([]byte, 0, count*gohost.PackedSize)
	err = points.Read(ctx, p.Binding().AppendValidated, mediaType, b, func(piece []gohost.Datapoint) error {
		if len(batch)+len(piece)*gohost.PackedSize > cap(batch) {
			return tooMany(count)
		}
		batch = gohost.AppendPacked(batch, piece...)
		return nil
	})
	return batch, err
}

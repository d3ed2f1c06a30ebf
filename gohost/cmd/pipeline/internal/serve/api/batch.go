package api

import (
	"context"

	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/input"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/serve/points"
	"example.org/compute-pipeline/gohost/plugin"
)

type batchInput struct{ ListInput }

func (s *Service) registerBatch() {
	register(s, compute("process-batch", "Normalised points",
		"Keeps the finite values, sorted by timestamp, one for each timestamp, of which the last given wins."),
		s.batch, pointsBody, pointsAnswer)
}

func (s *Service) batch(ctx context.Context, in *batchInput) (*listOutput, error) {
	answer, err := points.Accepted(in.Accept, points.Types)
	if err != nil {
		return nil, err
	}
	p, err := s.Host.Plugin(in.Plugin)
	if err != nil {
		return nil, err
	}
	batch, err := in.packed(ctx, s.engine)
	if err != nil {
		return nil, err
	}
	out, err := p.ProcessBatch(ctx, batch)
	if err != nil {
		return nil, err
	}
	if answer == points.Packed {
		return writeBytes(points.Packed, out), nil
	}
	return writePoints(answer, input.AppendPacked(nil, out)), nil
}

// packed reads the body as packed points.
func (t *Target) packed(ctx context.Context, p *plugin.Plugin) ([]byte, error) {
	if mediaType, _ := points.ContentType(t.request.Header.Get("Content-Type"), points.Types); mediaType == points.Packed {
		return t.bytes()
	}
	list, err := t.points(ctx, p)
	if err != nil {
		return nil, err
	}
	return input.Pack(make([]byte, 0, len(list)*input.PointSize), list), nil
}

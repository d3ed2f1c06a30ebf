package api

import (
	"context"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/serve/points"
)

// ListInput is the input of operations that return a list of points.
type ListInput struct {
	Target
	Accept string `header:"Accept" hidden:"true"`
}

type validateInput struct{ ListInput }

func (s *Service) registerValidate() {
	register(s, compute("validate", "Points of JSON text",
		"Parses the body with the plugin's own validate-stream, and returns the points. If the body is invalid, the problem has the position."),
		s.validate, textBody, pointsAnswer)
}

func (s *Service) validate(ctx context.Context, in *validateInput) (*listOutput, error) {
	answer, err := points.Accepted(in.Accept, points.Types)
	if err != nil {
		return nil, err
	}
	p, err := s.Engines.Plugin(in.Plugin)
	if err != nil {
		return nil, err
	}
	list, err := in.points(ctx, p, textTypes)
	if err != nil {
		return nil, err
	}
	if err := computed(ctx, cap(list)*gohost.PackedSize); err != nil {
		return nil, err
	}
	return writePoints(answer, points.List(list)), nil
}

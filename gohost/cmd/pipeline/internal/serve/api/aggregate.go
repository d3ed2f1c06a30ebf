package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/serve/points"
)

type aggregateInput struct{ Target }

type aggregate struct {
	Mean     points.Float `json:"mean" doc:"Finite for finite values, even if their sum is not."`
	Variance points.Float `json:"variance" doc:"Population variance: divided by n."`
	Sum      points.Float `json:"sum"`
}

type aggregateOutput struct{ Body aggregate }

func (s *Service) registerAggregate() {
	register(s, compute("aggregate", "Mean, population variance and sum",
		"Each is the exact real result for the values, rounded once to the nearest double; from a plugin of the grade stable, each is within an error bound. "+
			"Without packed points all are zero. Any NaN, or infinities of both signs, make all NaN; infinities of one sign make mean and sum that infinity, and the variance NaN."),
		s.aggregate, pointsBody)
}

func (s *Service) aggregate(ctx context.Context, in *aggregateInput) (*aggregateOutput, error) {
	p, err := s.Engines.Plugin(in.Plugin)
	if err != nil {
		return nil, err
	}
	list, err := in.points(ctx, s.engine, points.Types)
	if err != nil {
		return nil, err
	}
	agg, err := p.Binding().ComputeAggregate(ctx, list)
	if err != nil {
		return nil, err
	}
	if err := computed(ctx, 0); err != nil {
		return nil, err
	}
	return &aggregateOutput{aggregate{points.Float(agg.Mean), points.Float(agg.Variance), points.Float(agg.Sum)}}, nil
}

// compute is an operation that calls a function of a plugin.
func compute(id, summary, description string) huma.Operation {
	return huma.Operation{
		OperationID: id, Method: http.MethodPost, Path: "/v1/plugins/{plugin}/" + id,
		Summary: summary, Description: description, Tags: []string{tagCompute},
	}
}

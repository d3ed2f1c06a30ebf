package api

import (
	"context"

	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/serve/points"
)

type state struct {
	State []byte `json:"state" doc:"The state of a summary. The empty string is the state of no points."`
}

type stateOutput struct{ Body state }

type foldInput struct {
	Target
	State string `header:"Pipeline-State" maxLength:"8192" doc:"The state to fold the points into, in base64; the default is the state of no points. A state that is too long for a header can be merged with the state of the points."`
}

type mergeInput struct{ Target }

type states struct {
	A []byte `json:"a" doc:"A state."`
	B []byte `json:"b" doc:"Another state."`
}

type finishInput struct{ Target }

type summary struct {
	Count    uint64       `json:"count" doc:"Number of points. If it is zero, so are all other fields."`
	Mean     points.Float `json:"mean"`
	Variance points.Float `json:"variance" doc:"Population variance: divided by n."`
	Sum      points.Float `json:"sum"`
	Min      points.Float `json:"min"`
	Max      points.Float `json:"max"`
	First    uint64       `json:"first" doc:"The smallest timestamp."`
	Last     uint64       `json:"last" doc:"The largest timestamp."`
}

type finishOutput struct{ Body summary }

func (s *Service) registerSummary() {
	register(s, compute("fold", "Fold points into a state",
		"Returns the state of the given state's points and of those in the body. The same points give the same state in any order and any split: fold pieces where they are, and merge their states."),
		s.fold, pointsBody)
	register(s, compute("merge", "Merge two states", "Returns the state of the points of both states."),
		s.merge, jsonBody[states])
	register(s, compute("finish", "Statistics of a state", "Returns the statistics of all points that were folded into the state."),
		s.finish, jsonBody[state])
}

func (s *Service) fold(ctx context.Context, in *foldInput) (*stateOutput, error) {
	before, err := in.state()
	if err != nil {
		return nil, err
	}
	p, err := s.Engines.Plugin(in.Plugin)
	if err != nil {
		return nil, err
	}
	list, err := in.points(ctx, s.engine, points.Types)
	if err != nil {
		return nil, err
	}
	return answerState(ctx)(p.Binding().Fold(ctx, before, list))
}

func (s *Service) merge(ctx context.Context, in *mergeInput) (*stateOutput, error) {
	var body states
	if err := in.decode(ctx, &body); err != nil {
		return nil, err
	}
	p, err := s.Engines.Plugin(in.Plugin)
	if err != nil {
		return nil, err
	}
	return answerState(ctx)(p.Binding().Merge(ctx, body.A, body.B))
}

func (s *Service) finish(ctx context.Context, in *finishInput) (*finishOutput, error) {
	var body state
	if err := in.decode(ctx, &body); err != nil {
		return nil, err
	}
	p, err := s.Engines.Plugin(in.Plugin)
	if err != nil {
		return nil, err
	}
	stat, err := p.Binding().Finish(ctx, body.State)
	if err != nil {
		return nil, err
	}
	if err := computed(ctx, 0); err != nil {
		return nil, err
	}
	return &finishOutput{summary{
		Count: stat.Count, Mean: points.Float(stat.Mean), Variance: points.Float(stat.Variance), Sum: points.Float(stat.Sum),
		Min: points.Float(stat.Min), Max: points.Float(stat.Max), First: stat.First, Last: stat.Last,
	}}, nil
}

// inBase64 is the memory of a state while it is written, per byte of its length: the state,
// its text, and the encoder's buffer.
const inBase64 = 4

func answerState(ctx context.Context) func([]byte, error) (*stateOutput, error) {
	return func(bytes []byte, err error) (*stateOutput, error) {
		if err != nil {
			return nil, err
		}
		if bytes == nil {
			bytes = []byte{} // in JSON the empty string, not null
		}
		if err := computed(ctx, inBase64*len(bytes)); err != nil {
			return nil, err
		}
		return &stateOutput{state{bytes}}, nil
	}
}

package api

import (
	"context"
	"errors"
	"fmt"

	"github.com/danielgtaylor/huma/v2"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/serve/points"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/serve/problem"
	"example.org/compute-pipeline/gohost/inference/detector"
	"example.org/compute-pipeline/gohost/plugin"
)

type detectInput struct {
	Target
	State string `header:"Pipeline-State" maxLength:"8192" doc:"The state after the points before, in base64; the default is the state of no points."`
}

// finding is a detector.Finding in JSON.
type finding struct {
	First uint64  `json:"first" doc:"Timestamp of the first point."`
	Last  uint64  `json:"last" doc:"Timestamp of the last point."`
	Kind  string  `json:"kind" doc:"What it is: spike, shift, drift, stuck, noise, gap or invalid."`
	Score float32 `json:"score" doc:"How sure the detector is, from 0 to 1."`
}

type detection struct {
	State    []byte    `json:"state" doc:"The state after the points, for the next request."`
	Findings []finding `json:"findings" doc:"The stretches that are complete, in the order of the points."`
	Open     *finding  `json:"open,omitempty" doc:"The stretch that goes on at the last point, as it is so far."`
}

type detectOutput struct{ Body detection }

// detectedAtOnce is the max number of points in a call of a detector, so that each has the fuel
// for them.
const detectedAtOnce = 8192

// inFinding is the memory of a finding and its text.
const inFinding = 256

func (s *Service) registerDetect() {
	op := compute("detect", "Find anomalies",
		"Returns the anomalies of a series: points at regular intervals, in order of time. The same points give the same findings, however they are cut into requests that pass on the state.")
	op.Path = "/v1/detectors/{plugin}/detect"
	register(s, op, s.detect, pointsBody, detectorParam)
}

// detectorParam describes the part of the path that names the detector.
func detectorParam(_ huma.Registry, op *huma.Operation) {
	for _, p := range op.Parameters {
		if p.In == "path" {
			schema := *p.Schema // the other paths have the original
			schema.Description, schema.Examples = "Name of the detector; the embedded one is "+Anomaly+".", []any{Anomaly}
			p.Schema, p.Description, p.Example = &schema, schema.Description, Anomaly
		}
	}
}

// Anomaly is the name of the embedded detector.
const Anomaly = "anomaly"

func (s *Service) detect(ctx context.Context, in *detectInput) (*detectOutput, error) {
	state, err := in.state()
	if err != nil {
		return nil, err
	}
	if in.Plugin != Anomaly {
		return nil, fmt.Errorf("detector %q: %w", in.Plugin, plugin.ErrNotFound)
	}
	list, err := in.points(ctx, s.engine, points.Types)
	if err != nil {
		return nil, err
	}
	card, err := s.Detector.Info(ctx)
	if err != nil {
		return nil, err
	}
	out := detection{State: state, Findings: []finding{}}
	for first := true; first || len(list) > 0; first = false {
		n := min(len(list), detectedAtOnce)
		result, err := s.Detector.Detect(ctx, out.State, datapoints(list[:n]))
		var wrong detector.ErrorInvalidState
		switch {
		case errors.As(err, &wrong):
			return nil, problem.InvalidParameter.New("the header " + stateHeader + ": " + wrong.Value)
		case err != nil:
			return nil, err
		}
		for _, f := range result.Findings {
			out.Findings = append(out.Findings, newFinding(card, f))
		}
		out.State, out.Open = result.State, nil
		if f, ok := result.Open.Get(); ok {
			open := newFinding(card, f)
			out.Open = &open
		}
		list = list[n:]
	}
	if err := computed(ctx, inBase64*len(out.State)+inFinding*(len(out.Findings)+1)); err != nil {
		return nil, err
	}
	return &detectOutput{out}, nil
}

func datapoints(list []gohost.Datapoint) []detector.Datapoint {
	points := make([]detector.Datapoint, len(list))
	for i, p := range list {
		points[i] = detector.Datapoint(p)
	}
	return points
}

func newFinding(card detector.ModelCard, f detector.Finding) finding {
	kind := "unknown"
	if int64(f.Kind) < int64(len(card.Labels)) {
		kind = card.Labels[f.Kind]
	}
	return finding{First: f.First, Last: f.Last, Kind: kind, Score: f.Score}
}

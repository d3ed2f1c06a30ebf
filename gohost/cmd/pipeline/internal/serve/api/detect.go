package api

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/serve/points"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/serve/problem"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/serve/store"
	"example.org/compute-pipeline/gohost/inference/detector"
	"example.org/compute-pipeline/gohost/plugin"
)

type detectInput struct {
	Target
	State string `header:"Pipeline-State" maxLength:"32768" doc:"The state after the points before, in base64; the default is the state of no points."`
}

// finding is a detector.Finding in JSON.
type finding struct {
	First uint64  `json:"first" doc:"Timestamp of the first point."`
	Last  uint64  `json:"last" doc:"Timestamp of the last point."`
	Kind  string  `json:"kind" doc:"What it is. The embedded detector has spike, shift, drift, stuck, noise, gap and invalid."`
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
	op := modelOperation("detect", store.Detector, "Find anomalies",
		"Returns the anomalies of a series, or other events, by a model that is a plugin of the world detector. The embedded one takes points at regular intervals, in order of time. The same points give the same findings, however they are cut into requests that pass on the state. A state is of one model: after another version was activated, begin the series again.")
	register(s, op, s.detect, pointsBody, modelParam("Name of the detector; the embedded one is "+Anomaly+".", Anomaly))
}

// Anomaly is the name of the embedded detector.
const Anomaly = "anomaly"

func (s *Service) detect(ctx context.Context, in *detectInput) (*detectOutput, error) {
	state, err := in.state()
	if err != nil {
		return nil, err
	}
	if _, err := s.Detectors.Plugin(in.Plugin); err != nil {
		return nil, err // before the points are read
	}
	list, err := in.points(ctx, s.engine, points.Types)
	if err != nil {
		return nil, err
	}
	find := func(ctx context.Context, d *detector.Detector) (detection, error) { return detect(ctx, d, state, list) }
	out, err := ask(ctx, s, question[*detector.Detector, detection]{
		world: store.Detector, models: s.Detectors, name: in.Plugin, stateful: len(state) > 0, f: find,
	})
	if wrong := (detector.ErrorInvalidState{}); errors.As(err, &wrong) {
		return nil, problem.InvalidParameter.New("the header " + stateHeader + ": " + wrong.Value)
	}
	if err != nil {
		return nil, err
	}
	size := inBase64 * len(out.State)
	for _, f := range out.Findings {
		size += inFinding + inLabelByte*len(f.Kind)
	}
	if err := computed(ctx, size+inFinding); err != nil {
		return nil, err
	}
	return &detectOutput{out}, nil
}

// detect returns the findings in a series.
func detect(ctx context.Context, d *detector.Detector, state []byte, list []gohost.Datapoint) (detection, error) {
	out := detection{State: state, Findings: []finding{}}
	var card *detector.ModelCard // of findings only: a request of points alone is one call
	named := func(f detector.Finding) (finding, error) {
		if card == nil {
			c, err := d.Info(ctx)
			if err != nil {
				return finding{}, err
			}
			card = &c
		}
		return newFinding(*card, f), nil
	}
	for first := true; first || len(list) > 0; first = false {
		n := min(len(list), detectedAtOnce)
		result, err := plugin.Judge(plugin.WithWork(ctx, workPoints, uint64(n)), func(ctx context.Context) (detector.Detection, error) {
			return d.Detect(ctx, out.State, datapoints(list[:n]))
		}, func(result detector.Detection) error { return checkDetection(result, n, len(state) > 0) })
		if err != nil {
			return out, err
		}
		for _, f := range result.Findings {
			found, err := named(f)
			if err != nil {
				return out, err
			}
			out.Findings = append(out.Findings, found)
		}
		out.State, out.Open = result.State, nil
		if f, ok := result.Open.Get(); ok {
			open, err := named(f)
			if err != nil {
				return out, err
			}
			out.Open = &open
		}
		list = list[n:]
	}
	return out, nil
}

// checkDetection returns an error if a detector breaks the contract. If a state came with the request,
// that may be why: anyone can make one up, and no detector can tell from all that is possible. So it
// does not count as a fault of the detector.
func checkDetection(result detector.Detection, n int, stateful bool) error {
	err := checkFindings(result, n)
	if err != nil && stateful {
		refused := problem.InvalidParameter.New("the header " + stateHeader + ": with this state, " + err.Error())
		return fmt.Errorf("%w: %w", gohost.ErrInvalidInput, refused)
	}
	return err
}

func checkFindings(result detector.Detection, n int) error {
	if len(result.Findings) > n+1 { // and one that was open before
		return contractBroken("the detector returned %d findings in %d points", len(result.Findings), n)
	}
	findings := result.Findings
	if f, ok := result.Open.Get(); ok {
		findings = append(slices.Clip(findings), f)
	}
	for _, f := range findings {
		if err := checkScore(f.Score); err != nil {
			return err
		}
	}
	return nil
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

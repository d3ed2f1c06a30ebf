package plugin

import (
	"context"
	"errors"
	"slices"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/grade"
)

// judged are functions whose answers are judged by the rules of the contract as they come,
// so that a wrong one is an error with the rule and with numbers in decimal. It knows the
// points of the states that it has seen.
type judged struct {
	gohost.Functions
	points map[string][]gohost.Datapoint
}

func newJudged(f gohost.Functions) *judged {
	return &judged{f, map[string][]gohost.Datapoint{"": nil}}
}

func (j *judged) ProcessBatch(ctx context.Context, in []byte) ([]byte, error) {
	got, err := j.Functions.ProcessBatch(ctx, in)
	if err != nil {
		return nil, err
	}
	return got, grade.CheckBatch(in, got, nil)
}

func (j *judged) ValidateChecksum(ctx context.Context, data []byte, expected uint32) (bool, error) {
	got, err := j.Functions.ValidateChecksum(ctx, data, expected)
	if err != nil {
		return false, err
	}
	return got, grade.CheckChecksum(data, expected, got)
}

func (j *judged) Fold(ctx context.Context, state []byte, points []gohost.Datapoint) ([]byte, error) {
	got, err := j.Functions.Fold(ctx, state, points)
	before, known := j.points[string(state)]
	return j.state("fold", slices.Concat(before, points), got, known, err)
}

func (j *judged) Merge(ctx context.Context, a, b []byte) ([]byte, error) {
	got, err := j.Functions.Merge(ctx, a, b)
	ofA, knowsA := j.points[string(a)]
	ofB, knowsB := j.points[string(b)]
	return j.state("merge", slices.Concat(ofA, ofB), got, knowsA && knowsB, err)
}

// state judges a state that a function returned for points, if these are known.
func (j *judged) state(function string, points []gohost.Datapoint, got []byte, known bool, err error) ([]byte, error) {
	if !known || notOfGuest(err) {
		return got, err
	}
	if err := refusal(function, err); err != nil {
		return nil, err
	}
	if err := grade.CheckState(function, points, got); err != nil {
		return nil, err
	}
	j.points[string(got)] = points
	return got, nil
}

func (j *judged) Finish(ctx context.Context, state []byte) (gohost.Statistics, error) {
	got, err := j.Functions.Finish(ctx, state)
	points, known := j.points[string(state)]
	if !known || notOfGuest(err) {
		return got, err
	}
	if err := refusal("finish", err); err != nil {
		return got, err
	}
	return got, grade.CheckStatistics(points, got)
}

// notOfGuest reports whether an error is another one than the guest's own.
func notOfGuest(err error) bool { return err != nil && !errors.As(err, new(*gohost.GuestError)) }

// refusal returns what is wrong with an err for states that are such.
func refusal(function string, err error) error {
	if err == nil {
		return nil
	}
	return grade.RefusedState(function, err)
}

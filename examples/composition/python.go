package main

import (
	"context"
	"errors"
	"os"

	"example.org/compute-pipeline/examples/composition/rules"
	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/sandbox"
	"example.org/compute-pipeline/gohost/wit"
)

// loadRules loads the rule in Python, rules.wasm, whose import is the engine.
func loadRules(ctx context.Context, wasm []byte, eng *gohost.Engine, opts ...sandbox.Option) (*rules.Rules, error) {
	return rules.Load(ctx, wasm, rules.Imports{Metrics: metrics{eng}}, opts...)
}

// loadAndFlag is flag by the rule in a file.
func loadAndFlag(ctx context.Context, eng *gohost.Engine, file string, raw []byte, limit float64) (_ []month, err error) {
	wasm, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	r, err := loadRules(ctx, wasm, eng)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.Close(ctx)) }()
	return flagInPython(ctx, r, raw, limit)
}

// flagInPython is flag by the rule in Python.
func flagInPython(ctx context.Context, r *rules.Rules, raw []byte, limit float64) ([]month, error) {
	windows, err := r.Flag(ctx, string(raw), limit)
	if err != nil {
		return nil, err
	}
	var flagged []month
	for _, w := range windows {
		flagged = append(flagged, month{start: int64(w.Start), points: int(w.Points), mean: w.Mean})
	}
	return flagged, nil
}

// metrics is org:analytics/metrics for a plugin, by the engine in this process.
type metrics struct{ eng *gohost.Engine }

// ComputeAggregate implements rules.Metrics.
func (m metrics) ComputeAggregate(ctx context.Context, points []rules.Datapoint) ([]float64, error) {
	own := make([]gohost.Datapoint, len(points))
	for i, p := range points {
		own[i] = gohost.Datapoint(p)
	}
	agg, err := m.eng.ComputeAggregate(ctx, own)
	if err != nil {
		return nil, err
	}
	return []float64{agg.Mean, agg.Variance, agg.Sum}, nil
}

// ValidateStream implements rules.Metrics.
func (m metrics) ValidateStream(ctx context.Context, raw string) ([]rules.Datapoint, error) {
	points, err := m.eng.ValidateStream(ctx, []byte(raw))
	if refused := (*gohost.GuestError)(nil); errors.As(err, &refused) {
		return nil, wit.Err(refused.Message)
	}
	if err != nil {
		return nil, err
	}
	theirs := make([]rules.Datapoint, len(points))
	for i, p := range points {
		theirs[i] = rules.Datapoint(p)
	}
	return theirs, nil
}

package gohost

import "context"

// Functions is the functions of the contract in Go: what an [Engine] has, and a
// plugin.Plugin, for code and tests that take either.
type Functions interface {
	ComputeAggregate(ctx context.Context, points []Datapoint) (Aggregate, error)
	ValidateStream(ctx context.Context, raw []byte) ([]Datapoint, error)
	AppendValidated(ctx context.Context, dst []Datapoint, raw []byte) ([]Datapoint, error)
	ProcessBatch(ctx context.Context, in []byte) ([]byte, error)
	AppendProcessed(ctx context.Context, dst, batch []byte) ([]byte, error)
	ValidateChecksum(ctx context.Context, data []byte, expected uint32) (bool, error)
	Fold(ctx context.Context, state []byte, points []Datapoint) ([]byte, error)
	AppendFold(ctx context.Context, dst, state []byte, points []Datapoint) ([]byte, error)
	Merge(ctx context.Context, a, b []byte) ([]byte, error)
	AppendMerge(ctx context.Context, dst, a, b []byte) ([]byte, error)
	Finish(ctx context.Context, state []byte) (Statistics, error)
	// HasSummary reports whether Fold, Merge, Finish and the Append functions of
	// the first two are there, which are optional.
	HasSummary() bool
}

var _ Functions = (*Engine)(nil)

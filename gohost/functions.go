package gohost

import "context"

// Functions is the interface of the contract's functions in Go, for code that takes
// either an [Engine] or a plugin's Binding.
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
	// OpenSession is optional too.
	OpenSession(ctx context.Context) (*Session, error)
	// HasSummary reports whether Fold, Merge, Finish, AppendFold and AppendMerge,
	// which are optional, are supported.
	HasSummary() bool
}

var _ Functions = (*Engine)(nil)

package stream

import (
	"context"

	"example.org/compute-pipeline/gohost"
)

// A Point is a datapoint of a series.
type Point struct {
	// Key names the series. Each has windows of its own. The max length is [MaxKeySize].
	Key string
	gohost.Datapoint
}

// MaxKeySize is the max length of a key, in bytes.
const MaxKeySize = 64 << 10

// An Engine folds points into states, merges states, and computes the result of a state. A state
// of no points is empty, any other is not. A call that fails leaves dst and the states as they
// were, also if dst is state[:0] or a[:0]. [gohost.Engine] is one for [gohost.Statistics].
type Engine[R any] interface {
	// AppendFold appends the state of the points of state and of points to dst.
	AppendFold(ctx context.Context, dst, state []byte, points []gohost.Datapoint) ([]byte, error)
	// AppendMerge appends the state of the points of a and b to dst.
	AppendMerge(ctx context.Context, dst, a, b []byte) ([]byte, error)
	// Finish returns the result of a state.
	Finish(ctx context.Context, state []byte) (R, error)
}

// A Result is the result of a window.
type Result[R any] struct {
	Key  string
	Span Span
	// Revision is 0 for the first result of a window, and counts those that replace it, because
	// late points were added. Only the last one has all points.
	Revision uint64
	// Replaces has the spans of earlier results of the key that are no longer windows: a late
	// point made sessions longer, or joined them.
	Replaces []Span
	// Life tells apart what a key was before it expired and after ([WithExpiry]): it is the
	// watermark when the key's first point came, and larger for later lives; 0 without an expiry.
	// Results of the same key and span with different lives are of different points.
	Life  uint64
	Value R
}

// A Late is a point that came too late for at least one of its windows.
type Late struct {
	Point
	// Missed are the windows that were gone, in the order of their starts. Of sliding windows
	// these may be some of the point's windows; the others have the point.
	Missed []Span
	// Watermark is the watermark when it came.
	Watermark uint64
}

// Stats counts what an operator has done, and what it holds.
type Stats struct {
	Points    uint64 // that were taken, late ones as well
	Late      uint64 // that missed at least one window
	Results   uint64 // that were emitted, revisions as well
	Revisions uint64 // that were emitted
	Expired   uint64 // keys that were forgotten by [WithExpiry]

	Watermark uint64
	Keys      int   // with windows
	Windows   int   // of all keys, those that wait for late points as well
	Open      int   // windows with a result that is not emitted yet
	Memory    int64 // as [WithMaxMemory] counts it, in bytes
	Spilled   int   // windows whose state is in the file of [WithSpill]
}

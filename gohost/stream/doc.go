// Package stream computes statistics of event-time windows of a stream of points: tumbling,
// sliding, session or calendar windows of each series, which close as a watermark passes.
//
//	op, err := stream.New(eng, stream.Tumbling(3600), stream.WithDisorder(60))
//	_, err = op.Push(ctx, points, func(r stream.Result[gohost.Statistics]) error {
//		return print(r.Key, r.Span.Start, r.Value.Mean)
//	})
//
// An [Operator] holds, for each window of each key, a state of the engine, usually of less
// than a hundred bytes, and a few points that are folded together. It takes any [Engine] that
// folds points into states, merges and finishes these, such as a [gohost.Engine].
//
// # Time
//
// Timestamps count units of the caller's choice; sizes, gaps and bounds are in the same unit.
// The watermark w of an operator means that points before w are no longer expected. It follows
// the largest timestamp so far at the distance [WithDisorder], or what the caller states
// ([WithExplicitWatermarks]). Of several sources the slowest decides, unless it is idle
// ([WithIdle]). The watermark never goes back.
//
// A window closes when the watermark reaches its end: its result is emitted. Points that come
// for it later, but before the watermark is [WithLateness] beyond the end, are added. Then the
// window has another result with a larger Revision, when the watermark next moves. After
// that the window is gone, and a point for it is late: it is counted and handed to the function of
// [WithLate], and changes no result.
//
// # Results
//
// If the engine is exact, the last result of each window has the bits of one computation over
// the points that were not late for it, in any order and any split into calls. No point is late if
// each comes before the watermark is more than the lateness beyond its timestamp. Which results are
// emitted, and when, depends on the order of the points, but not on how they are split into calls.
// Results that become due together are ordered by the end of the window, then its start, then the
// key.
//
// # Bounds
//
// The memory is bounded by [WithMaxMemory], [WithMaxKeys] and [WithMaxWindows]. At the first of them
// points are folded early, and states of windows that have had no points for long
// move to a file ([WithSpill]). If that is not enough, [Operator.Push] refuses the next point with
// an error that is a [gohost.ErrLimit]. Nothing is dropped, so that the caller can wait, advance
// the watermark, or stop.
//
// [Operator.Snapshot] and [Restore] write and read all of it as bytes, for checkpoints.
package stream

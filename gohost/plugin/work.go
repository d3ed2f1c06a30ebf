package plugin

import "context"

// Work is how much a call works on, for statistics: bytes, points, tokens.
type Work struct {
	// Unit is the plural of what is counted. A program has few units, for each is a series of
	// metrics.
	Unit  string
	Count uint64
}

type workKey struct{}

// WithWork returns a context for one call, which counts as work if it succeeds: in the
// statistics of the plugin and of its version, in [CallEvent], and in the metrics of package
// telemetry. A call that returns the next token of a text works on one token.
//
//	labels, err := model.Classify(plugin.WithWork(ctx, "bytes", uint64(len(input))), input, 3)
func WithWork(ctx context.Context, unit string, count uint64) context.Context {
	return context.WithValue(ctx, workKey{}, Work{unit, count})
}

// workOf returns the work of a call with the context, or none.
func workOf(ctx context.Context) Work {
	w, _ := ctx.Value(workKey{}).(Work)
	return w
}

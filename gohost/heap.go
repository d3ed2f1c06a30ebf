package gohost

import "fmt"

const (
	// MaxResultLimit is the most [WithMaxResult] takes, in MiB: no list of the
	// component model is larger.
	MaxResultLimit = 256
	// MaxHeapLimit is the most [WithHeapLimit] takes, in MiB.
	MaxHeapLimit = 1 << 20

	// maxState is how large a state may be that a guest answers, in bytes: those
	// of the contract have at most 900. An instance keeps room for one.
	maxState = 64 << 10
)

// heapLimits bound the Go memory of what guests answer, in MiB.
type heapLimits struct{ resultMiB, heapMiB int }

// defaultHeapLimits: one call may answer with all that a list can hold, and four
// such calls may do so at the same moment. Who gets there with honest modules
// holds 400 MB of the shortest JSON in calls that run, or 2.5 GB of the usual.
var defaultHeapLimits = heapLimits{resultMiB: MaxResultLimit, heapMiB: 4 * MaxResultLimit}

// WithMaxResult bounds the Go memory that is allocated for the result of a call,
// in MiB from 1 to [MaxResultLimit]; one that needs more fails with [ErrLimit]
// before any of it is allocated. Room that the caller gives (AppendValidated,
// AppendProcessed) counts nothing. The default is 256, which bounds nothing
// beyond the component model.
//
// Whatever the option, a result is bounded by its input: validate-stream answers
// at most a point for 6 bytes of text, process-batch at most the bytes it was
// given, fold and merge at most 64 KiB.
func WithMaxResult(mib int) Option {
	return func(c *config) error {
		if mib < 1 || mib > MaxResultLimit {
			return fmt.Errorf("WithMaxResult(%d): must be from 1 to %d MiB", mib, MaxResultLimit)
		}
		c.resultMiB = mib
		return nil
	}
}

// WithHeapLimit bounds the Go memory for the results of all calls of the engine
// that run at the same time, in MiB from 1 to [MaxHeapLimit]: a call whose result
// does not fit beside those of the others fails with [ErrLimit] before any of it
// is allocated. When a call returns, its result is the caller's and no longer
// counted. Results of up to 64 KiB never are. The default is 1024.
func WithHeapLimit(mib int) Option {
	return func(c *config) error {
		if mib < 1 || mib > MaxHeapLimit {
			return fmt.Errorf("WithHeapLimit(%d): must be from 1 to %d MiB", mib, MaxHeapLimit)
		}
		c.heapMiB = mib
		return nil
	}
}

// reserve counts bytes of Go memory for the result of the call that the instance
// serves, or refuses them.
func (e *Engine) reserve(in *instance, bytes int) error {
	if n, limit := in.reserved+int64(bytes), int64(e.config.resultMiB)<<20; n > limit {
		return limitError(LimitResult, uint64(limit), "the result takes %d bytes, and WithMaxResult allows %d", n, limit)
	}
	used := &e.counters.results
	for {
		before := used.Load()
		after, limit := before+int64(bytes), int64(e.config.heapMiB)<<20
		if after > limit {
			return limitError(LimitHeap, uint64(limit), "the result takes %d bytes beside the %d of other calls, and WithHeapLimit allows %d", bytes, before, limit)
		}
		if used.CompareAndSwap(before, after) {
			in.reserved += int64(bytes)
			e.counters.sawResults(after)
			return nil
		}
	}
}

// unreserve ends the count of what the instance's call took.
func (e *Engine) unreserve(in *instance) {
	if in.reserved > 0 {
		e.counters.results.Add(-in.reserved)
		in.reserved = 0
	}
}

// sawResults notes the largest number of bytes that were in use.
func (c *counters) sawResults(bytes int64) {
	for {
		peak := c.resultsPeak.Load()
		if bytes <= peak || c.resultsPeak.CompareAndSwap(peak, bytes) {
			return
		}
	}
}

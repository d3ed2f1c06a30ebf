package sandbox

import "fmt"

const (
	// MaxResultLimit is the max value of [WithMaxResult], in MiB: no list of the
	// component model is larger.
	MaxResultLimit = 256
	// MaxHeapLimit is the max value of [WithHeapLimit], in MiB.
	MaxHeapLimit = 1 << 20
)

// heapLimits limit the Go memory of results, in MiB.
type heapLimits struct{ resultMiB, heapMiB int }

// defaultHeapLimits allow one call a result of the max size of a list, and four such
// calls at the same moment.
var defaultHeapLimits = heapLimits{resultMiB: MaxResultLimit, heapMiB: 4 * MaxResultLimit}

// WithMaxResult limits the Go memory that is allocated for the result of a call, in MiB
// from 1 to [MaxResultLimit]. A call that needs more fails with [ErrLimit] before
// anything is allocated. Capacity that the caller provides (functions whose names begin
// with Append) does not count. The default is 256, the limit of the component model.
func WithMaxResult(mib int) Option {
	return func(c *config) error {
		if mib < 1 || mib > MaxResultLimit {
			return fmt.Errorf("WithMaxResult(%d): must be from 1 to %d MiB", mib, MaxResultLimit)
		}
		c.resultMiB = mib
		return nil
	}
}

// WithHeapLimit limits the Go memory for the results of all running calls of the
// module, in MiB from 1 to [MaxHeapLimit]. A call whose result does not fit beside the
// others fails with [ErrLimit] before anything is allocated. When a call returns, its
// result no longer counts. Results of up to 64 KiB never count. The default is 1024.
func WithHeapLimit(mib int) Option {
	return func(c *config) error {
		if mib < 1 || mib > MaxHeapLimit {
			return fmt.Errorf("WithHeapLimit(%d): must be from 1 to %d MiB", mib, MaxHeapLimit)
		}
		c.heapMiB = mib
		return nil
	}
}

// Reserve counts bytes of Go memory that a binding is about to allocate for the result of
// the instance's call, until that ends.
func (in *Instance) Reserve(bytes int) error { return in.Module().reserve(in, bytes) }

// Unreserve releases what was counted for the result of the instance's call: it is not
// used.
func (in *Instance) Unreserve() { in.Module().unreserve(in) }

// reserve counts bytes of Go memory for the result of the instance's call, or returns
// an error if they exceed a limit.
func (m *Module) reserve(in *Instance, bytes int) error {
	// Without a sum that could wrap around.
	if limit := int64(m.config.resultMiB) << 20; int64(bytes) > limit-in.reserved {
		return limitError(LimitResult, uint64(limit), "the result takes %d bytes, and WithMaxResult allows %d", uint64(in.reserved)+uint64(bytes), limit)
	}
	used := &m.counters.results
	for {
		before := used.Load()
		after, limit := before+int64(bytes), int64(m.config.heapMiB)<<20
		if after > limit {
			return limitError(LimitHeap, uint64(limit), "the result takes %d bytes beside the %d of other calls, and WithHeapLimit allows %d", bytes, before, limit)
		}
		if used.CompareAndSwap(before, after) {
			in.reserved += int64(bytes)
			m.counters.sawResults(after)
			return nil
		}
	}
}

// unreserve releases the bytes that reserve counted for the instance's call.
func (m *Module) unreserve(in *Instance) {
	if in.reserved > 0 {
		m.counters.results.Add(-in.reserved)
		in.reserved = 0
	}
}

// sawResults records the peak of the bytes in use.
func (c *counters) sawResults(bytes int64) {
	for {
		peak := c.resultsPeak.Load()
		if bytes <= peak || c.resultsPeak.CompareAndSwap(peak, bytes) {
			return
		}
	}
}

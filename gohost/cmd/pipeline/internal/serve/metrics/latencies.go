package metrics

import (
	"maps"
	"math"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
)

// window is the min time that a call counts; the max is two windows.
const window = time.Minute

// Latencies computes quantiles of the durations of recent calls: the histogram of the
// metrics now, minus the same histogram when a window began. It does not distinguish
// versions, since callers do not either.
type Latencies struct {
	durations prometheus.Gatherer // of only that histogram
	next      atomic.Int64        // Unix time in nanoseconds at which the next window begins

	mu              sync.Mutex
	current, before map[string]histogram // at the start of this window and of the previous one, by plugin
}

// histogram has the count of each native bucket, by index.
type histogram map[int32]uint64

const (
	schema = 3             // Prometheus's term: 2^schema buckets per power of two
	zero   = math.MinInt32 // the index of the bucket of zero
)

// Quantiles are the median and the 99th percentile of Count calls. They exceed the true
// values by at most the width of a bucket.
type Quantiles struct {
	Count    uint64
	P50, P99 time.Duration
}

// Quantiles returns the quantiles of the last one or two minutes, by plugin.
func (l *Latencies) Quantiles(at time.Time) map[string]Quantiles {
	l.advance(at)
	l.mu.Lock()
	defer l.mu.Unlock()
	all := map[string]Quantiles{}
	for name, h := range l.read() {
		all[name] = h.since(l.before[name]).quantiles()
	}
	return all
}

// advance starts a new window, if it is time.
func (l *Latencies) advance(at time.Time) {
	if at.UnixNano() < l.next.Load() {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	late := at.UnixNano() - l.next.Load()
	if late < 0 {
		return // another call did it
	}
	now := l.read()
	l.before, l.current = l.current, now
	if late >= int64(window) { // no call in the previous window
		l.before = now
	}
	l.next.Store(at.Add(window).UnixNano())
}

// read returns a histogram per plugin, with all its functions and outcomes.
func (l *Latencies) read() map[string]histogram {
	all := map[string]histogram{}
	families, _ := l.durations.Gather() // histograms that cannot be read are missing
	for _, family := range families {
		for _, m := range family.GetMetric() {
			for _, label := range m.GetLabel() {
				if label.GetName() != "plugin" {
					continue
				}
				if all[label.GetValue()] == nil {
					all[label.GetValue()] = histogram{}
				}
				all[label.GetValue()].add(m.GetHistogram())
			}
		}
	}
	return all
}

// add adds native buckets, which are encoded as spans of indices and differences of
// counts.
func (h histogram) add(native *dto.Histogram) {
	h[zero] += native.GetZeroCount()
	index, count, deltas := int32(0), int64(0), native.GetPositiveDelta()
	for _, span := range native.GetPositiveSpan() {
		index += span.GetOffset()
		for range span.GetLength() {
			count += deltas[0]
			deltas = deltas[1:]
			h[index] += uint64(count)
			index++
		}
	}
}

// since returns the difference to an earlier histogram. A plugin that was removed has
// started again from zero.
func (h histogram) since(before histogram) histogram {
	added := histogram{}
	for index, count := range h {
		if count < before[index] {
			return h
		}
		added[index] = count - before[index]
	}
	return added
}

func (h histogram) quantiles() (q Quantiles) {
	for _, n := range h {
		q.Count += n
	}
	if q.Count > 0 {
		q.P50, q.P99 = h.quantile((q.Count+1)/2), h.quantile(q.Count-q.Count/100)
	}
	return q
}

// quantile returns the upper end of the bucket that has the call of that rank.
func (h histogram) quantile(rank uint64) time.Duration {
	var seen uint64
	for _, index := range slices.Sorted(maps.Keys(h)) {
		if seen += h[index]; seen >= rank {
			return upperEnd(index)
		}
	}
	return 0
}

func upperEnd(index int32) time.Duration {
	if index == zero {
		return 0
	}
	return time.Duration(math.Ceil(math.Exp2(math.Ldexp(float64(index), -schema)) * float64(time.Second)))
}

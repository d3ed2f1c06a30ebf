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

// window is how long a call counts: for one window at least, for two at most.
const window = time.Minute

// Latencies are quantiles of how long calls took lately: what the histogram of the
// metrics has now, less what it had when a window began. A version does not have
// its own, since this is what callers feel.
type Latencies struct {
	durations prometheus.Collector
	next      atomic.Int64 // Unix time in nanoseconds at which the next window begins

	mu              sync.Mutex
	current, before map[string]histogram // at the beginning of this window and of the one before, by plugin
}

// histogram is the count of each native bucket, by its index.
type histogram struct {
	schema  int32 // 2^schema buckets to a power of two
	buckets map[int32]uint64
}

// zero is the index of the bucket of zero.
const zero = math.MinInt32

// Quantiles are the median and the 99th percentile of Count calls. They are at
// most the width of a bucket above the true ones.
type Quantiles struct {
	Count    uint64
	P50, P99 time.Duration
}

// Quantiles returns those of the last minute or two, by plugin.
func (l *Latencies) Quantiles(at time.Time) map[string]Quantiles {
	l.advance(at)
	now := l.read()
	l.mu.Lock()
	defer l.mu.Unlock()
	all := map[string]Quantiles{}
	for name, h := range now {
		all[name] = h.since(l.before[name]).quantiles()
	}
	return all
}

// advance begins a new window, if it is time.
func (l *Latencies) advance(at time.Time) {
	if at.UnixNano() < l.next.Load() {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	late := at.UnixNano() - l.next.Load()
	if late < 0 {
		return // another call was first
	}
	now := l.read()
	l.before, l.current = l.current, now
	if late >= int64(window) { // no call in all of the window before
		l.before = now
	}
	l.next.Store(at.Add(window).UnixNano())
}

// read reads the histograms, with all functions and outcomes of a plugin in one.
func (l *Latencies) read() map[string]histogram {
	metrics := make(chan prometheus.Metric)
	go func() { // ends with the loop below
		defer close(metrics)
		l.durations.Collect(metrics)
	}()
	all := map[string]histogram{}
	for m := range metrics {
		var read dto.Metric
		if m.Write(&read) != nil {
			continue // the metrics are served without it too
		}
		for _, label := range read.GetLabel() {
			if label.GetName() != "plugin" {
				continue
			}
			h, ok := all[label.GetValue()]
			if !ok {
				h = histogram{read.GetHistogram().GetSchema(), map[int32]uint64{}}
				all[label.GetValue()] = h
			}
			h.add(read.GetHistogram())
		}
	}
	return all
}

// add adds the native buckets, which are given by spans of their indices, and by
// the differences of their counts.
func (h histogram) add(native *dto.Histogram) {
	h.buckets[zero] += native.GetZeroCount()
	index, count, deltas := int32(0), int64(0), native.GetPositiveDelta()
	for _, span := range native.GetPositiveSpan() {
		index += span.GetOffset()
		for range span.GetLength() {
			count += deltas[0]
			deltas = deltas[1:]
			h.buckets[index] += uint64(count)
			index++
		}
	}
}

// since is what was added. A plugin that was removed has begun anew.
func (h histogram) since(before histogram) histogram {
	added := histogram{h.schema, map[int32]uint64{}}
	for index, count := range h.buckets {
		if count < before.buckets[index] {
			return h
		}
		added.buckets[index] = count - before.buckets[index]
	}
	return added
}

func (h histogram) quantiles() (q Quantiles) {
	for _, n := range h.buckets {
		q.Count += n
	}
	if q.Count > 0 {
		q.P50, q.P99 = h.quantile((q.Count+1)/2), h.quantile(q.Count-q.Count/100)
	}
	return q
}

// quantile is the upper end of the bucket with the call of that rank.
func (h histogram) quantile(rank uint64) time.Duration {
	var seen uint64
	for _, index := range slices.Sorted(maps.Keys(h.buckets)) {
		if seen += h.buckets[index]; seen >= rank {
			return h.upperEnd(index)
		}
	}
	return 0
}

func (h histogram) upperEnd(index int32) time.Duration {
	if index == zero {
		return 0
	}
	return time.Duration(math.Ceil(math.Exp2(math.Ldexp(float64(index), -int(h.schema))) * float64(time.Second)))
}

// Package latency keeps quantiles of how long calls took lately.
package latency

import (
	"math/bits"
	"sync"
	"time"
)

// window is how long an observation counts: for one window at least, for two at
// most.
const window = time.Minute

const (
	subBuckets = 8 // to a power of two, so a quantile is off by 12 % at most
	buckets    = (64 - 3 + 1) * subBuckets
)

// A Recorder keeps the latencies of one thing. The zero value is ready.
type Recorder struct {
	mu           sync.Mutex
	now, before  [buckets]uint32
	count, older uint64
	began        time.Time
}

// Quantiles are the median and the 99th percentile of Count observations.
type Quantiles struct {
	Count    uint64
	P50, P99 time.Duration
}

// Record adds an observation, made at a time that does not go back.
func (r *Recorder) Record(at time.Time, d time.Duration) {
	r.mu.Lock()
	r.turn(at)
	r.now[bucketOf(d)]++
	r.count++
	r.mu.Unlock()
}

// Quantiles returns those of the last minute or two.
func (r *Recorder) Quantiles(at time.Time) Quantiles {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.turn(at)
	q := Quantiles{Count: r.count + r.older}
	if q.Count == 0 {
		return q
	}
	q.P50 = r.quantile((q.Count + 1) / 2)
	q.P99 = r.quantile(q.Count - q.Count/100)
	return q
}

// turn makes what is now what was before, once its time is over.
func (r *Recorder) turn(at time.Time) {
	age := at.Sub(r.began)
	if age < window {
		return
	}
	if age < 2*window {
		r.before, r.older = r.now, r.count
	} else {
		r.before, r.older = [buckets]uint32{}, 0
	}
	r.now, r.count, r.began = [buckets]uint32{}, 0, at
}

// quantile is the upper end of the bucket with the observation of that rank.
func (r *Recorder) quantile(rank uint64) time.Duration {
	var seen uint64
	for i := range r.now {
		if seen += uint64(r.now[i]) + uint64(r.before[i]); seen >= rank {
			return upperEnd(i)
		}
	}
	return 0
}

// bucketOf counts in nanoseconds: below 8 each has a bucket of its own, above
// that there are 8 to a power of two.
func bucketOf(d time.Duration) int {
	n := uint64(max(d, 0))
	if n < subBuckets {
		return int(n)
	}
	shift := bits.Len64(n) - 4 // so that n>>shift is from 8 to 15
	return shift*subBuckets + int(n>>shift)
}

func upperEnd(bucket int) time.Duration {
	if bucket < 2*subBuckets {
		return time.Duration(bucket)
	}
	shift := bucket/subBuckets - 1
	return time.Duration(uint64(bucket-shift*subBuckets+1)<<shift - 1)
}

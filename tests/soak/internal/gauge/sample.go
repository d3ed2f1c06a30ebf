// Package gauge samples what a process holds while it works, judges whether
// that stays flat, and draws it.
package gauge

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"runtime/metrics"
	"strconv"
	"sync"
	"time"
)

// Sample is what there was at one moment.
type Sample struct {
	At    time.Duration // since the first sample
	Calls uint64        // done until then
	// RSS is the process's resident memory in bytes, 0 where the system does
	// not tell. Heap is what of Go's heap the last collection found alive.
	RSS, Heap int64
	// Guests is the linear memory of all instances, in bytes.
	Guests     int64
	Goroutines int
	Instances  int
}

// Recorder takes samples at an interval until it is stopped.
type Recorder struct {
	stop    chan struct{}
	done    sync.WaitGroup
	samples []Sample
}

// Record starts to sample this process; probe fills in what only the caller
// knows: Calls, Guests and Instances.
func Record(interval time.Duration, probe func(*Sample)) *Recorder {
	r := &Recorder{stop: make(chan struct{})}
	begin := time.Now()
	take := func() {
		s := Sample{
			At: time.Since(begin), RSS: RSS(os.Getpid()), Heap: liveHeap(),
			Goroutines: runtime.NumGoroutine(),
		}
		probe(&s)
		r.samples = append(r.samples, s)
	}
	take()
	r.done.Go(func() {
		tick := time.NewTicker(interval)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				take()
			case <-r.stop:
				return
			}
		}
	})
	return r
}

// Stop ends the recorder and returns its samples.
func (r *Recorder) Stop() []Sample {
	close(r.stop)
	r.done.Wait()
	return r.samples
}

// RSS is the resident memory of a process in bytes, or 0 where /proc does not
// tell.
func RSS(pid int) int64 {
	statm, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		return 0
	}
	fields := bytes.Fields(statm)
	if len(fields) < 2 {
		return 0
	}
	pages, err := strconv.ParseInt(string(fields[1]), 10, 64)
	if err != nil {
		return 0
	}
	return pages * int64(os.Getpagesize())
}

// liveHeap is what the last collection marked. Unlike the heap in use it has no
// teeth: it does not count what is garbage by now.
func liveHeap() int64 {
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(live)
	return int64(live[0].Value.Uint64())
}

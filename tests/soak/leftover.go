package main

import (
	"runtime"
	"time"

	"example.org/compute-pipeline/tests/soak/internal/gauge"
)

// state is what a process holds while nothing runs.
type state struct {
	heap       int64
	goroutines int
}

// settled waits until goroutines that are about to end have ended, and
// garbage, with what finalizers free, is gone.
func settled() state {
	var s state
	for range 20 {
		for range 3 {
			runtime.GC()
		}
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		now := state{int64(m.HeapAlloc), runtime.NumGoroutine()}
		if now.goroutines == s.goroutines && now.heap >= s.heap-1<<16 {
			return now
		}
		s = now
		time.Sleep(20 * time.Millisecond)
	}
	return s
}

// compareWithStart is called when all is closed: nothing may be left.
func (o *outcome) compareWithStart(before state) {
	const mostHeap = 4 << 20 // pools of the standard library, buffers of the runtime
	after := settled()
	o.printf("\nBefore the first call and after Close, the live Go heap is %s and %s, and there are %d and %d goroutines.\n",
		gauge.Bytes.Format(float64(before.heap)), gauge.Bytes.Format(float64(after.heap)), before.goroutines, after.goroutines)
	o.must(after.heap-before.heap <= mostHeap, "%d bytes of Go heap are left after Close, more than %d", after.heap-before.heap, mostHeap)
	o.must(after.goroutines <= before.goroutines, "%d goroutines are left after Close", after.goroutines-before.goroutines)
}

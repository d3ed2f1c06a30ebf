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

// heapSlack is for pools of the standard library and buffers of the runtime.
const heapSlack = 4 << 20

// compareWithStart is called when all is closed: nothing may be left.
func (o *outcome) compareWithStart(before state) {
	o.compare("Before the first call and after Close", before, settled(), heapSlack)
}

// compareWhileOpen is called when no call runs: the calls since then may have left
// nothing but what their instances hold, which is not on the Go heap or is among
// the bytes that are allowed.
func (o *outcome) compareWhileOpen(before state, allowed int64) {
	o.compare("Before and after the calls, with the engine open", before, settled(), heapSlack+allowed)
}

func (o *outcome) compare(when string, before, after state, allowed int64) {
	o.printf("\n%s, the live Go heap is %s and %s, and there are %d and %d goroutines.\n", when,
		gauge.Bytes.Format(float64(before.heap)), gauge.Bytes.Format(float64(after.heap)), before.goroutines, after.goroutines)
	o.must(after.heap-before.heap <= allowed, "%d bytes of Go heap are left, more than %d", after.heap-before.heap, allowed)
	o.must(after.goroutines <= before.goroutines, "%d goroutines are left", after.goroutines-before.goroutines)
}

package fuel

import (
	"runtime"
	"time"
)

// maxTurn is how long a guest runs before it gives way to other goroutines. Giving way
// costs much more than the next slice: the scheduler wakes an idle processor, which takes
// the goroutine away from what is in its own processor's cache.
const maxTurn = time.Millisecond

// firstSlice stands for the time of a call's first slice, which no clock measures.
const firstSlice = 50 * time.Microsecond

// processBegan is when the process began, about.
var processBegan = time.Now()

// turn measures how long the guest of one instance has run since it gave way.
type turn struct {
	ran time.Duration
	// seen is when the current call asked for fuel last, or 0.
	seen time.Duration
}

// begin begins a call. The time of earlier calls counts, so that a guest that serves
// many short calls gives way too.
func (t *turn) begin() { t.seen = 0 }

// isOver reports, at the time now since processBegan, when the guest asks for fuel,
// whether it must give way. The next turn then begins with resume.
func (t *turn) isOver(now time.Duration) bool {
	if t.seen == 0 {
		t.ran += firstSlice
	} else {
		t.ran += now - t.seen
	}
	t.seen = now
	return t.ran >= maxTurn
}

// resume begins the next turn of the same call at the time now.
func (t *turn) resume(now time.Duration) { t.ran, t.seen = 0, now }

// giveWay lets other goroutines run if the guest's turn is over.
func (t *turn) giveWay() {
	if t.isOver(time.Since(processBegan)) {
		runtime.Gosched()
		t.resume(time.Since(processBegan))
	}
}

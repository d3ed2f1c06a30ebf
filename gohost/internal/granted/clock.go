package granted

import (
	"math"
	"time"
)

// Began is when the monotonic clock began.
var Began = time.Now()

// Monotonic returns the reading of the monotonic clock in nanoseconds.
func (h *Host) Monotonic() uint64 { return uint64(h.Now().Sub(Began)) }

// Nanoseconds returns a duration, of which a guest may ask for more than there are.
func Nanoseconds(ns uint64) time.Duration { return time.Duration(min(ns, math.MaxInt64)) }

// Wait waits, a piece at a time, each paid for before. It stops the guest at the end of its
// call.
func (h *Host) Wait(d time.Duration) {
	for d > 0 {
		piece := min(d, LongestWait)
		h.Charge(uint64(piece) * waitPrice)
		h.sleep(piece)
		d -= piece
	}
	h.Charge(0)
}

// sleep waits, until the end of the call at the latest.
func (h *Host) sleep(d time.Duration) {
	if h.meter != nil {
		if _, deadline := h.meter.Caller(); !deadline.IsZero() {
			d = min(d, time.Until(deadline))
		}
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-h.Done():
	}
}
